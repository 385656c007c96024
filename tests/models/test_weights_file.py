"""Weights in half precision."""

import numpy as np
import pytest

from keras_rau import models
from keras_rau.errors import RauError
from keras_rau.models.weights_file import save_half


def _model(**changes):
    settings = {"weights": None, "input_shape": (32, 32, 3), "depth": 2, **changes}
    return models.from_preset("rau_net_nano", **settings)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model, path = _model(), tmp_path_factory.mktemp("weights") / "half.weights.h5"
    save_half(model, path)
    return model, path


def test_read_back_at_any_size(saved):
    model, path = saved
    found = _model(weights=path, input_shape=(None, None, 3))
    for one, other in zip(model.weights, found.weights, strict=True):
        assert other.dtype == "float32"
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_half_the_bytes_and_nothing_beside_them(saved, tmp_path):
    wide = _model(width=32)
    wide.save_weights(tmp_path / "whole.weights.h5")
    save_half(wide, tmp_path / "half.weights.h5")
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"whole.weights.h5", "half.weights.h5"}
    assert sizes["half.weights.h5"] < 0.75 * sizes["whole.weights.h5"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_weights_of_another_model(saved):
    with pytest.raises(ValueError, match=r"half.weights.h5 are of another model than rau_net_nano"):
        _model(weights=saved[1], width=4)


def test_files_that_are_none(tmp_path):
    with pytest.raises(RauError, match=r"nowhere.weights.h5 does not exist"):
        _model(weights=tmp_path / "nowhere.weights.h5")
    damaged = tmp_path / "damaged.weights.h5"
    damaged.write_bytes(b"nothing")
    with pytest.raises(RauError, match=r"damaged.weights.h5 is damaged"):
        _model(weights=damaged)


def test_what_does_not_fit_into_half_precision(tmp_path):
    model = _model()
    model.get_layer("logits").bias.assign([1e5])
    with pytest.raises(ValueError, match=r"Too large for float16: .*bias"):
        save_half(model, tmp_path / "x.weights.h5")
    assert not any(tmp_path.iterdir())

"""Files of PyTorch: what is read and what is refused."""

import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from keras_rau.errors import ModelFileError
from keras_rau.models.published.torch_state import read_checkpoint, read_state_dict
from tests.models.torch_files import Call, Global, tensor, write, write_state

BOTH = pytest.mark.parametrize("zipped", [True, False])


@BOTH
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "bool"])
def test_every_type_is_read(tmp_path, zipped, dtype):
    values = (np.arange(6).reshape(2, 3) % 2).astype(dtype)
    write_state(tmp_path / "w.pth", {"w": values, "b": values[0]}, zipped=zipped)
    found = read_state_dict(tmp_path / "w.pth")
    assert list(found) == ["w", "b"]
    assert found["w"].dtype == dtype
    np.testing.assert_array_equal(found["w"], values)


@BOTH
def test_any_memory_order_and_shared_storages(tmp_path, zipped):
    values = np.arange(6, dtype="float32")
    write(tmp_path / "w.pth", OrderedDict(w=tensor("7", values, (2, 3), (1, 2))), zipped=zipped)
    np.testing.assert_array_equal(read_state_dict(tmp_path / "w.pth")["w"], [[0, 2, 4], [1, 3, 5]])


@BOTH
@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net"])
def test_a_state_dict_beside_an_optimiser(tmp_path, zipped, key):
    state = OrderedDict(w=tensor("0", np.ones(2, "float32")))
    content = {
        "epoch": 3,
        "loss": 0.5,
        key: state,
        "optimizer": {"state": {0: {"m": tensor("1", np.ones(3, "float32"))}}},
    }
    write(tmp_path / "w.pth", content, zipped=zipped)
    np.testing.assert_array_equal(read_state_dict(tmp_path / "w.pth")["w"], [1, 1])


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model."])
def test_prefixes_that_all_names_share_are_dropped(tmp_path, prefix):
    write_state(tmp_path / "w.pth", {"a.weight": np.ones(2, "float16"), "b.num": np.array(3)}, prefix=prefix)
    found = read_checkpoint(tmp_path / "w.pth")
    assert list(found) == ["a.weight", "b.num"]
    assert found["a.weight"].dtype == np.float32


def test_a_prefix_of_some_names_stays(tmp_path):
    write_state(tmp_path / "w.pth", {"module.a": np.ones(2), "b": np.ones(2)})
    assert list(read_checkpoint(tmp_path / "w.pth")) == ["module.a", "b"]


@BOTH
@pytest.mark.parametrize("kind", ["beyond", "strides", "function", "nothing", "number", "two"])
def test_other_content_is_refused(tmp_path, zipped, kind):
    values = np.arange(6, dtype="float32")
    good = {"w": tensor("0", values)}
    content = {
        "beyond": {"w": tensor("0", values, (2, 4), (4, 1))},
        "strides": {"w": tensor("0", values, (1000, 1000), (0, 0))},
        "function": {"w": Call(Global("os", "system"), "true")},
        "nothing": {},
        "number": {"w": 3},
        "two": {"state_dict": good, "model": {"w": tensor("1", values)}},
    }[kind]
    write(tmp_path / "w.pth", content, zipped=zipped)
    with pytest.raises(ModelFileError, match=r"w\.pth"):
        read_state_dict(tmp_path / "w.pth")


def test_archives_are_bounded_before_anything_is_unpacked(tmp_path):
    path = tmp_path / "w.pth"
    write(path, {"w": tensor("0", np.zeros(1_000_000, "float32"))}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFileError, match="compressed"):
        read_state_dict(path)


@BOTH
def test_files_that_are_cut_off_or_something_else(tmp_path, zipped):
    path = tmp_path / "w.pth"
    write_state(path, {"w": np.ones(100, "float32")}, zipped=zipped)
    path.write_bytes(path.read_bytes()[:-90])
    with pytest.raises(ModelFileError, match=r"w\.pth"):
        read_state_dict(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(ModelFileError, match="something else"):
        read_state_dict(path)
    with pytest.raises(ModelFileError, match="does not exist"):
        read_state_dict(tmp_path / "none.pth")


def test_numbers_that_are_not_finite_are_named(tmp_path):
    write_state(tmp_path / "w.pth", {"a": np.array([np.nan])})
    with pytest.raises(ModelFileError, match="not finite: a"):
        read_checkpoint(tmp_path / "w.pth")


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x02X",  # a length of less than four bytes
        b"\x80\x02J\x01",
        b"\x80\x02G\0",
        b"\x80\x02X\x01\0\0\0\xff.",
        b"\x80\x02U\x01",
        b"\x80\x02h\x07.",
        b"\x80\x02t.",
        b"\x80\x02s.",
        b"\x80\x02)R.",
        b"\x80\x02}b.",
        b"\x80\x02u.",
        b"\x80\x02\x8a",
        b"\x80\x02\x8a\xff.",
        b"\x80\x02I99x\n.",
        b"\x80\x02c\xff\n\xff\n.",
        b"\x80\x02cos\nsystem\n(S'true'\ntR.",
        b"\x80\x7f.",
        b"\x80",
        b"\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"p\n.",
        b"pX\n.",
        b"r\xff\xff\xff\xff.",
        b"K\x01r\xff\xff\xff\xff.",
        b"\x80\x02]K\x01K\x02e.",
        b"\x80\x02K\x01K\x02a.",
        b"\x80\x02(K\x01d.",
        b"\x80\x02K\x01Q.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02ccollections\nOrderedDict\nK\x01\x85R.",
        b".",
        b"",
    ],
)
@BOTH
def test_cut_and_senseless_pickles_are_one_line(tmp_path, zipped, pickled):
    path = tmp_path / "w.pth"
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("w/data.pkl", pickled)
    else:
        path.write_bytes(pickled)
    with pytest.raises(ModelFileError, match=r"Cannot read .*w\.pth") as caught:
        read_state_dict(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["end", "directory", "offset"])
def test_damaged_archives_are_one_line(tmp_path, kind):
    path = tmp_path / "w.pth"
    write_state(path, {"w": np.ones(4, "float32")})
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    if kind == "end":
        del content[end + 9 :]
    elif kind == "directory":
        content[end + 12 : end + 20] = b"\xff" * 8
    else:
        content[content.index(b"PK\x01\x02") + 42 :][:4] = b"\xff\xff\xff\x7f"
        content[content.index(b"PK\x01\x02") + 24] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"w\.pth"):
        read_state_dict(path)


def test_numbers_too_large_for_float32_are_named(tmp_path):
    write_state(tmp_path / "w.pth", {"a\n": np.array([1e300])})
    with pytest.raises(ModelFileError, match=r"not finite: a\\n"):
        read_checkpoint(tmp_path / "w.pth")

"""Hostile PyTorch checkpoints, as `encoder_weights=PATH`."""

import pickle
import struct
import zipfile
from functools import partial
from pathlib import Path

from tests.deploy.hostile.attack import Attack, canary

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def _head() -> bytes:
    return b"".join(pickle.dumps(part, 2) for part in (_MAGIC, _PROTOCOL, {}))


def _tensor(shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """The pickle of a state dict of one tensor, by hand: its functions are not installed."""

    def word(text: str) -> bytes:
        return pickle.BINUNICODE + struct.pack("<I", len(text)) + text.encode()

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(b"\x8a\x08" + struct.pack("<q", value) for value in values) + b"t"

    storage = b"(" + word("storage") + b"ctorch\nFloatStorage\n" + word("0") + word("cpu") + b"K\x01t" + b"Q"
    call = (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"K\x00"
        + numbers(shape)
        + numbers(strides)
        + b"\x89Nt"
        + b"R"
    )
    return b"\x80\x02}(" + word("w") + call + b"u."


def _write(content: bytes, folder: Path) -> Attack:
    path = folder / "m.pth"
    path.write_bytes(content)
    return Attack(path, "encoder_weights")


def _executes(folder: Path) -> Attack:
    return _write(b"cos\nsystem\n(V" + f"touch {canary(folder)}\ntR.".encode(), folder)


def _executes_later(folder: Path) -> Attack:
    return _write(_head() + b"cos\nsystem\n(V" + f"touch {canary(folder)}\ntR.".encode(), folder)


def _key_without_end(folder: Path) -> Attack:
    # A tuple of itself twice, sixty times over: its hash would take years.
    return _write(_head() + b"\x80\x02})" + b"q\x00h\x00h\x00\x86" * 60 + b"K\x01s.", folder)


def _nested(folder: Path) -> Attack:
    return _write(b"\x80\x02" + b")" + b"\x85" * 2_000_000 + b".", folder)


def _zip(folder: Path) -> Attack:
    path = folder / "m.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(V" + f"touch {canary(folder)}\ntR.".encode())
    return Attack(path, "encoder_weights")


def _storage(shape: tuple[int, ...], strides: tuple[int, ...], count: int, folder: Path) -> Attack:
    keys = pickle.dumps(["0"], 2)
    return _write(_head() + _tensor(shape, strides) + keys + struct.pack("<Q", count) + b"\0" * 64, folder)


CASES = {
    "torch: executes": _executes,
    "torch: executes later": _executes_later,
    "torch: key without end": _key_without_end,
    "torch: nested deep": _nested,
    "torch: zip format": _zip,
    "torch: tensor of terabytes": partial(_storage, (1 << 20, 1 << 20), (0, 0), 16),
    "torch: storage of terabytes": partial(_storage, (4,), (1,), 1 << 40),
    "torch: storage of more than there is": partial(_storage, (4,), (1,), 2**64 - 1),
    "torch: negative sides": partial(_storage, (-4, -4), (1, 1), 16),
    "torch: as weights of a network of Keras": lambda folder: Attack(
        _executes(folder).path, "encoder_weights", "mobilenet_v2"
    ),
}

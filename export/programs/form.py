"""What a model takes and gives, and whether this package can feed it: one check for all kinds of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_rau.errors import ModelFileError

_SIDES = 1 << 15  # pixels of a side
_ENLARGED = 16  # times the area of the image that a map may have
INPUT, OUTPUT = "image", "mask"


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        name: `""` where the kind of file has none.
        shape: the batch first; `None` for what is free.
        dtype: name of the type of its numbers.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Form:
    """All inputs and outputs of a model.

    Attributes:
        inputs: what it takes.
        outputs: what it gives.
    """

    inputs: Sequence[Port]
    outputs: Sequence[Port]


def check_form(form: Form, name: Path | str, *, types: Sequence[str] = ("float32",), named: bool = True) -> None:
    """Refuse a model that does not map one image to one map of probabilities.

    Args:
        form: what it takes and gives.
        name: of the file or model, for messages.
        types: of numbers that it may take and give.
        named: its input and output have names, which must be `image` and `mask`.

    Raises:
        ModelFileError: it is of another form.
    """
    if len(form.inputs) != 1 or len(form.outputs) != 1:
        _refuse(
            name,
            f"has {len(form.inputs)} inputs and {len(form.outputs)} outputs, one of each is expected; strip the side outputs "
            "first, for example with keras.Model(model.input, model.outputs[0])",
        )
    (taken,), (given,) = form.inputs, form.outputs
    if named and (taken.name, given.name) != (INPUT, OUTPUT):
        _refuse(name, f"maps {taken.name!r} to {given.name!r}, expected is a signature from 'image' to 'mask'")
    if len(taken.shape) != 4 or taken.shape[3] != 3:
        _refuse(name, f"takes {_shown(taken.shape)}, expected are images (batch, height, width, 3)")
    if len(given.shape) != 4:
        what = "; it is a classifier, not a model that segments" if len(given.shape) == 2 else ""
        _refuse(name, f"gives {_shown(given.shape)}, expected are maps (batch, height, width, classes){what}")
    if taken.dtype not in types or given.dtype not in types:
        _refuse(name, f"takes {taken.dtype} and gives {given.dtype}, expected is {' or '.join(types)}")
    channels = given.shape[3]
    if channels is not None and not 1 <= channels <= 256:
        _refuse(name, f"gives {channels} channels, expected is one for each of 1 to 256 classes")
    _check_sides(taken, given, name)


def _check_sides(taken: Port, given: Port, name: Path | str) -> None:
    for port in (taken, given):
        if any(side is not None and not 1 <= side <= _SIDES for side in port.shape[1:3]):
            _refuse(name, f"is built for {_shown(port.shape)}; a side has 1 to {_SIDES:,} pixels")
    sides = [side for port in (taken, given) for side in port.shape[1:3]]
    if None not in sides and sides[2] * sides[3] > _ENLARGED * sides[0] * sides[1]:
        _refuse(name, f"makes maps of {sides[2]}×{sides[3]} pixels from images of {sides[0]}×{sides[1]}")


def _shown(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if side is None else str(side) for side in shape)})"


def _refuse(name: Path | str, what: str) -> None:
    raise ModelFileError(f"{name} {what}.")

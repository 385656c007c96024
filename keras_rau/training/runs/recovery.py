"""Putting in order what a killed training left in its folder."""

from pathlib import Path

from keras_rau.errors import RauError
from keras_rau.files import discard, is_part, put
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.state import is_whole, read_state

# Keras' own, when it saves a large model.
_LITTER = ("model.weights.h5",)


def recover(run: RunDirectory) -> None:
    """Finish or undo what was being written.

    Checkpoints of the moment of `last.keras` that are complete but not renamed take their places; the other halves are
    removed.

    Raises:
        RauError: the folder cannot be written.

    Example:
        >>> recover(RunDirectory(Path("runs/first")))
    """
    try:
        for part in sorted(run.checkpoints.glob("*.part.keras")):
            path = part.with_name(part.name.replace(".part", ""))
            if path != run.last and _same_moment(part, run.last):
                put(part, path)
    except OSError as error:
        raise RauError(f"Cannot write to {run.checkpoints}: {error.strerror or error}.") from error
    for folder in (run.path, run.checkpoints, run.split):
        for path in folder.iterdir() if folder.is_dir() else ():
            if is_part(path) or path.name in _LITTER:
                discard(path)


def _same_moment(part: Path, last: Path) -> bool:
    if not (is_whole(part) and is_whole(last)):
        return False
    try:
        one, other = read_state(part), read_state(last)
    except RauError:
        return False
    return one is not None and other is not None and one.position == other.position

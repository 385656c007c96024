"""Position and random states of a training, which a checkpoint holds besides weights and optimiser."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_rau.errors import RauError

# Inside the .keras file, which is a zip archive: the two can never be of different steps.
_MEMBER = "keras_rau_state.npz"


@dataclass(frozen=True)
class TrainingState:
    """Finished epochs and steps, random states, and the running metrics of an epoch that is not finished.

    Attributes:
        epoch: number of finished epochs.
        step: number of finished steps of the epoch after them; 0 between epochs.
        random: states of the random generators of the layers (such as dropout), which `.keras` files leave out.
        metrics: variables of the metrics; empty between epochs, when they are reset.
    """

    epoch: int
    step: int = 0
    random: list[np.ndarray] = field(default_factory=list)
    metrics: list[np.ndarray] = field(default_factory=list)

    @property
    def position(self) -> tuple[int, int]:
        """Finished epochs and steps, to compare."""
        return self.epoch, self.step


def capture(model: keras.Model, epoch: int, step: int = 0) -> TrainingState:
    """The state of a model in training.

    Example:
        >>> capture(model, epoch=3).position
        (3, 0)
    """
    return TrainingState(
        epoch,
        step,
        random=_values(_beyond_weights(model)),
        metrics=_values(model.metrics_variables) if step else [],
    )


def restore_random(model: keras.Model, state: TrainingState) -> None:
    """Set the random generators of the layers."""
    _assign(_beyond_weights(model), state.random, "random generators")


def restore_metrics(model: keras.Model, state: TrainingState) -> None:
    """Set the running metrics, once all metrics are built."""
    _assign(model.metrics_variables, state.metrics, "metrics")


def add_state(path: Path, state: TrainingState) -> None:
    """Put the state into a `.keras` file; Keras ignores it when it loads the model."""
    arrays = {"position": np.array(state.position)}
    for name in ("random", "metrics"):
        arrays.update({f"{name}_{index}": value for index, value in enumerate(getattr(state, name))})
    content = io.BytesIO()
    np.savez(content, **arrays)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_MEMBER, content.getvalue())


def read_state(path: Path) -> TrainingState | None:
    """The state in a `.keras` file; `None` when it holds none.

    Raises:
        RauError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if _MEMBER not in archive.namelist():
                return None
            with np.load(io.BytesIO(archive.read(_MEMBER)), allow_pickle=False) as arrays:
                epoch, step = (int(number) for number in arrays["position"])
                found = {name: _list(arrays, name) for name in ("random", "metrics")}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RauError(f"{path} is damaged: {error}.") from error
    return TrainingState(epoch, step, **found)


def is_whole(path: Path) -> bool:
    """Return whether every part of a `.keras` file is there, by its checksums."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _list(arrays: Any, name: str) -> list[np.ndarray]:
    count = sum(key.startswith(f"{name}_") for key in arrays)
    return [arrays[f"{name}_{index}"] for index in range(count)]


def _beyond_weights(model: keras.Model) -> list[Any]:
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _values(variables: list[Any]) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _assign(variables: list[Any], values: list[np.ndarray], what: str) -> None:
    shapes = [tuple(variable.shape) for variable in variables], [value.shape for value in values]
    if shapes[0] != shapes[1]:
        raise RauError(
            f"The {what} of the checkpoint are not those of this model: {len(values)} then, {len(variables)} now. Resume "
            "with the versions that the training was started with (environment.json), or start a new output folder."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)

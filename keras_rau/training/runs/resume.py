"""Resuming a training: recovery of its files, the newest checkpoint, and the middle of an epoch."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import yaml

from keras_rau.datasets import read_split
from keras_rau.errors import RauError
from keras_rau.export.checks import load_keras
from keras_rau.files import discard, is_part, put
from keras_rau.training.config import Config, load_config
from keras_rau.training.data.other_datasets import read_more
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.state import TrainingState, is_whole, read_state, restore_metrics, restore_random

# Settings of where images are kept, how often states are saved and what is shown, which change no result.
_WITHOUT_EFFECT = {
    "data.cache",
    "data.cache_dir",
    "checkpoints.every_steps",
    "tensorboard.every",
    "tensorboard.images",
    "tensorboard.pr_curves",
}

# Keras' own, when it saves a large model.
_LITTER = ("model.weights.h5",)


@dataclass(frozen=True)
class Checkpoint:
    """A saved model and where its training stood.

    Attributes:
        model: the compiled model.
        saved: the state in its file; `None` in those of earlier versions.
    """

    model: keras.Model
    saved: TrainingState | None

    def state(self, steps: int) -> TrainingState:
        """Return where the training stood; files of earlier versions know only their updates, `steps` in each epoch."""
        if self.saved is not None:
            return self.saved
        return TrainingState(int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)) // steps)


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


def newest_checkpoint(run: RunDirectory) -> Checkpoint | None:
    """The newest state; the one before, with a warning, where that is damaged or missing.

    Returns:
        The compiled model and its state, or `None` when nothing was saved.

    Raises:
        RauError: every checkpoint is damaged.
    """
    present = [path for path in (run.last, run.previous) if path.exists()]
    for path in present:
        try:
            return Checkpoint(load_keras(path, compiled=True), read_state(path))
        except RauError as error:
            if path == present[-1]:
                raise
            warnings.warn(f"{error} The training goes on from {run.previous} instead.", stacklevel=2)
    return None


def take_over(model: keras.Model, checkpoint: Checkpoint) -> None:
    """Weights, optimiser and random states of a checkpoint.

    Not the loaded model itself: which weights are not decayed is not saved with an optimiser.
    """
    saved = checkpoint.model
    model.set_weights(saved.get_weights())
    if checkpoint.saved is not None and checkpoint.saved.random:
        restore_random(model, checkpoint.saved)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, saved.optimizer.variables, strict=True):
        variable.assign(value)


def check_same_settings(config: Config, run: RunDirectory) -> None:
    """Refuse to go on with other settings, or to overwrite a run of which only the best model is left.

    Raises:
        RauError: that would happen; the settings that differ are named.
    """
    if not run.config.exists():
        return
    # Read as a configuration, so that a setting that did not exist then has its default.
    before = load_config(run.config)
    saved, given = (_flat(yaml.safe_load(each.to_yaml())) for each in (before, config))
    changed = [
        f"{key}: {saved.get(key)} then, {given.get(key)} now"
        for key in sorted((saved.keys() | given.keys()) - _WITHOUT_EFFECT)
        if saved.get(key) != given.get(key)
    ]
    if not changed and before.data.outputs != config.data.outputs:
        changed.append(
            f"the order of data.classes: {before.data.outputs[0].names} then, {config.data.outputs[0].names} now"
        )
    if changed:
        raise RauError(
            f"The training in {run.path} was started with another configuration ({'; '.join(changed)}). "
            "Resume with the same settings, or start a new output folder."
        )
    if run.best.exists() and not (run.last.exists() or run.previous.exists()):
        raise RauError(
            f"{run.last} is missing, so that there is nothing to resume from, but {run.best} would be overwritten. "
            "Start a new output folder."
        )


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted names to values."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found.update(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value})
    return found


def check_same_images(found: dict[str, list[str]], run: RunDirectory) -> None:
    """Refuse to go on with other images: those that came or went move others from the test set into the training set.

    Args:
        found: ids by set, as the split gives them now.
        run: the run, whose lists say how it was.

    Raises:
        RauError: an image is new, missing, or in another set.
    """
    saved = {**read_split(run.split), "more": read_more(run.split)}
    moved = sorted({name for key in found for name in set(saved[key]).symmetric_difference(found[key])})
    if moved:
        raise RauError(
            f"The images are not those that the training in {run.path} was started with: {len(moved)} are new, missing or "
            f"in another set, among them {', '.join(moved[:5])}. Restore the data, or start a new output folder."
        )


def resume_line(run: RunDirectory, state: TrainingState, epochs: int, steps: int) -> str:
    """Return the line that a resumed training begins with."""
    if state.position == (0, 0):
        return f"nothing to resume in {run.path}: starting afresh"
    if state.step:
        return f"resuming {run.path} in epoch {state.epoch + 1} of {epochs}, after step {state.step} of {steps}"
    return f"resuming {run.path} after epoch {state.epoch} of {epochs}"


def what_is_kept(run: RunDirectory, epochs: int) -> str:
    """Return what an interrupted training says of its folder when it stopped outside of its steps."""
    try:
        state = next((read_state(path) for path in (run.last, run.previous) if path.exists()), None)
    except RauError:
        state = None
    if state is None:
        return "no state was saved yet; with --resume it starts afresh"
    if state.epoch >= epochs:
        return "all epochs are finished, only the report is missing"
    where = f"step {state.step} of epoch {state.epoch + 1}" if state.step else f"epoch {state.epoch}"
    return f"the state after {where} is kept"


class Continuation(keras.callbacks.Callback):
    """Pass over the finished steps of the first epoch, and give its metrics back what they had gathered.

    Keras counts the steps as ever, so that every other callback sees the right numbers. For the TensorFlow
    backend.

    Args:
        state: where the training stands.
        target_channels: channels of the masks that the model is trained on.

    Attributes:
        position: of the running epoch: its number, and how many of its steps are passed over.
    """

    def __init__(self, state: TrainingState, target_channels: int = 1) -> None:
        super().__init__()
        self.state = state
        self.target_channels = target_channels
        self.position = state.position

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Say where the data of the epoch begin."""
        self.position = (epoch, self.state.step if epoch == self.state.epoch else 0)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Prepare the epoch, once every callback that compiles the model again has done so."""
        if batch == 0 and self.position[1]:
            self._build_metrics()
            restore_metrics(self.model, self.state)
            self._pass_over(self.position[1])

    def _build_metrics(self) -> None:
        # Metrics make their variables when they first see a batch.
        image = keras.ops.zeros((1, *self.model.inputs[0].shape[1:]))
        self.model.test_step((image, keras.ops.zeros((*image.shape[:3], self.target_channels))))

    def _pass_over(self, steps: int) -> None:
        real, logs, passed = self.model.train_function, self.model.get_metrics_result(), 0

        def train_function(iterator: Any) -> Any:
            nonlocal passed
            if passed < steps:
                # The data begin after these steps.
                passed += 1
                return logs
            self.model.train_function = real
            return real(iterator)

        self.model.train_function = train_function

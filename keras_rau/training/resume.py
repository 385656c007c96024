"""Going on with a training that was stopped."""

import warnings
from typing import Any

import keras
import yaml

from keras_rau.datasets import read_split
from keras_rau.errors import RauError
from keras_rau.export.checks import load_keras
from keras_rau.training.config import Config, load_config
from keras_rau.training.run_directory import RunDirectory

# Settings that change where images are kept, and no result.
_WITHOUT_EFFECT = {"data.cache", "data.cache_dir"}


def newest_checkpoint(run: RunDirectory) -> keras.Model | None:
    """The model of the last finished epoch; of the one before, with a warning, where the last is damaged or missing.

    Returns:
        The compiled model, or `None` when nothing was saved.

    Raises:
        RauError: every checkpoint is damaged.
    """
    present = [path for path in (run.last, run.previous) if path.exists()]
    for path in present:
        try:
            model = load_keras(path, compiled=True)
        except RauError as error:
            if path == present[-1]:
                raise
            warnings.warn(f"{error} The training goes on from {run.previous} instead.", stacklevel=2)
            continue
        return model
    return None


def take_over(model: keras.Model, saved: keras.Model) -> None:
    """Weights and optimiser state of a checkpoint.

    Not the loaded model itself: which weights are not decayed is not saved with an optimiser.
    """
    model.set_weights(saved.get_weights())
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
    saved, given = (_flat(yaml.safe_load(each.to_yaml())) for each in (load_config(run.config), config))
    changed = [
        f"{key}: {saved.get(key)} then, {given.get(key)} now"
        for key in sorted((saved.keys() | given.keys()) - _WITHOUT_EFFECT)
        if saved.get(key) != given.get(key)
    ]
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
    saved = read_split(run.split)
    moved = sorted({name for key in found for name in set(saved[key]).symmetric_difference(found[key])})
    if moved:
        raise RauError(
            f"The images are not those that the training in {run.path} was started with: {len(moved)} are new, missing or "
            f"in another set, among them {', '.join(moved[:5])}. Restore the data, or start a new output folder."
        )


def resume_line(run: RunDirectory, first_epoch: int, epochs: int) -> str:
    """What a resumed training says at its start."""
    if first_epoch == 0:
        return f"nothing to resume in {run.path}: starting afresh"
    return f"resuming {run.path} after epoch {first_epoch} of {epochs}"

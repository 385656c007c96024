"""Learning from another model besides the masks."""

from dataclasses import replace
from typing import Any

import keras

from keras_rau import losses, models
from keras_rau.errors import UsageError
from keras_rau.export.checks import model_size
from keras_rau.training.building.classes import ignored
from keras_rau.training.building.model import reads_distance
from keras_rau.training.config import Config
from keras_rau.training.fine_tuning.initial_weights import Start, load_trained


def load_teacher(config: Config, loss: Any) -> Start | None:
    """The model that `distillation.teacher` names, at the image size of this training; `None` when there is none.

    Raises:
        UsageError: the name is none, or the training is of a kind that cannot learn so.
        RauError: the file cannot be read.
    """
    source = config.distillation.teacher
    if source is None:
        return None
    if source.endswith(".weights.h5"):
        raise UsageError(f"A teacher is a .keras file, a run directory or a preset. Received: {source}")
    if config.hardware.shares_batches:
        raise UsageError("distillation.teacher needs one device and one host: leave out hardware.devices and hosts.")
    if reads_distance(loss) or any(isinstance(part, losses.LovaszLoss) for part in loss.parts()):
        raise UsageError(
            f"The loss {config.loss.name} takes masks of 0 and 1 alone: choose another to learn from a teacher."
        )
    if ignored(config):
        raise UsageError(
            "distillation.teacher needs a class for every pixel: state it in data.classes instead of null."
        )
    start = load_trained(source, config)
    return replace(start, model=_at_size(start.model, config.data.image_size, source))


def teach(model: keras.Model, teacher: Start, config: Config) -> None:
    """Let a model learn from its teacher.

    Raises:
        UsageError: either has several classes.
    """
    try:
        model.distill(teacher.model, config.distillation.weight)
    except ValueError as error:
        raise UsageError(f"distillation.teacher: {error}") from error


def _at_size(model: keras.Model, size: tuple[int, int], source: str) -> keras.Model:
    if model_size(model) in (None, size):
        return model
    if not isinstance(model, models.SegmentationModel):
        raise UsageError(
            f"{source} is built for images of {model_size(model)} pixels, and is not a model of ours that could be built for "
            f"others. Received: data.image_size={list(size)}"
        )
    other = type(model).from_config({**model.get_config(), "input_shape": (*size, 3)})
    other.set_weights(model.get_weights())
    return other

"""Loss and model of an experiment, checked against each other before anything is read or written."""

from typing import Any

import keras

from keras_rau import datasets, losses, models
from keras_rau.errors import UsageError
from keras_rau.models.checked import check_reading
from keras_rau.suggestion import unknown_name
from keras_rau.training.building.classes import class_arguments, ignored, measures_of, model_outputs
from keras_rau.training.building.optimizer import build_optimizer
from keras_rau.training.config import Config
from keras_rau.training.config.loading import named_preset


def checked_loss(config: Config) -> keras.losses.Loss:
    """The loss; unknown names of models, losses and policies are found here, before any file is read."""
    named_preset(config.model.name)
    model_outputs(config)
    if config.loss.name not in losses.names():
        raise UsageError(unknown_name("loss", config.loss.name, [*losses.names(), "published"]))
    try:
        datasets.get_policy(config.data.augment)
        return losses.get(config.loss.name, **{**ignored(config), **config.loss.arguments})
    except ValueError as error:
        raise UsageError(str(error)) from error


def reads_distance(loss: Any) -> bool:
    """Return whether the loss wants distances to the border beside the mask."""
    return any(isinstance(part, losses.BoundaryLoss) for part in loss.parts())


def target_channels(model: keras.Model, loss: Any) -> int:
    """Channels of the masks that a model is trained on: K of overlapping classes, 2 with distances, else 1."""
    if reads_distance(loss):
        return 2
    outputs = getattr(model, "output_description", None)
    return outputs.channels if outputs is not None and outputs.overlapping else 1


def fresh_model(config: Config, loss: keras.losses.Loss, steps: int) -> keras.Model:
    """The compiled model; `steps` are those of an epoch."""
    arguments = {"input_shape": (*config.data.image_size, 3), **config.model.arguments, **class_arguments(config)}
    if config.init is not None:
        # They would be replaced at once, and may not be installed.
        arguments["encoder_weights"] = None
    if config.hardware.policy is not None:
        arguments = {"dtype": config.hardware.policy, **arguments}
    try:
        model = models.from_preset(config.model.name, weights=None, **arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(f"Model {config.model.name}: {error}") from error
    outputs = model.output_description
    if "from_logits" not in config.loss.arguments:
        loss = type(loss).from_config({**loss.get_config(), "from_logits": outputs.logits})
    measures = measures_of(config, outputs.logits)
    _check_fits(loss, measures, model, config.data.image_size)
    model.compile(
        build_optimizer(config.optimizer, steps, config.epochs),
        loss=loss,
        # Batches that are shared out are filled up with images of weight zero, which only weighted metrics leave out.
        **{"weighted_metrics" if config.hardware.shares_batches else "metrics": measures},
        jit_compile=config.hardware.jit_compile,
    )
    return model


def _check_fits(loss: keras.losses.Loss, measures: list[Any], model: keras.Model, size: tuple[int, int]) -> None:
    """Some losses want several classes, others one, and so do metrics: found here, not in the first step."""
    outputs = model.output_description
    mask = keras.ops.zeros((1, *size, outputs.channels if outputs.overlapping else 1))
    target = keras.ops.concatenate([mask, mask], axis=-1) if reads_distance(loss) else mask
    output = keras.ops.full((1, *size, model.output.shape[-1]), 0.5)
    try:
        check_reading(outputs, loss, model.name)
        loss(target, output)
    except ValueError as error:
        raise UsageError(f"The loss does not fit model {model.name}: {error}") from error
    for measure in measures:
        try:
            measure.pixels(mask, output)
        except ValueError as error:
            raise UsageError(f"The metric {measure.name} does not fit model {model.name}: {error}") from error

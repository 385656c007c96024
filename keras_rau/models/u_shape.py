"""The base of UNet, AttentionUNet and RAUNet."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import keras

from keras_rau.models.base import SegmentationModel
from keras_rau.models.conventions import conventions_of
from keras_rau.models.encoders.imagenet import load_lite0
from keras_rau.models.options import OF_KERAS, check_options
from keras_rau.models.plan import Plan, SkipConnection


class UShape(SegmentationModel):
    """A U-shaped model whose skip connections are made by `connect(plan)`.

    Args:
        connect: makes the function that is put into every skip connection.
        own: the subclass's own constructor arguments, for `get_config`.
        options: the fields of `Plan`, `side_weights`, and `name` and `trainable` of `keras.Model`.
    """

    def __init__(self, connect: Callable[[Plan], SkipConnection], own: dict[str, Any], options: dict[str, Any]) -> None:
        names = {field.name for field in fields(Plan)}
        check_options(type(self).__name__, options, names, own)
        conventions_of(type(self).__name__, options.get("conventions", "keras"))
        plan = Plan(**{name: value for name, value in options.items() if name in names})
        # The policy is fixed now, so that a saved model is built again as it was, whatever the global one is then.
        policy = keras.dtype_policies.get(plan.dtype or keras.config.dtype_policy())
        plan = replace(
            plan,
            dtype=policy,
            input_shape=tuple(plan.input_shape),
            outline_styles=tuple(plan.outline_styles or ()) or None,
        )
        side_weights: float | Sequence[float] = options.get("side_weights", 0.25)
        arguments = {**asdict(plan), "dtype": policy.name, "side_weights": side_weights, **own}
        # A saved model brings its weights: it is built again without those of the encoder.
        arguments["encoder_weights"] = None
        rest = {name: options[name] for name in OF_KERAS if name in options}
        super().__init__(plan.build(connect(plan)), arguments, side_weights, **rest)
        # Keras decides by the model's own policy whether `compile` has to scale the loss (mixed_float16).
        self.dtype_policy = policy
        if plan.encoder == "efficientnet_lite0" and plan.encoder_weights is not None:
            load_lite0(self, None if plan.encoder_weights == "imagenet" else plan.encoder_weights)

"""The Attention U-Net."""

from typing import Any

import keras

from keras_rau.layers.attention_gate import AttentionGate
from keras_rau.models.plan import Plan, SkipConnection
from keras_rau.models.u_shape import UShape


@keras.saving.register_keras_serializable(package="keras_rau")
class AttentionUNet(UShape):
    """U-Net with an additive attention gate in every skip connection.

    Source: Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", MIDL 2018, in the two-dimensional
    form everybody uses: gates on all skips, gating features enlarged first. With the defaults it has the 34,878,573
    trainable parameters that the tables of this field count.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of the stride `2**depth`.
        gate_form: `"common"` or `"original"`, see `keras_rau.layers.AttentionGate`.
        **options: the other arguments of `UNet`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> AttentionUNet(input_shape=(128, 128, 3), width=8).output.shape
        (None, 128, 128, 1)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        gate_form: str = "common",
        **options: Any,
    ) -> None:
        def connect(plan: Plan) -> SkipConnection:
            def gate(skip: Any, below: Any, up: Any, filters: int, level: int) -> tuple[Any, None]:
                layer = AttentionGate(
                    max(filters // 2, 1), gate_form, plan.normalization, name=f"gate_{level}", **plan.shared
                )
                return layer([skip, up if gate_form == "common" else below]), None

            return gate

        super().__init__(connect, {"gate_form": gate_form}, {"input_shape": input_shape, **options})

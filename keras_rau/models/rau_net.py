"""The reverse-attention U-Net."""

from typing import Any

import keras

from keras_rau.layers.boundary_reverse_attention import BoundaryReverseAttention
from keras_rau.models.plan import Plan, SkipConnection
from keras_rau.models.u_shape import UShape


@keras.saving.register_keras_serializable(package="keras_rau")
class RAUNet(UShape):
    """U-Net with boundary and reverse attention (BA-RA) in every skip connection.

    The decoder map below a skip connection predicts a coarse lesion map; the skip features are refined where that
    map sees no lesion and where it is undecided, and only then joined. With deep supervision the coarse maps are
    the side outputs.

    Source: the architecture of Toptaş, Symmetry 2025, 17(11), 2002, as far as its tables and abstract tell; the inside
    of the module and the way it is wired are our interpretation. With the defaults the model has 48.1 million
    trainable parameters, the paper says 48.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of the stride `2**depth`.
        boundary_depth: 3×3 convolutions of the boundary branch; 0 leaves it out (reverse attention alone).
        reverse_depth: 3×3 convolutions of the reverse branch; 0 leaves it out (boundary attention alone).
        boundary_form: `"uncertainty"` or `"edge"`, see `keras_rau.layers.BoundaryAttention`.
        upsampling: see `UNet`.
        **options: the other arguments of `UNet`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> model = RAUNet(input_shape=(128, 128, 3), width=8, deep_supervision=True)
        >>> model.compile("adam", loss=keras_rau.losses.CompoundLoss(), metrics=[keras_rau.metrics.DiceScore()])
        >>> model.fit(images, masks)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        boundary_depth: int = 2,
        reverse_depth: int = 3,
        boundary_form: str = "uncertainty",
        upsampling: str = "transpose",
        **options: Any,
    ) -> None:
        def connect(plan: Plan) -> SkipConnection:
            def attend(skip: Any, below: Any, up: Any, filters: int, level: int) -> tuple[Any, Any]:
                layer = BoundaryReverseAttention(
                    filters,
                    boundary_depth,
                    reverse_depth,
                    boundary_form,
                    normalization=plan.normalization,
                    activation=plan.activation,
                    separable=plan.separable,
                    classes=plan.classes,
                    return_logits=True,
                    name=f"attention_{level}",
                    **plan.shared,
                )
                features, logits = layer([skip, below])
                return features, logits

            return attend

        own = {"boundary_depth": boundary_depth, "reverse_depth": reverse_depth, "boundary_form": boundary_form}
        super().__init__(connect, own, {"input_shape": input_shape, "upsampling": upsampling, **options})

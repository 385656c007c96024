"""PraNet."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_rau.layers.arguments import boolean
from keras_rau.models.encoders.res2net import res2net
from keras_rau.models.net import Net
from keras_rau.models.partial_decoder import partial_decoder, receptive_field, reverse_branch
from keras_rau.models.system import Drawing, Frame, System


@keras.saving.register_keras_serializable(package="keras_rau")
class PraNet(System):
    """PraNet: a partial decoder guesses the place, three reverse attention branches find the outline.

    Source: Fan et al., "PraNet: Parallel Reverse Attention Network for Polyp Segmentation", MICCAI 2020.

        Res2Net-50 ── strides 8, 16, 32 ── receptive field block each (32 channels) ── partial decoder ── S_g
        S_g ── × (1 − p) of stride 32 ── 1×1, three 5×5, 1×1 ── + S_g ── S_4
        S_4 ── × (1 − p) of stride 16 ── 1×1, two 3×3, 3×3   ── + S_4 ── S_3
        S_3 ── × (1 − p) of stride 8  ── 1×1, two 3×3, 3×3   ── + S_3 ── S_2, the mask

    30,498,319 trainable parameters at one class; 32,547,319 with `include_unused`, as its published definition counts.
    Published loss: `"structure"`, of all four maps with equal weights.

    Deviations, which `conventions="published"` takes back: bilinear enlargement with half-pixel centres (the partial
    decoder of the source aligns corners); the stem and its pooling pad at the far side. One that stays: the mask is
    σ(S_2), which the source stretches to [0, 1] image by image. The source's code averages the pixels' cross-entropy
    before it weighs them, an accident that `losses.StructureLoss` does not repeat.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        include_unused: also hold the encoder's ImageNet head, through which nothing passes.
        **options: `classes`, `width`, `output_activation`, `deep_supervision`, `side_weights`, `dtype` and `name`, see
            `keras_rau.models.system.Frame`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> PraNet(input_shape=(128, 128, 3), width=0.25).output.shape
        (None, 128, 128, 1)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        include_unused: bool = False,
        **options: Any,
    ) -> None:
        def draw(net: Net, image: Any, frame: Frame) -> Drawing:
            features = res2net(net, image)
            if include_unused:
                net.imagenet_head(features[-1])
            return reverse_attention_maps(net, features[2:], frame)

        super().__init__(
            draw, {"include_unused": boolean("include_unused", include_unused)}, {"input_shape": input_shape, **options}
        )


def reverse_attention_maps(
    net: Net, features: Sequence[Any], frame: Frame, guide: Callable[[Any], Any] | None = None
) -> Drawing:
    """Partial decoder and reverse attention branches on features of strides 8, 16 and 32.

    `guide` is applied to the projected features of every branch.
    """
    narrow = []
    for name, one in zip(("8", "16", "32"), features, strict=True):
        with net.scope(f"field_{name}"):
            narrow.append(receptive_field(net, one, net.channels(32)))
    with net.scope("partial"):
        logits = partial_decoder(net, narrow, frame.classes)
    sides = {"side_partial": logits}
    fine, middle, coarse = features
    for stride, taken, filters, kernels in (
        (32, coarse, 256, (5, 5, 5, 1)),
        (16, middle, 64, (3, 3, 3)),
        (8, fine, 64, (3, 3, 3)),
    ):
        with net.scope(f"reverse_{stride}"):
            logits = reverse_branch(net, taken, logits, net.channels(filters), kernels, frame.classes, guide)
        sides[f"side_{stride}"] = logits
    return Drawing(sides.pop("side_8"), sides)

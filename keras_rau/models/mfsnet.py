"""MFSNet."""

from typing import Any

import keras

from keras_rau.layers.arguments import boolean
from keras_rau.models.encoders.res2net import res2net
from keras_rau.models.net import Net
from keras_rau.models.pranet import reverse_attention_maps
from keras_rau.models.system import Drawing, Frame, System


@keras.saving.register_keras_serializable(package="keras_rau")
class MFSNet(System):
    """MFSNet: PraNet whose reverse attention branches see what an edge branch found.

    Source: Basak et al., "MFSNet: A multi focus segmentation network for skin lesion segmentation", Pattern
    Recognition 2022.

        Res2Net-50, stride 4 ── 1×1, 3×3, 3×3 to 64 channels ── edge guidance E
        PraNet; in each branch the projected features and E, brought to their size, are put behind one another

    The authors' training and test scripts define different networks, both of which can be built: in that of the test
    (`guidance=True`) E enters the branches; in that of the training the edge branch leads nowhere, which leaves
    PraNet. Neither supervises the edge map, whose last convolution is a dead weight then.

    Trainable parameters at one class: 31,072,143 with guidance, 30,498,319 without; with `include_unused` (ImageNet
    head, edge head, and the edge branch where it leads nowhere) 33,121,721 and 32,638,393. Published loss:
    `"structure"`, of all four maps with equal weights.

    Deviations: those of `PraNet`.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        guidance: let the edge features into the branches.
        include_unused: also hold the dead weights of the published definition.
        **options: see `keras_rau.models.system.Frame`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> MFSNet(input_shape=(128, 128, 3), width=0.25).output.shape
        (None, 128, 128, 1)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        guidance: bool = True,
        include_unused: bool = False,
        **options: Any,
    ) -> None:
        def draw(net: Net, image: Any, frame: Frame) -> Drawing:
            features = res2net(net, image)
            if include_unused:
                net.imagenet_head(features[-1])
            if not guidance:
                if include_unused:
                    with net.dead_end(), net.scope("edge"):
                        _edge_map(net, _edge_features(net, features[1]), frame.classes)
                return reverse_attention_maps(net, features[2:], frame)
            with net.scope("edge"):
                edge = _edge_features(net, features[1])
            if include_unused:
                with net.dead_end(), net.scope("edge_map"):
                    _edge_map(net, edge, frame.classes)

            def guide(x: Any) -> Any:
                return net.concat([x, net.resize(edge, x)])

            return reverse_attention_maps(net, features[2:], frame, guide)

        own = {
            "guidance": boolean("guidance", guidance),
            "include_unused": boolean("include_unused", include_unused),
        }
        super().__init__(draw, own, {"input_shape": input_shape, **options})


def _edge_features(net: Net, x: Any) -> Any:
    filters = net.channels(64)
    for kernel in (1, 3, 3):
        x = net.conv(x, filters, kernel, activation=None)
    return x


def _edge_map(net: Net, edge: Any, classes: int) -> None:
    net.conv(edge, classes, activation=None)

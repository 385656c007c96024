"""What MALUNet and EGE-UNet share: six levels of few channels, additive skip connections."""

from collections.abc import Callable
from typing import Any

from keras_rau.models.net import Net

WIDTHS = (8, 16, 24, 32, 48, 64)
Block = Callable[[Net, Any, int], Any]


def convolve(net: Net, x: Any, filters: int, kernel: int = 3) -> Any:
    """Convolution with a bias, no normalisation, no activation."""
    return net.conv(x, filters, kernel, bias=True, norm=None, activation=None)


def encode(net: Net, image: Any, block: Block) -> tuple[list[Any], Any]:
    """Maps of strides 2 to 32, then the bottom; the last three levels are made by `block`.

    Each level: block, group normalisation, max-pooling, GELU.
    """
    x = net.scaled_pixels(image, "signed")
    features = []
    for level, filters in enumerate(WIDTHS):
        with net.scope(f"encoder_{level + 1}"):
            x = (convolve if level < 3 else block)(net, x, net.channels(filters))
            if level < len(WIDTHS) - 1:
                x = net.max_pool(net.normalize(x, "group4"), padding="same")
            x = net.activate(x, "gelu")
        if level < len(WIDTHS) - 1:
            features.append(x)
    return features, x


def decode_level(net: Net, x: Any, skip: Any, block: Block) -> Any:
    """Block, group normalisation, the size of the skip connection, GELU."""
    x = net.normalize(block(net, x, skip.shape[-1]), "group4")
    return net.activate(net.resize(x, skip), "gelu")

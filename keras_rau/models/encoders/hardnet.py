"""HarDNet-68: dense blocks whose layers are linked at distances that are powers of two."""

from typing import Any

from keras_rau.models.net import Net

# (growth, layers, channels after the block, halved after it)
_BLOCKS = ((14, 8, 128, True), (16, 16, 256, False), (20, 16, 320, True), (40, 16, 640, True), (160, 4, 1024, False))
_GROWTH_FACTOR = 1.7


def hardnet68(net: Net, image: Any) -> list[Any]:
    """Feature maps of HarDNet-68 without its classification head.

    Source: Chao et al., "HarDNet: A Low Memory Traffic Network", ICCV 2019. Two 3×3 convolutions and a max-pooling first. In a
    block, layer k takes the results of the layers k − 1, k − 2, k − 4, … as far as these powers of two divide k, and has the
    growth rate's channels times 1.7 for each link but the first; the block's result is the odd layers and the last, behind
    one another, through a 1×1 convolution. Convolutions are normalised and end in ReLU6.

    Deviation of the conventions `"keras"`: strided convolutions and max-poolings pad as `"same"` of TensorFlow does.

    Args:
        net: the kit; its width scales all channels.
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255].

    Returns:
        Keras tensors at strides 2, 4, 8, 16 and 32 with 64, 128, 320, 640 and 1024 channels.
    """
    features = []
    with net.scope("encoder"):
        x = net.scaled_pixels(image, "imagenet")
        x = _convolve(net, x, net.channels(32), 3, stride=2)
        x = _convolve(net, x, net.channels(64), 3)
        features.append(x)
        x = net.max_pool(x, 3, 2, "same")
        for number, (growth, layers, channels, halved) in enumerate(_BLOCKS):
            with net.scope(f"block{number + 1}"):
                x = _block(net, x, growth, layers)
                x = _convolve(net, x, net.channels(channels), 1)
            if halved:
                features.append(x)
                x = net.max_pool(x, 2, padding="same")
    return [*features, x]


def _block(net: Net, x: Any, growth: int, layers: int) -> Any:
    results = [x]
    for number in range(1, layers + 1):
        links = [number - 2**power for power in range(10) if number % 2**power == 0]
        taken = [results[link] for link in links]
        channels = growth * net.width * _GROWTH_FACTOR ** (len(links) - 1)
        y = net.concat(taken) if len(taken) > 1 else taken[0]
        results.append(_convolve(net, y, max(2, int(int(channels + 1) / 2) * 2), 3))
    return net.concat([one for number, one in enumerate(results) if number % 2 == 1 or number == layers])


def _convolve(net: Net, x: Any, filters: int, kernel: int, stride: int = 1) -> Any:
    return net.conv(x, filters, kernel, stride=stride, activation="relu6")

"""ResNet-34, which keras.applications does not have."""

from typing import Any

from keras_rau.models.net import Net

_BLOCKS = (3, 4, 6, 3)


def resnet34(net: Net, image: Any) -> list[Any]:
    """Feature maps of ResNet-34 without its classification head.

    Source: He et al., "Deep Residual Learning", CVPR 2016: a 7×7 convolution and a max-pooling of stride 2, then pairs of 3×3
    convolutions with shortcuts. Deviation of the conventions `"keras"`: the stem pads as `"same"` of TensorFlow does.

    Args:
        net: the kit; its width scales all channels.
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255].

    Returns:
        Keras tensors at strides 2, 4, 8, 16 and 32 with 64, 64, 128, 256 and 512 channels.
    """
    with net.scope("encoder"):
        x = net.scaled_pixels(image, "imagenet")
        x = net.conv(x, net.channels(64), 7, stride=2)
        features = [x]
        x = net.max_pool(x, 3, 2, "same")
        for stage, repeats in enumerate(_BLOCKS):
            for repeat in range(repeats):
                with net.scope(f"stage{stage + 1}_block{repeat + 1}"):
                    x = _block(net, x, net.channels(64) * 2**stage, 2 if repeat == 0 and stage > 0 else 1)
            features.append(x)
    return features


def _block(net: Net, x: Any, filters: int, stride: int) -> Any:
    y = net.conv(net.conv(x, filters, stride=stride), filters, activation=None)
    if stride > 1:
        with net.scope("shortcut"):
            x = net.conv(x, filters, 1, stride=stride, activation=None)
    return net.activate(net.add([y, x]))

"""Seeded weights and images for comparisons with published networks, without PyTorch."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def seeded_state(shapes: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """Draw a state dict that keeps activations in range: kernels of variance 1 / fan-in, statistics near 0 and 1."""
    state = {name: _draw(name, tuple(shape)) for name, shape in shapes.items()}
    for name in shapes:
        if name.endswith(".linear_1.weight") and (tied := name.replace("linear_1", "linear_0")) in shapes:
            # The memories of MALUNet share their numbers; of two that differ PyTorch keeps the one that it reads last.
            state[tied] = np.ascontiguousarray(state[name].transpose(1, 0, 2))
    return state


def _draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    kind = name.rsplit(".", 1)[-1]
    if kind == "num_batches_tracked":
        return np.array(7, np.int64)
    if kind == "running_var" or (kind == "weight" and len(shape) == 1):
        return generator.uniform(0.6, 1.4, shape).astype(np.float32)
    if len(shape) < 2:
        return generator.normal(0, 0.1, shape).astype(np.float32)
    if kind == "weight":
        return generator.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)
    return generator.uniform(0.5, 1.5, shape).astype(np.float32)


def image(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Draw an image `(1, H, W, C)` of whole pixels in [0, 255]."""
    generator = np.random.default_rng(height * 10_000 + width)
    return generator.integers(0, 256, (1, height, width, channels)).astype(np.float32)


def prepared(pixels: np.ndarray, way: str) -> np.ndarray:
    """Prepare pixels as the published code does before its network sees them."""
    if way == "imagenet":
        return ((pixels / 255 - np.array(_MEAN)) / np.array(_DEVIATION)).astype(np.float32)
    if way == "signed":
        return (pixels / 127.5 - 1).astype(np.float32)
    if way == "stretched":
        return ((pixels - pixels.min()) / (pixels.max() - pixels.min()) * 255).astype(np.float32)
    return {"unit": pixels / 255, "plain": pixels}[way].astype(np.float32)

"""Dermoscopy-like phantoms: drawn images of lesions on skin, with exact masks."""

import cv2
import numpy as np

from keras_rau.datasets.sources.phantom_regions import draw_regions

# Mean colours of skin (RGB), from light to dark, and of what lesions are made of.
_SKINS = np.float32([[232, 190, 170], [224, 172, 148], [205, 150, 122], [178, 122, 94], [140, 92, 68], [96, 62, 46]])
_SKIN_SHARES = [0.24, 0.28, 0.22, 0.14, 0.08, 0.04]
_PIGMENTS = np.float32([[120, 72, 48], [88, 50, 34], [150, 98, 70], [60, 38, 32], [92, 82, 92], [166, 84, 72]])

# Names of the values of label images.
CLASSES = ("background", "lesion", "globules", "veil")


def draw_phantom(seed: int, index: int, size: int = 256, classes: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Draw one phantom.

    Skin with tone, texture and uneven light; a lesion with an irregular border, several colours, a pigment network or
    dots, sometimes satellites, sometimes cut by the frame, of high or very low contrast; and, by chance, hairs, ruler
    marks, a dark round vignette, gel bubbles and blur.

    Args:
        seed: seed of the set.
        index: number of the phantom in the set; a phantom does not depend on how many others are drawn.
        size: side of the square in pixels.
        classes: 1, or how many of `CLASSES` are told apart: with 3 there are dark globules in the lesion, with 4 a bluish
            veil too.

    Returns:
        Image uint8 RGB `(size, size, 3)` and mask uint8 `(size, size)` of 0 and 1, or of class numbers.

    Example:
        >>> image, mask = draw_phantom(seed=0, index=3)
    """
    rng = np.random.default_rng([seed, index])
    skin = _SKINS[rng.choice(len(_SKINS), p=_SKIN_SHARES)] + rng.normal(0, 6, 3)
    image = _skin(rng, skin, size)
    mask = _lesion_mask(rng, size)
    image = _lesion(rng, image, mask, skin)
    if classes > 1:
        # With numbers of its own, so that the rest of the picture is that of the same phantom of one class.
        image, mask = draw_regions(np.random.default_rng([seed, index, 1]), image, mask, classes)
    if rng.random() < 0.3:
        _bubbles(rng, image)
    if rng.random() < 0.35:
        image = _hairs(rng, image)
    if rng.random() < 0.2:
        _ruler(rng, image)
    if rng.random() < 0.25:
        image = _vignette(rng, image)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9) * size / 256)
    image += rng.normal(0, rng.uniform(1, 3), image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), mask


def _field(rng: np.random.Generator, size: int, scale: float) -> np.ndarray:
    """Smooth random field of unit variance; `scale` is the size of its features as a share of the side."""
    coarse = max(2, round(1 / scale) + 2)
    noise = rng.standard_normal((coarse, coarse)).astype(np.float32)
    field = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + 1e-6)


def _skin(rng: np.random.Generator, skin: np.ndarray, size: int) -> np.ndarray:
    texture = 3 * _field(rng, size, 0.3) + 2 * _field(rng, size, 0.06) + 1.5 * _field(rng, size, 0.02)
    # Redness and melanin vary on their own.
    redness, melanin = _field(rng, size, 0.25), _field(rng, size, 0.4)
    image = skin + texture[..., None] * rng.uniform(0.5, 1.5)
    image = image + redness[..., None] * np.float32([2, -3, -3]) + melanin[..., None] * np.float32([-4, -5, -5])
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    direction = rng.uniform(0, 2 * np.pi)
    light = (
        1 + rng.uniform(0, 0.18) * (x * np.cos(direction) + y * np.sin(direction)) - rng.uniform(0, 0.3) * (x**2 + y**2)
    )
    return (image * light[..., None]).astype(np.float32)


def _lesion_mask(rng: np.random.Generator, size: int) -> np.ndarray:
    area = np.clip(rng.lognormal(np.log(0.19), 0.75), 0.02, 0.75)
    radius = np.sqrt(area / np.pi) * size
    reach = 0.5 if rng.random() < 0.12 else max(0.04, 0.42 - radius / size)
    centre = size * (0.5 + rng.uniform(-1, 1, 2) * min(reach, 0.3))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    turn, stretch = rng.uniform(0, np.pi), np.sqrt(rng.uniform(1, 1.8))
    dx, dy = x - centre[0], y - centre[1]
    along = (dx * np.cos(turn) + dy * np.sin(turn)) / stretch
    across = (dy * np.cos(turn) - dx * np.sin(turn)) * stretch
    distance, angle = np.hypot(along, across), np.arctan2(across, along)
    border = np.ones_like(distance)
    roughness = rng.uniform(0.05, 0.28)
    for wave in range(2, 9):
        border += roughness / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    border += rng.uniform(0.01, 0.05) * _field(rng, size, 0.04)
    mask = (distance < radius * border).astype(np.uint8)
    if rng.random() < 0.12:
        spot = centre + radius * rng.uniform(1.15, 1.5) * np.array([np.cos(turn), np.sin(turn)])
        cv2.circle(mask, tuple(int(v) for v in spot), max(2, int(radius * rng.uniform(0.08, 0.2))), 1, -1)
    # One lesion, without the crumbs that the rough border leaves, unless the frame cut everything away.
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if mask.sum() < 0.005 * size * size:
        cv2.circle(mask, (size // 2, size // 2), size // 8, 1, -1)
    return mask


def _lesion(rng: np.random.Generator, image: np.ndarray, mask: np.ndarray, skin: np.ndarray) -> np.ndarray:
    size = len(mask)
    contrast = rng.choice([rng.uniform(0.18, 0.35), rng.uniform(0.35, 1.0)], p=[0.25, 0.75])
    # On dark skin a lesion is darker still.
    pigments = np.minimum(_PIGMENTS, skin * 0.75)
    chosen = pigments[rng.choice(len(pigments), size=rng.integers(1, 4), replace=False)]
    colour = np.broadcast_to(chosen[0], image.shape).copy()
    for other in chosen[1:]:
        share = 1 / (1 + np.exp(-4 * (_field(rng, size, rng.uniform(0.1, 0.3)) - rng.uniform(0, 0.8))))
        colour += share[..., None] * (other - colour)
    colour += 5 * _field(rng, size, 0.05)[..., None]
    if rng.random() < 0.5:
        colour *= 1 - rng.uniform(0.1, 0.35) * _network(rng, size)[..., None]
    for _ in range(rng.integers(0, 12)):
        spot = tuple(int(v) for v in rng.integers(0, size, 2))
        cv2.circle(colour, spot, int(rng.integers(1, max(2, size // 60))), (chosen.min(0) * 0.7).tolist(), -1)
    softness = rng.uniform(0.6, 4.5) * size / 256
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), softness)
    fading = 0.78 + 0.22 * np.tanh(_field(rng, size, 0.2))
    return image + (alpha * fading * contrast)[..., None] * (colour - image)


def _network(rng: np.random.Generator, size: int) -> np.ndarray:
    """Honeycomb-like lines: where two smooth random waves cross zero."""
    scale = rng.uniform(0.025, 0.045)
    lines = np.minimum(np.abs(_field(rng, size, scale)), np.abs(_field(rng, size, scale)))
    return np.exp(-((lines / 0.25) ** 2)).astype(np.float32)


def _bubbles(rng: np.random.Generator, image: np.ndarray) -> None:
    size = len(image)
    for _ in range(rng.integers(1, 8)):
        centre = tuple(int(v) for v in rng.integers(0, size, 2))
        radius = int(rng.integers(2, max(3, size // 22)))
        ring = np.zeros((size, size), np.float32)
        cv2.circle(ring, centre, radius, 1.0, max(1, size // 200), cv2.LINE_AA)
        cv2.circle(ring, (centre[0] - radius // 3, centre[1] - radius // 3), max(1, radius // 4), 1.5, -1, cv2.LINE_AA)
        image += 45 * cv2.GaussianBlur(ring, (0, 0), 0.8)[..., None]


def _hairs(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    size = len(image)
    alpha = np.zeros((size, size), np.float32)
    lean = rng.uniform(0, np.pi)
    for _ in range(rng.integers(3, 26)):
        start = rng.uniform(-0.1, 1.1, 2) * size
        heading, length = lean + rng.normal(0, 0.5), rng.uniform(0.2, 0.9) * size
        steps = np.linspace(0, 1, 24)
        heading = heading + rng.normal(0, 1.0) * steps
        path = start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), axis=0) * length / 24
        points = np.round(path * 16).astype(np.int32).reshape(-1, 1, 2)
        width = max(1, round(rng.uniform(0.6, 2.0) * size / 256))
        cv2.polylines(alpha, [points], False, float(rng.uniform(0.5, 0.95)), width, cv2.LINE_AA, shift=4)
    colour = np.float32([38, 28, 24]) if rng.random() < 0.85 else np.float32([196, 176, 140])
    return image + alpha[..., None] * (colour - image)


def _ruler(rng: np.random.Generator, image: np.ndarray) -> None:
    size = len(image)
    spacing, depth = size * rng.uniform(0.03, 0.06), int(size * rng.uniform(0.03, 0.06))
    edge = int(rng.integers(2))
    for number, position in enumerate(np.arange(rng.uniform(0, spacing), size, spacing)):
        length = depth * (2 if number % 5 == 0 else 1)
        near, far = (size - 1, size - length) if edge else (0, length)
        cv2.line(image, (int(position), near), (int(position), far), (30, 28, 34), max(1, size // 200), cv2.LINE_AA)


def _vignette(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    size = len(image)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    centre = size * (0.5 + rng.uniform(-0.03, 0.03, 2))
    distance = np.hypot(x - centre[0], y - centre[1]) / size
    inside = 1 / (1 + np.exp((distance - rng.uniform(0.52, 0.66)) / rng.uniform(0.004, 0.03)))
    return image * inside[..., None] + 8 * (1 - inside[..., None])

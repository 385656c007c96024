"""The dark corners of a round field of view: finding them and painting over them."""

import cv2
import numpy as np

from keras_rau.datasets.preprocessing.arguments import check_image, check_number

Circle = tuple[float, float, float]
_TRIALS = 64


def remove_vignette(image: np.ndarray, threshold: float = 60.0, margin: float = 0.04) -> np.ndarray:
    """Paint over the dark corners outside a round field of view with the colours at its edge.

    Nothing is cut off, so that the mask still fits. Pixels in the corners hold no picture, so there is nothing that a gain
    could bring back.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        threshold: see `find_vignette`.
        margin: see `find_vignette`.

    Returns:
        uint8 RGB `(H, W, 3)`; pixels inside the circle keep their exact values, and so does an image without dark corners.

    Raises:
        TypeError: the image is not such an array.
        ValueError: a parameter is out of range.

    Example:
        >>> clean = remove_vignette(image)
    """
    corners = find_vignette(image, threshold, margin)
    image = check_image(image)
    if not corners.any():
        return image.copy()
    # Not from the very edge, which is often darker still.
    hidden = cv2.dilate(corners, _disc(round(margin * min(corners.shape))))
    _, labels = cv2.distanceTransformWithLabels(hidden, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colours = np.zeros((labels.max() + 1, 3), np.uint8)
    colours[labels[hidden == 0]] = image[hidden == 0]
    filled = colours[labels]
    # The nearest pixels alone would give rays of noise.
    blurred = cv2.blur(filled, (9, 9))
    return np.where(corners[..., None] > 0, blurred, image)


def find_vignette(image: np.ndarray, threshold: float = 60.0, margin: float = 0.04) -> np.ndarray:
    """Mask of the dark corners outside a round field of view.

    Dark parts that touch a corner count when a circle about the middle of the image separates them from the rest. A dark
    lesion that reaches a corner does not: it bulges away from the corner. Rectangular frames are left alone.

    Args:
        image: uint8 RGB `(H, W, 3)`, letterboxed or not.
        threshold: a pixel is dark when all its channels are below this, 1 to 255.
        margin: how far inside the circle the edge is dark too, as a share of the shorter side, 0 to 0.2.

    Returns:
        uint8 `(H, W)` of 0 and 1.

    Raises:
        TypeError: the image is not such an array.
        ValueError: a parameter is out of range.

    Example:
        >>> share = find_vignette(image).mean()
    """
    check_number("threshold", threshold, 1, 255)
    check_number("margin", margin, 0, 0.2)
    image = check_image(image)
    nothing = np.zeros(image.shape[:2], np.uint8)
    dark = _dark_corners(image, threshold)
    if dark.mean() < 0.003:
        return nothing
    circle = _fit_circle(_inner_border(dark), dark.shape)
    if circle is None:
        return nothing
    x, y, radius = circle
    rows, columns = np.mgrid[: dark.shape[0], : dark.shape[1]]
    distance = np.hypot(columns - x, rows - y)
    side = min(dark.shape)
    if (distance[dark > 0] > radius - 0.03 * side).mean() < 0.9:
        return nothing
    reach = round(margin * side)
    grown = cv2.dilate(dark, _disc(reach))
    return ((grown > 0) & (distance > radius - reach - 1)).astype(np.uint8)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _dark_corners(image: np.ndarray, threshold: float) -> np.ndarray:
    """Dark parts that hold a corner of the image."""
    dark = (cv2.medianBlur(image, 3).max(axis=2) < threshold).astype(np.uint8)
    _, labels = cv2.connectedComponents(dark, connectivity=4)
    corners = np.unique(labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    return np.isin(labels, corners[corners > 0]).astype(np.uint8)


def _inner_border(dark: np.ndarray) -> np.ndarray:
    """Points `(N, 2)`, x and y, where dark parts end inside the image."""
    edge = cv2.morphologyEx(dark, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) & dark
    edge[[0, -1]] = 0
    edge[:, [0, -1]] = 0
    return np.argwhere(edge)[:, ::-1].astype(np.float64)


def _fit_circle(points: np.ndarray, shape: tuple[int, int]) -> Circle | None:
    """The circle with its middle near that of the image on which most points lie, or `None`.

    A letterbox repeats the border, which draws the corners out to straight stripes; so a third on the circle is enough.
    """
    side = min(shape)
    if len(points) < 0.1 * side:
        return None
    triples = points[np.random.default_rng(0).integers(len(points), size=(_TRIALS, 3))]
    circles = [circle for circle in map(_circle, triples) if circle is not None and _plausible(circle, shape)]
    if not circles:
        return None
    tolerance = max(1.5, 0.012 * side)
    near = [_residual(points, circle) < tolerance for circle in circles]
    best = max(near, key=np.sum)
    if best.mean() < 0.35:
        return None
    fitted = _circle(points[best])
    return fitted if fitted is not None and _plausible(fitted, shape) else None


def _residual(points: np.ndarray, circle: Circle) -> np.ndarray:
    return np.abs(np.hypot(points[:, 0] - circle[0], points[:, 1] - circle[1]) - circle[2])


def _plausible(circle: Circle, shape: tuple[int, int]) -> bool:
    x, y, radius = circle
    height, width = shape
    off = np.hypot(x - (width - 1) / 2, y - (height - 1) / 2)
    return bool(off < 0.2 * min(shape) and 0.3 * min(shape) < radius < 0.5 * np.hypot(height, width))


def _circle(points: np.ndarray) -> Circle | None:
    """Least-squares circle: x² + y² = 2ax + 2by + c."""
    system = np.column_stack([2 * points, np.ones(len(points))])
    (a, b, c), _, rank, _ = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)
    square = c + a * a + b * b
    return None if rank < 3 or square <= 0 else (float(a), float(b), float(np.sqrt(square)))

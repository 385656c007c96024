"""Signed distance to the border of a mask, the target of the boundary loss."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from keras_rau.datasets.geometry import check_zero_one


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the border, positive outside the lesion and negative inside.

    Outside it is the distance to the nearest lesion pixel, inside `1 − d` with d the distance to the nearest skin pixel, so
    that the lesion pixels along the border have 0. Zero everywhere when the mask is empty or full: there is no border.
    Source: Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, and its code.

    Args:
        mask: `(H, W)` of 0 and 1.

    Returns:
        float32 `(H, W)`, in pixels.

    Raises:
        ValueError: the mask holds other values.

    Example:
        >>> signed_distance(np.array([[0, 0, 1, 1, 1]]))
        array([[ 2.,  1.,  0., -1., -2.]], dtype=float32)
    """
    check_zero_one(mask, "of several classes take the mask of one, such as `mask == 2`")
    lesion = np.ascontiguousarray(mask, np.uint8)
    if not lesion.any() or lesion.all():
        return np.zeros(lesion.shape, np.float32)
    # Not OpenCV's faster transform: its last bits differ from run to run.
    inside, outside = distance_transform_edt(lesion), distance_transform_edt(1 - lesion)
    return np.where(lesion, 1 - inside, outside).astype(np.float32)

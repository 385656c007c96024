"""Everything a policy does to one image and its mask, on arrays."""

import numpy as np

from keras_rau.datasets.augmentation.colour import recolour
from keras_rau.datasets.augmentation.degradation import degrade
from keras_rau.datasets.augmentation.draws import by_name
from keras_rau.datasets.augmentation.dropout import drop_boxes
from keras_rau.datasets.augmentation.hair import draw_hairs
from keras_rau.datasets.augmentation.policies import Policy
from keras_rau.datasets.augmentation.vignette import darken_corners
from keras_rau.datasets.augmentation.warping import warp, warp_labels


def apply(
    image: np.ndarray, mask: np.ndarray, uniform: np.ndarray, noise: np.ndarray, policy: Policy, labels: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Move image and mask alike, then lay hairs over the image, change its colours and degrade it.

    Args:
        image: uint8 `(H, W, 3)`.
        mask: uint8 `(H, W, K)` of 0 and 255, or with `labels` `(H, W, 1)` of class numbers.
        uniform: float32 `(draws.COUNT,)` from [0, 1).
        noise: float32 `(H, W, 3)` of unit variance, or empty where none is to be added.
        policy: how far to go.
        labels: whether the mask holds class numbers.

    Returns:
        Image uint8 `(H, W, 3)` and mask uint8 as it came in; the arguments are left as they are.
    """
    if not labels and ((mask != 0) & (mask != 255)).any():
        # As bytes a 2 times 255 is 254, which would pass for lesion.
        raise ValueError("A mask to augment holds 0 and 1; class numbers are augmented with `labels=True`.")
    draws = by_name(uniform)
    image, mask = (warp_labels if labels else warp)(image, mask, policy, draws)
    image = draw_hairs(image, policy, draws)
    image = darken_corners(image, policy, draws)
    image = recolour(image, policy, draws)
    image = degrade(image, policy, draws, noise)
    return drop_boxes(image, policy, draws), mask

"""Colours of classes, the same in pictures and in the web page."""

import numpy as np

from keras_rau.outputs import Outputs

# Told apart also by those who do not see red and green (Okabe and Ito, 2008); after them they are mixed.
_FIRST = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))


def class_colours(outputs: Outputs) -> dict[str, tuple[int, int, int]]:
    """Return the colour, RGB from 0 to 255, of each class but the background.

    Example:
        >>> class_colours(Outputs(("background", "nevus", "melanoma")))["nevus"]
        (230, 159, 0)
    """
    colours = list(_FIRST)
    while len(colours) < len(outputs.foreground):
        one, other = colours[-len(_FIRST)], colours[-len(_FIRST) + 1]
        colours.append(tuple((value + two) // 2 for value, two in zip(one, other, strict=True)))
    return dict(zip(outputs.foreground, colours, strict=False))


def coloured(mask: np.ndarray, outputs: Outputs) -> np.ndarray:
    """Return a picture, uint8 `(H, W, 3)`, of what `Outputs.decide` gave: black background, overlaps in the mean colour."""
    sums = np.zeros((*mask.shape[:2], 3), np.float32)
    counts = np.zeros((*mask.shape[:2], 1), np.float32)
    for (_, one), colour in zip(outputs.class_masks(mask).items(), class_colours(outputs).values(), strict=True):
        sums += one[..., None] * np.array(colour, np.float32)
        counts += one[..., None]
    return (sums / np.maximum(counts, 1)).astype(np.uint8)

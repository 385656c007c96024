"""The random numbers of one sample, by name.

Every sample draws all of them, whatever its policy, so that turning one part on or off leaves the others as they were.
"""

import itertools

import numpy as np

KNOTS = 7
_SHAPES: dict[str, tuple[int, ...]] = {
    "flip": (),
    "turns": (),
    "rotation": (),
    "scale": (),
    "shift": (2,),
    "shear": (),
    "brightness": (),
    "contrast": (),
    "saturation": (),
    "hue": (),
    "tint": (3,),
    "gamma": (),
    # a chance and a strength
    "blur": (2,),
    "sharpen": (2,),
    "noise": (2,),
    "jpeg": (2,),
    # a chance and a number
    "hair": (2,),
    "hair_shapes": (32, 7),
    "hair_colour": (2,),
    # a chance, a radius, a centre
    "vignette": (4,),
    "dropout": (2,),
    "dropout_boxes": (16, 4),
    "elastic": (2, KNOTS, KNOTS),
    "aspect": (),
    # softness and light of the corners
    "vignette_look": (2,),
}
_ENDS = list(itertools.accumulate(int(np.prod(shape)) for shape in _SHAPES.values()))
COUNT = _ENDS[-1]

Draws = dict[str, np.ndarray]


def by_name(uniform: np.ndarray) -> Draws:
    """Name the parts of `COUNT` numbers drawn uniformly from [0, 1)."""
    parts = np.split(uniform, _ENDS[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(_SHAPES.items(), parts, strict=True)}


def first(name: str) -> int:
    """Where the numbers of a part begin."""
    place = list(_SHAPES).index(name)
    return _ENDS[place - 1] if place else 0


def around(draw: np.ndarray, reach: float) -> np.ndarray:
    """A number from -reach to reach."""
    return (2 * draw - 1) * reach


def ratio(draw: np.ndarray, reach: float) -> np.ndarray:
    """A factor from 1 / (1 + reach) to 1 + reach, as often below 1 as above."""
    return np.exp(around(draw, np.log1p(reach)))

"""Chains of preprocessing steps, by name."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from keras_rau.datasets.preprocessing.arguments import check_image
from keras_rau.datasets.preprocessing.colour import enhance_contrast, grey_world, shades_of_grey
from keras_rau.datasets.preprocessing.hair import remove_hair
from keras_rau.datasets.preprocessing.vignette import remove_vignette
from keras_rau.errors import UsageError
from keras_rau.suggestion import did_you_mean

_FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "hair": remove_hair,
    "vignette": remove_vignette,
    "shades_of_grey": shades_of_grey,
    "grey_world": grey_world,
    "contrast": enhance_contrast,
}


@dataclass(frozen=True)
class Step:
    """One step of a chain.

    Attributes:
        name: one of `names()`.
        arguments: every parameter with its value, defaults included, so that a stored step keeps its meaning when
            defaults change.
    """

    name: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Apply the step to uint8 `(H, W, 3)`."""
        return _FUNCTIONS[self.name](image, **dict(self.arguments))

    def as_config(self) -> dict[str, Any]:
        """The mapping for JSON and YAML that `parse_steps` reads back."""
        return {"name": self.name, **dict(self.arguments)}


Steps = str | Step | Mapping[str, Any] | Sequence[str | Step | Mapping[str, Any]] | None


def names() -> list[str]:
    """Names of the steps there are."""
    return list(_FUNCTIONS)


def parse_steps(value: Steps) -> tuple[Step, ...]:
    """Read a chain of steps; parameters are checked.

    Args:
        value: names (`"hair"`), mappings of a name and parameters (`{"name": "hair", "threshold": 16}`) or steps, in the
            order in which to apply them; one alone; or `None` for no steps.

    Returns:
        The steps, hashable, with every parameter filled in.

    Raises:
        UsageError: a name or parameter is unknown, a step comes twice, or a value is not allowed.

    Example:
        >>> [step.name for step in parse_steps(["vignette", {"name": "hair", "threshold": 16}])]
        ['vignette', 'hair']
    """
    if value is None:
        return ()
    items = [value] if isinstance(value, (str, Step, Mapping)) else value
    if not isinstance(items, (list, tuple)):
        raise UsageError(f"Preprocessing is a list of steps, such as [hair, shades_of_grey]. Received: {value!r}")
    steps = tuple(_step(item) for item in items)
    chain = [step.name for step in steps]
    twice = next((name for name in chain if chain.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"The preprocessing step {twice!r} comes twice; name it once. Received: {', '.join(chain)}")
    return steps


def as_config(steps: Steps) -> list[dict[str, Any]]:
    """The chain as a list for JSON and YAML that `parse_steps` reads back; arguments as of `parse_steps`."""
    return [step.as_config() for step in parse_steps(steps)]


def preprocess(image: np.ndarray, steps: Steps) -> np.ndarray:
    """Apply a chain of steps.

    In training, evaluation, prediction and exports this happens to the image at the model's size, after `fit_image`.

    Args:
        image: uint8 RGB `(H, W, 3)`; it is not changed.
        steps: the chain, as `parse_steps` reads it.

    Returns:
        uint8 RGB `(H, W, 3)`; the geometry is the image's, so that its mask still fits.

    Raises:
        TypeError: the image is not such an array.
        UsageError: the chain is wrong, see `parse_steps`.

    Example:
        >>> clean = preprocess(image, ["hair", {"name": "shades_of_grey", "power": 4}])
    """
    image = check_image(image)
    for step in parse_steps(steps):
        image = step(image)
    return image


# Once per step, not once per image.
@lru_cache(maxsize=64)
def _checked(step: Step) -> Step:
    return _step(step.as_config())


def _step(item: Any) -> Step:
    if isinstance(item, Step):
        return _checked(item)
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, Mapping) or "name" not in item:
        raise UsageError(
            f"A preprocessing step is a name, or a mapping such as {{name: hair, threshold: 16}}. Received: {item!r}"
        )
    arguments = {key: value for key, value in item.items() if key != "name"}
    name = item["name"]
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise UsageError(
            f"Unknown preprocessing step. {did_you_mean(name, _FUNCTIONS)}Known: {', '.join(_FUNCTIONS)}. "
            f"Received: {name!r}"
        )
    defaults = {
        key: parameter.default
        for key, parameter in inspect.signature(_FUNCTIONS[name]).parameters.items()
        if key != "image"
    }
    for key in arguments:
        if key not in defaults:
            known = f"Known: {', '.join(defaults)}." if defaults else "It has none."
            raise UsageError(
                f"Unknown parameter of the preprocessing step {name!r}. {did_you_mean(key, defaults)}{known} "
                f"Received: {key!r}"
            )
    step = Step(name, tuple({**defaults, **arguments}.items()))
    try:
        # Each function checks its own parameters; a small image is enough to make it do so.
        step(np.zeros((16, 16, 3), np.uint8))
    except ValueError as error:
        raise UsageError(f"Preprocessing step {name!r}: {error}") from error
    return step

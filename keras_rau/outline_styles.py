"""Choices among the outline styles of a model: fixed mixtures of its logit maps."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_rau.errors import DataError, UsageError
from keras_rau.files import write_text
from keras_rau.strangers import one_line, read_json, shown
from keras_rau.suggestion import did_you_mean

DEFAULT = "default"
_NONE = "This model has no outline styles besides the default: it was trained without them."
_LARGEST = 1 << 20  # bytes of a style file, and its largest number


def check_style_names(names: Any) -> tuple[str, ...]:
    """Return the names of outline styles as a tuple.

    Raises:
        ValueError: they are no sequence of distinct names, or one is called `default`.
    """
    found = () if names is None else tuple(names) if not isinstance(names, str) else (names,)
    words = all(isinstance(name, str) and name.strip() == name and name for name in found)
    if not words or len(set(found)) < len(found) or DEFAULT in found or isinstance(names, str):
        raise ValueError(
            "`outline_styles` must be distinct names such as ('tight', 'loose'); 'default' is the map of all images. "
            f"Received: outline_styles={names!r}"
        )
    return found


@dataclass(frozen=True)
class StyleChoice:
    """A fixed mixture of the default map and the style maps, `Σ wₖ · logitsₖ + offset`.

    It is linear in the logits, so that it folds into the last 1×1 convolution and costs nothing.

    Args:
        weights: one number for the default map and one for each style, which sum to 1.
        offset: added to the mixed logits; positive numbers make lesions larger.

    Raises:
        UsageError: the weights do not sum to 1, or a number is not finite.

    Example:
        >>> StyleChoice((0.5, 0.5, 0.0), offset=-0.3).weights
        (0.5, 0.5, 0.0)
    """

    weights: tuple[float, ...]
    offset: float = 0.0

    def __post_init__(self) -> None:
        numbers = [float(number) for number in self.weights]
        finite = all(math.isfinite(number) for number in (*numbers, float(self.offset)))
        if not numbers or not finite or abs(sum(numbers) - 1) > 1e-4:
            raise UsageError(
                "The weights of a style must be finite numbers that sum to 1, the first for the default map. "
                f"Received: weights={list(self.weights)}, offset={self.offset}"
            )
        object.__setattr__(self, "weights", tuple(numbers))
        object.__setattr__(self, "offset", float(self.offset))

    @property
    def is_default(self) -> bool:
        """The default map as it is."""
        return self.weights[0] == 1 and not any(self.weights[1:]) and self.offset == 0

    def stated(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the weights by name and the offset, for a file."""
        return {"weights": dict(zip((DEFAULT, *names), self.weights, strict=True)), "offset": self.offset}

    def write(self, path: str | Path, names: Sequence[str], **about: Any) -> None:
        """Write a small JSON file that `choose_style` reads.

        Args:
            path: file to write.
            names: styles of the model that the weights belong to.
            **about: further entries, such as how the style was fitted.
        """
        content = {**self.stated(names), **about}
        write_text(Path(path), json.dumps(content, indent=1) + "\n")


def choose_style(style: Any, names: Sequence[str], *, key: str | None = None) -> StyleChoice:
    """Return the mixture that a user asks for.

    Args:
        style: `None` or `"default"`, the name of a style, a file that `StyleChoice.write` wrote, one weight for the default
            map and one for each style, or a `StyleChoice`.
        names: the styles that the model has.
        key: what tells the maps of this model from those of others with the same names, see
            `keras_rau.models.styles.style_key`; a file that states another one is refused.

    Raises:
        UsageError: there is no such style, or the weights do not fit the model.
        DataError: the file is no style file, or belongs to another model.

    Example:
        >>> choose_style("tight", ("tight", "loose")).weights
        (0.0, 1.0, 0.0)
    """
    maps = (DEFAULT, *names)
    if style is None:
        style = DEFAULT
    if isinstance(style, (str, Path)):
        if str(style) in maps:
            return StyleChoice(tuple(float(name == str(style)) for name in maps))
        return _from_file(style, maps, key)
    choice = style if isinstance(style, StyleChoice) else _of_weights(style)
    if len(choice.weights) != len(maps):
        raise UsageError(
            f"A style of this model has {len(maps)} weights, for {', '.join(maps)}. Received: {shown(choice.weights)}"
        )
    if not names and not choice.is_default:
        raise UsageError(f"{_NONE} Received: an offset of {choice.offset:g}")
    return choice


def _of_weights(style: Any) -> StyleChoice:
    try:
        return StyleChoice(tuple(float(number) for number in style))
    except TypeError as error:
        raise UsageError(
            f"A style is a name, a style file, a StyleChoice, or a list of weights. Received: style={shown(style)}"
        ) from error


def _from_file(style: str | Path, maps: Sequence[str], key: str | None) -> StyleChoice:
    said = shown(str(style))
    if len(maps) == 1:
        raise UsageError(f"{_NONE} Received: style={said}")
    path = Path(style)
    try:
        is_file = path.is_file()
    except OSError:  # a name that is too long for one
        is_file = False
    if not is_file:
        raise UsageError(
            f"Unknown outline style. {did_you_mean(str(style), maps)}Styles of this model: {', '.join(maps)}. "
            f"Received: style={said}"
        )
    content = read_json(path, largest=_LARGEST)
    weights, offset = content.get("weights"), content.get("offset", 0.0)
    if not isinstance(weights, dict) or not all(map(_is_number, (*weights.values(), offset))):
        raise DataError(f"{path} is not a style file: it must hold `weights`, numbers by name, and an `offset`.")
    if set(weights) != set(maps):
        raise DataError(
            f"{path} was made for a model with the styles {one_line(', '.join(weights))}. This model has "
            f"{', '.join(maps)}."
        )
    stated = content.get("key")
    if None not in (stated, key) and stated != key:
        raise DataError(
            f"{path} was made for another model whose styles have the same names: its weights mean nothing here. Fit a style "
            "of this model with keras-rau fit-style."
        )
    try:
        return StyleChoice(tuple(float(weights[name]) for name in maps), offset)
    except UsageError as error:
        raise DataError(f"{path}: {error}") from error


def _is_number(value: Any) -> bool:
    # A whole number of many digits is no float.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST

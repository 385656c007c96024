"""Choices among the outline styles of a model: fixed mixtures of its logit maps."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.files import write_text
from keras_rau.strangers import read_json
from keras_rau.suggestion import did_you_mean

DEFAULT = "default"


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

    def write(self, path: str | Path, names: Sequence[str], **about: Any) -> None:
        """Write a small JSON file that `choose_style` reads.

        Args:
            path: file to write.
            names: styles of the model that the weights belong to.
            **about: further entries, such as how the style was fitted.
        """
        content = {"weights": dict(zip((DEFAULT, *names), self.weights, strict=True)), "offset": self.offset, **about}
        write_text(Path(path), json.dumps(content, indent=1) + "\n")


def choose_style(style: Any, names: Sequence[str]) -> StyleChoice:
    """Return the mixture that a user asks for.

    Args:
        style: `None` or `"default"`, the name of a style, a file that `StyleChoice.write` wrote, one weight for the default
            map and one for each style, or a `StyleChoice`.
        names: the styles that the model has.

    Raises:
        UsageError: there is no such style, or the file or the weights belong to another model.

    Example:
        >>> choose_style("tight", ("tight", "loose")).weights
        (0.0, 1.0, 0.0)
    """
    maps = (DEFAULT, *names)
    if style is None:
        style = DEFAULT
    if isinstance(style, (str, Path)) and str(style) in maps:
        return StyleChoice(tuple(float(name == str(style)) for name in maps))
    if isinstance(style, (str, Path)):
        return _from_file(Path(style), maps)
    choice = style if isinstance(style, StyleChoice) else StyleChoice(tuple(style))
    if len(choice.weights) != len(maps):
        raise UsageError(
            f"A style of this model has {len(maps)} weights, for {', '.join(maps)}. Received: {list(choice.weights)}"
        )
    return choice


def _from_file(path: Path, maps: Sequence[str]) -> StyleChoice:
    if not path.is_file():
        known = ", ".join(maps) if len(maps) > 1 else "none besides the default; it was trained without outline styles"
        raise UsageError(
            f"Unknown outline style. {did_you_mean(str(path), maps)}Styles of this model: {known}. "
            f"Received: style={str(path)!r}"
        )
    content = read_json(path, UsageError)
    try:
        weights, offset = content["weights"], float(content.get("offset", 0.0))
        named = {str(name): float(weight) for name, weight in weights.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is not a style file: it must hold `weights` by name and an `offset` ({type(error).__name__})."
        ) from error
    if set(named) != set(maps):
        raise UsageError(
            f"{path} was made for a model with the styles {', '.join(named)}. This model has {', '.join(maps)}."
        )
    return StyleChoice(tuple(named[name] for name in maps), offset)

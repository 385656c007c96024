"""Outline styles of model files: folded into Keras models, combined in NumPy over TFLite files that hold every map."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.geometry import resize_map
from keras_rau.errors import ModelFileError, UsageError
from keras_rau.export.sidecar import read_sidecar
from keras_rau.outline_styles import DEFAULT, StyleChoice, choose_style
from keras_rau.outputs import Outputs
from keras_rau.strangers import one_line

_LOGITS = Outputs(logits=True)


class StyledBackend:
    """A TFLite file of all maps as a model of one: `Σ wₖ · logitsₖ + offset`, enlarged, then the sigmoid.

    Args:
        inner: gives the logits of the default map and of each style, `(B, h, w, K + 1)`.
        choice: what to make of them.
        styles: names of the K styles.
        style_key: see `keras_rau.models.styles.style_key`.
    """

    channels = 1

    def __init__(
        self, inner: Any, choice: StyleChoice, styles: Sequence[str] = (), style_key: str | None = None
    ) -> None:
        self.inner, self.choice, self.size = inner, choice, inner.size
        self.styles, self.style_key = tuple(styles), style_key

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Predict probabilities `(B, H, W, 1)`."""
        maps = combined(self.maps(batch), self.choice)
        return _LOGITS.probabilities(np.stack([resize_map(one, self.size) for one in maps])[..., None])

    def maps(self, batch: np.ndarray) -> np.ndarray:
        """Logits of all maps, `(B, h, w, K + 1)`."""
        return self.inner.run(batch)


def combined(maps: np.ndarray, choice: StyleChoice) -> np.ndarray:
    """Return the logits `(…)` of a style from those of all maps, `(…, K + 1)`, float32."""
    # The default map as it is, to the bit.
    if choice.is_default:
        return np.ascontiguousarray(maps[..., 0], np.float32)
    return maps.astype(np.float32) @ np.array(choice.weights, np.float32) + np.float32(choice.offset)


def chosen_of(model: Any, style: Any) -> StyleChoice:
    """Return the choice of an outline style of a Keras model.

    Raises:
        RauError: the model has no such style.
    """
    names = getattr(model, "outline_styles", ())
    if not names:
        return choose_style(style, ())
    from keras_rau.models.styles import style_key

    return choose_style(style, names, key=style_key(model))


def with_stated_styles(path: Path, load: Callable[[], Any], style: Any) -> Any:
    """Return what `load` makes of a file, as a model of one outline style where its sidecar names several.

    Raises:
        ModelFileError: it has another number of maps than its sidecar says.
        RauError: the model has no such style.
    """
    info = read_sidecar(path)
    names = info.get("outline_styles")
    if not names:
        check_stated_style(path, style)
        return load()
    choice = choose_style(style, names, key=info.get("style_key"))
    backend = load()
    if backend.channels != len(names) + 1:
        raise ModelFileError(
            f"{path} has {backend.channels} maps, but it says of itself that it has {len(names) + 1}, of the outline styles "
            f"{one_line(', '.join((DEFAULT, *names)))}. Export the model again."
        )
    return StyledBackend(backend, choice, names, info.get("style_key"))


def check_stated_style(path: Path, style: Any) -> None:
    """Refuse another outline style than the one that a file of a single map was exported for.

    Raises:
        RauError: so it is.
    """
    stated = read_sidecar(path).get("style")
    # Not a file of that name, which may say something else now.
    if style is None or (stated is not None and style == stated["name"] and style in stated["weights"]):
        return
    if stated is not None:
        raise UsageError(
            f"{path} was exported for the outline style {one_line(stated['name'])!r} and holds no other. Take the model that "
            f"it was exported from. Received: style={style!r}"
        )
    choose_style(style, ())


def stated_style(info: dict[str, Any], model: Any, style: Any) -> dict[str, Any]:
    """Return `info` of a Keras model with what its export with `style` says of itself.

    The threshold beside a model was chosen for its default map; any other style is cut at 0.5.
    """
    choice, names = chosen_of(model, style), getattr(model, "outline_styles", ())
    if not names:
        return info
    found = {**info, "style": {"name": name_of(style), **choice.stated(names)}}
    return found if choice.is_default else {key: value for key, value in found.items() if key != "threshold"}


def name_of(style: Any) -> str:
    """Return how a user called a style: its name, that of its file, or its weights."""
    if style is None:
        return DEFAULT
    if isinstance(style, (str, Path)):
        return Path(style).name
    choice = style if isinstance(style, StyleChoice) else StyleChoice(tuple(style))
    return f"{[round(weight, 4) for weight in choice.weights]} {choice.offset:+.4g}"

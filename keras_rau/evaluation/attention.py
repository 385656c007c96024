"""Maps of what reverse and boundary attention look at in an image."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from keras_rau.datasets.geometry import fit_image, restore
from keras_rau.errors import UsageError

# Layers are changed while they are listened to: one at a time.
_LISTENING = threading.Lock()


def attention_maps(model: Any, image: np.ndarray, *, resize: str = "letterbox") -> dict[str, np.ndarray]:
    """Return the maps by which the attention layers of a model weigh their features for one image.

    A reverse attention's map is large where the coarse prediction sees no lesion (`1 − p`), a boundary attention's where
    it is undecided (`1 − |2p − 1|`, or the edge form). A `BoundaryReverseAttention` has both.

    Args:
        model: a Keras model that contains `ReverseAttention`, `BoundaryAttention` or `BoundaryReverseAttention`, at any
            depth: one of this package, or yours. On any Keras backend.
        image: RGB `(H, W, 3)` of any size, in [0, 255], as `datasets.read_image` gives it. A model that was trained with
            preprocessing takes the preprocessed image.
        resize: how the image is brought to the model's size, `"letterbox"` or `"squash"`; what the training used. A
            model of any size sees the image at its own.

    Returns:
        A float32 map `(H, W)` of the image's own size for each layer, in the order in which they compute. Keys are
        the names of the layer and of what it is in, such as `"attention_3/reverse"` and `"attention_3/boundary"`. A layer
        that is called several times has further keys that end in `:2`, `:3`, ….

    Raises:
        UsageError: the model is not a Keras model, contains no such layer, or does not take one image of three channels.
        ValueError: the image is not `(H, W, 3)` of finite numbers in [0, 255], or `resize` is unknown.

    Example:
        >>> model = keras_rau.models.from_preset("rau_net_nano")
        >>> maps = attention_maps(model, keras_rau.datasets.read_image("photo.jpg"))
        >>> list(maps)[:2]
        ['attention_3/reverse', 'attention_3/boundary']
    """
    import keras

    if not isinstance(model, keras.Model):
        raise UsageError(
            f"Attention maps are those of a Keras model; models.load opens a file. Received: {type(model).__name__}"
        )
    image = _checked(image)
    size = _size_of(model)
    seen = image if size is None else fit_image(image, size, resize)
    batch = keras.ops.convert_to_tensor(seen[None].astype("float32"))
    with _listening(model) as found:
        model(batch, training=False)
    return {name: restore(one, image.shape[:2], resize) for name, one in found.items()}


def _checked(image: Any) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"`image` must be one RGB image (H, W, 3). Received: shape {image.shape}")
    if not np.issubdtype(image.dtype, np.number) or np.issubdtype(image.dtype, np.complexfloating):
        raise ValueError(f"`image` must hold numbers in [0, 255]. Received: dtype {image.dtype}")
    image = image if image.dtype == np.uint8 else image.astype(np.float32)
    # NaN is not in the range either.
    if not (image.min() >= 0 and image.max() <= 255):
        raise ValueError(f"`image` must hold numbers in [0, 255]. Received: {image.min():g} to {image.max():g}")
    return image


def _size_of(model: Any) -> tuple[int, int] | None:
    """Return the height and width that a model takes; `None` where it takes any, or does not say."""
    try:
        shape = model.input_shape
    except AttributeError:
        return None
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise UsageError(
            f"Attention maps are of models that take one image (H, W, 3). Received: model {model.name!r} with input {shape}"
        )
    return None if None in shape[1:3] else (shape[1], shape[2])


def _attention_layers(layer: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    from keras_rau.keras_internals import sublayers
    from keras_rau.layers import BoundaryReverseAttention
    from keras_rau.layers.weighted_refinement import WeightedRefinement

    for inner in sublayers(layer):
        name = f"{path}{inner.name}"
        if isinstance(inner, WeightedRefinement):
            yield name, inner
        elif isinstance(inner, BoundaryReverseAttention):
            # By what they do: Keras numbers the names of layers inside.
            yield from ((f"{name}/{kind}", getattr(inner, kind)) for kind in ("reverse", "boundary"))
        else:
            yield from _attention_layers(inner, f"{name}/")


@contextmanager
def _listening(model: Any) -> Iterator[dict[str, np.ndarray]]:
    """Collect the maps that the attention layers of a model make, in this thread, in the block."""
    layers = [(name, layer) for name, layer in _attention_layers(model) if layer is not None]
    if not layers:
        raise UsageError(
            f"Model {model.name!r} contains no ReverseAttention, BoundaryAttention or BoundaryReverseAttention, and so has "
            "no attention maps."
        )
    found: dict[str, np.ndarray] = {}
    with _LISTENING:
        for name, layer in layers:
            layer.attention_map = _telling(layer.attention_map, name, layer.data_format, found)
        try:
            yield found
        finally:
            for _, layer in layers:
                # The method of the class shows again.
                del layer.attention_map


def _telling(method: Callable[[Any], Any], name: str, data_format: str, found: dict[str, np.ndarray]) -> Any:
    from keras import ops

    mine = threading.get_ident()

    def attention_map(probability: Any) -> Any:
        weight = method(probability)
        # Another thread may use the model meanwhile.
        if threading.get_ident() == mine:
            values = np.asarray(ops.convert_to_numpy(ops.cast(weight, "float32")))
            times = sum(key == name or key.startswith(f"{name}:") for key in found)
            found[f"{name}:{times + 1}" if times else name] = (
                values[0, 0] if data_format == "channels_first" else values[0, ..., 0]
            )
        return weight

    return attention_map

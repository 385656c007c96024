"""Files of weights in half precision."""

import warnings
from pathlib import Path

import h5py
import keras
import numpy as np

from keras_rau.errors import RauError
from keras_rau.strangers import one_line
from keras_rau.trust.weights import check_weights


def save_half(model: keras.Model, path: Path | str) -> None:
    """Write the weights of a model as float16, half the bytes; Keras reads them as any other file of weights.

    Args:
        model: the model.
        path: file to write, ending in `.weights.h5`.

    Raises:
        ValueError: a weight is too large for float16.

    Example:
        >>> save_half(model, "small.weights.h5")
    """
    path = Path(path)
    large = [
        weight.path for weight in model.weights if np.abs(keras.ops.convert_to_numpy(weight)).max(initial=0) > 65504
    ]
    if large:
        raise ValueError(f"Too large for float16: {', '.join(large[:3])}")
    whole = path.with_name(f"whole.{path.name}")
    model.save_weights(whole)
    try:
        with h5py.File(whole) as source, h5py.File(path, "w") as target:
            _copy(source, target)
    finally:
        whole.unlink()


def _copy(source: h5py.Group, target: h5py.Group) -> None:
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy(item, target.create_group(name))
        else:
            content = item[()]
            is_float = isinstance(content, np.ndarray) and content.dtype == np.float32
            copy = target.create_dataset(name, data=content.astype(np.float16) if is_float else content)
            for key, value in item.attrs.items():
                copy.attrs[key] = value


def load_weights(model: keras.Model, path: Path | str, *, otherwise: str = "weights=None builds it without.") -> None:
    """Load a file of weights, and say plainly what is wrong with it.

    Args:
        model: the model.
        path: the file.
        otherwise: what to do when the file is of another model, for the message.

    Raises:
        ValueError: the file is of another model.
        RauError: the file does not exist, is damaged, or asks for more than arrays.
    """
    path = Path(path)
    check_weights(path)
    try:
        with warnings.catch_warnings():
            # Keras only warns where a part of the model is missing in the file, and leaves it as it was.
            warnings.filterwarnings("error", message="Skipping nested container")
            model.load_weights(path)
    except OSError as error:
        raise RauError(f"{path} is damaged or no file of weights: {str(error).splitlines()[0]}") from error
    except (ValueError, UserWarning) as error:
        # The warning names containers of Keras, which say nothing to a reader.
        detail = "" if isinstance(error, UserWarning) else f" {one_line(str(error).splitlines()[0], 300)}"
        raise ValueError(
            f"The weights in {path} are of another model than {model.name} with these arguments; {otherwise}{detail}"
        ) from error

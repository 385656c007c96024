"""The one way in for `.keras` files."""

import stat
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import h5py
import keras

from keras_rau.errors import ModelFileError
from keras_rau.strangers import one_line, parse_json
from keras_rau.trust.archive import check_archive, open_weights, read_config
from keras_rau.trust.budget import limited_weights
from keras_rau.trust.hdf5 import check_hdf5
from keras_rau.trust.keras_config import check_config, check_objects
from keras_rau.trust.keras_version import require_keras

# What a model may be larger than its file of weights: random states, weights in half precision, an optimiser (two copies).
_TIMES, _SLACK, _MORE = 4, 16 << 20, 1000


def check_keras_file(path: Path | str, custom_objects: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """Look at a `.keras` file without building its model: archive, configuration, file of weights.

    Args:
        path: the file.
        custom_objects: classes and functions, by name, that the file may name besides.

    Returns:
        Bytes and number of the arrays of its weights.

    Raises:
        ModelFileError: it is damaged, asks for more than the parts of a model, or is larger unpacked than a model can be.
        RauError: Keras is too old.
    """
    import keras_rau  # noqa: F401  registers our classes

    path = Path(path)
    require_keras()
    # Keras says of a damaged file that it was not found.
    if path.suffix != ".keras" or not path.is_file() or not stat.S_ISREG(path.stat().st_mode):
        raise ModelFileError(f"{path} is damaged or no .keras file.")
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path)
            check_config(read_config(archive), f"config.json in {path}", own=custom_objects or ())
            with closing(open_weights(archive, path)) as weights:
                return check_hdf5(weights, f"model.weights.h5 in {path}")
    except ModelFileError:
        raise
    # Damaged archives make zipfile raise nearly anything.
    except Exception as error:
        raise ModelFileError(f"{path} is damaged or no .keras file.") from error


def check_hdf5_model(path: Path | str, custom_objects: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """Look at an HDF5 file of a whole model (`.h5`, `.hdf5`) without building the model.

    Args:
        path: the file.
        custom_objects: classes and functions, by name, that the file may name besides.

    Returns:
        Bytes and number of its arrays, those of an optimiser among them.

    Raises:
        ModelFileError: it is damaged, holds weights only, or asks for more than the parts of a model.
        RauError: Keras is too old.
    """
    path = Path(path)
    require_keras()
    if not path.is_file():
        raise ModelFileError(f"{path} is not a file.")
    found = check_hdf5(path, str(path))
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise ModelFileError(
                f"{path} holds weights only. Build the model with the arguments that it had, and call model.load_weights."
            )
        check_config(file.attrs["model_config"], f"model_config in {path}", own=custom_objects or (), old=True)
        if "training_config" in file.attrs:
            name = f"training_config in {path}"
            training = parse_json(file.attrs["training_config"], name, ModelFileError)
            check_objects(training, name, own=custom_objects or (), old=True)
    return found


def load_keras_file(
    path: Path | str, *, compiled: bool = False, custom_objects: Mapping[str, Any] | None = None
) -> keras.Model:
    """Load a model file of unknown origin in Keras's safe mode, after a look at all it asks for.

    Args:
        path: a `.keras` file, or an HDF5 file of a whole model.
        compiled: with optimiser and loss.
        custom_objects: classes and functions, by name, that the model consists of.

    Raises:
        ModelFileError: as of `check_keras_file`, or Keras cannot load it.
        RauError: Keras is too old.

    Example:
        >>> load_keras_file("runs/first/checkpoints/best.keras").count_params()
        100488
    """
    path = Path(path)
    check = check_keras_file if path.suffix == ".keras" else check_hdf5_model
    stored, arrays = check(path, custom_objects)
    try:
        with limited_weights(_TIMES * stored + _SLACK, _TIMES * arrays + _MORE, str(path)):
            return keras.saving.load_model(
                path, custom_objects=dict(custom_objects or {}), compile=compiled, safe_mode=True
            )
    except ModelFileError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelFileError(f"{path} cannot be loaded as a Keras model: {one_line(reason, 400)}") from error

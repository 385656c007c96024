"""The one way in for `.keras` files."""

import stat
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import ModelFileError
from keras_rau.strangers import one_line
from keras_rau.trust.archive import check_archive, open_weights, read_config
from keras_rau.trust.budget import limited_weights
from keras_rau.trust.hdf5 import check_hdf5
from keras_rau.trust.keras_config import check_config
from keras_rau.trust.keras_version import require_keras

# What a model may be larger than its file of weights: random states, weights in half precision, an optimiser (two copies).
_TIMES, _SLACK, _MORE = 4, 16 << 20, 1000


def check_keras_file(path: Path | str) -> tuple[int, int]:
    """Look at a `.keras` file without building its model: archive, configuration, file of weights.

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
            check_config(read_config(archive), f"config.json in {path}")
            with closing(open_weights(archive, path)) as weights:
                return check_hdf5(weights, f"model.weights.h5 in {path}")
    except ModelFileError:
        raise
    # Damaged archives make zipfile raise nearly anything.
    except Exception as error:
        raise ModelFileError(f"{path} is damaged or no .keras file.") from error


def load_keras_file(path: Path | str, *, compiled: bool = False, **options: Any) -> keras.Model:
    """Load a `.keras` file of unknown origin in Keras's safe mode, after a look at all it asks for.

    Args:
        path: the file.
        compiled: with optimiser and loss.
        **options: of `keras.saving.load_model`, but `safe_mode`.

    Raises:
        ModelFileError: as of `check_keras_file`, or Keras cannot load it.
        RauError: Keras is too old.

    Example:
        >>> load_keras_file("runs/first/checkpoints/best.keras").count_params()
        100488
    """
    path = Path(path)
    stored, arrays = check_keras_file(path)
    try:
        with limited_weights(_TIMES * stored + _SLACK, _TIMES * arrays + _MORE, str(path)):
            return keras.saving.load_model(path, compile=compiled, safe_mode=True, **options)
    except ModelFileError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelFileError(f"{path} cannot be loaded as a Keras model: {one_line(reason, 400)}") from error

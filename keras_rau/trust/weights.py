"""Files of weights."""

import stat
from pathlib import Path

from keras_rau.errors import ModelFileError, RauError
from keras_rau.trust.hdf5 import check_hdf5
from keras_rau.trust.keras_version import require_keras

_ENDINGS = (".weights.h5", ".h5", ".hdf5")


def check_weights(path: Path | str) -> tuple[int, int]:
    """Look at a file of weights without loading it.

    Returns:
        Bytes and number of its arrays.

    Raises:
        RauError: it is missing, no regular HDF5 file, or one that asks HDF5 for more than arrays; or Keras is too old.

    Example:
        >>> check_weights("model.weights.h5")
        (401952, 96)
    """
    path = Path(path)
    require_keras()
    if not path.exists():
        raise RauError(f"The file of weights {path} does not exist.")
    if not stat.S_ISREG(path.stat().st_mode) or not path.name.endswith(_ENDINGS):
        raise ModelFileError(
            f"Files of weights end in .weights.h5 or .h5; pickles, checkpoints and others are not opened. Received: {path}"
        )
    return check_hdf5(path, str(path))

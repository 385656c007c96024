"""The oldest Keras that files of strangers are opened with."""

import re

from keras_rau.errors import RauError

_OLDEST = (3, 15, 1)


def require_keras() -> None:
    """Refuse to open files with a Keras whose safe mode is known to have holes.

    Raises:
        RauError: Keras is older than 3.15.1.
    """
    # Importing keras imports our models, which import this package.
    import keras

    found = tuple(int(number) for number in re.findall(r"\d+", keras.__version__)[:3])
    if found < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise RauError(
            f"Keras {keras.__version__} opens model files unsafely: of versions before {oldest} ways are published to read "
            f"foreign files, to fill the memory and to leave the safe mode. Install keras>={oldest}."
        )

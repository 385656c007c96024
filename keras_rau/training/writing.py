"""What a full disk says in a training, in one line."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from keras_rau.errors import RauError

_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))


@contextlib.contextmanager
def plain_disk_errors(folder: Path) -> Iterator[None]:
    """Turn what TensorFlow or the system make of a full disk into one line.

    Raises:
        RauError: there was no room for what was written into `folder`.

    Example:
        >>> with plain_disk_errors(Path("runs/first")):
        ...     model.fit(data, callbacks=[keras.callbacks.TensorBoard("runs/first/logs")])
    """
    try:
        yield
    except RauError:
        raise
    except Exception as error:
        found = next((words for words in _FULL if words in str(error)), None)
        if found is None:
            raise
        raise RauError(
            f"Cannot write to {folder}: {found}. What was saved before is kept: make room, and continue with --resume."
        ) from error

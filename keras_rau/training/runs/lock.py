"""One training in a run directory at a time."""

import getpass
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from keras_rau.errors import RauError


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes of this user and machine from training in the same run directory.

    The lock lies in the temporary folder, so that nothing is left in the run directory; it ends with the process.

    Args:
        path: the run directory; it need not exist.

    Raises:
        RauError: another process trains there.
    """
    name = hashlib.sha256(f"{getpass.getuser()}:{path.resolve()}".encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"keras-rau-{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise RauError(
            f"Another process is training in {path}. Wait until it is done, stop it, or name another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()

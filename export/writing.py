"""Writing an exported model so that a failure leaves nothing half done."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_rau.errors import ExportError
from keras_rau.files import fresh_name


def new_output(path: Path | str) -> Path:
    """Return `path` if something may be written there.

    Raises:
        ExportError: it exists already, or its folder cannot be made.
    """
    path = Path(path)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ExportError(f"{path} exists already. Name another output, such as {fresh_name(path)}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"Cannot write to {path.parent}: {error.strerror}.") from error
    if not os.access(path.parent, os.W_OK):
        raise ExportError(f"Cannot write to {path.parent}.")
    return path


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """A new name in a temporary folder beside `path`, on the same file system."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror}.") from error
    try:
        yield folder / path.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reject(path: Path) -> Path:
    """Rename an export that failed its check to `NAME.rejected`, replacing an earlier one."""
    rejected = path.with_name(f"{path.name}.rejected")
    if rejected.is_dir():
        shutil.rmtree(rejected)
    os.replace(path, rejected)
    return rejected


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what native code writes to standard error back, unless an exception passes."""
    with tempfile.TemporaryFile() as kept:
        saved = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            kept.seek(0)
            os.write(2, kept.read()[-4000:])
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)

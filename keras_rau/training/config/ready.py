"""The configurations that come with the package."""

import os
from pathlib import Path

from keras_rau.errors import UsageError
from keras_rau.strangers import shown
from keras_rau.suggestion import did_you_mean

_FOLDER = Path(__file__).parent.parent / "configs"


def ready_configs() -> list[str]:
    """Names of the ready configurations."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def description(name: str) -> str:
    """Return the purpose of a ready configuration: the first line of its file."""
    return find(name).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def find(source: Path | str) -> Path:
    """The file of a ready configuration, or the path as it is.

    Args:
        source: a ready configuration's name, or a path: whatever has a suffix, a folder before it, or is a file.

    Raises:
        UsageError: there is no ready configuration of this name.

    Example:
        >>> find("nano").name
        'nano.yaml'
    """
    path = Path(source)
    if path.suffix or path.parent != Path() or str(source).startswith("./"):
        return path
    if path.name in ready_configs():
        return _FOLDER / f"{source}.yaml"
    # Unlike that of a path it raises nothing, whatever the length of the name.
    if os.path.isfile(path):
        return path
    raise UsageError(
        f"No file and no ready configuration is called {shown(str(source))}. {did_you_mean(source, ready_configs())}"
        f"Known: {', '.join(ready_configs())}"
    )

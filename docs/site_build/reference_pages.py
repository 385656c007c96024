"""Pages of the API reference: one a package with a table of its names, and one a name with its docstring."""

import inspect
import shutil
from importlib import import_module
from pathlib import Path
from pprint import pformat
from textwrap import indent
from typing import Any

from sphinx.application import Sphinx

from site_build.public_names import paths, public_names


def _summary(value: Any) -> str:
    text = inspect.getdoc(value) or ""
    return " ".join(text.split("\n\n")[0].split())


def _page_of_name(path: str, value: Any) -> str:
    name = path.rpartition(".")[2]
    title = f"{name}\n{'=' * len(name)}\n\n"
    if not callable(value):
        # A constant's docstring would be that of its type.
        return f"{title}.. py:data:: {path}\n\n   ::\n\n{indent(pformat(value, width=100), ' ' * 6)}\n"
    kind = "function"
    if inspect.isclass(value):
        kind = "exception" if issubclass(value, BaseException) else "class"
    return f"{title}.. auto{kind}:: {path}\n"


def _own(package: str, names: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in names.items() if paths()[package, name] == f"keras_rau.{package}.{name}"}


def _page_of_package(package: str, names: dict[str, Any]) -> str:
    path = f"keras_rau.{package}"
    rows = [
        f"   * - :py:obj:`{name} <{paths()[package, name]}>`\n     - {_summary(value) if callable(value) else 'Constant.'}"
        for name, value in names.items()
    ]
    table = ".. list-table::\n   :widths: 30 70\n\n" + "\n".join(rows)
    pages = "\n".join(f"   {package}/{name}" for name in _own(package, names))
    doc = inspect.getdoc(import_module(path)) or ""
    return (
        f"{path}\n{'=' * len(path)}\n\n.. module:: {path}\n\n{doc}\n\n{table}\n\n.. toctree::\n   :hidden:\n\n{pages}\n"
    )


def write_page(path: Path, text: str) -> None:
    """Write a page; it stays untouched where nothing changed, since Sphinx reads pages again by their time."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write(app: Sphinx) -> None:
    """Write reference/api/: its pages are made from the docstrings at every build."""
    folder = Path(app.srcdir) / "reference" / "api"
    written = set()
    for package, names in public_names().items():
        texts = {folder / f"{package}.rst": _page_of_package(package, names)}
        for name, value in _own(package, names).items():
            texts[folder / package / f"{name}.rst"] = _page_of_name(f"keras_rau.{package}.{name}", value)
        for path, text in texts.items():
            write_page(path, text)
        written |= set(texts)
    pages = "\n".join(f"   {package}" for package in public_names())
    index = folder / "index.rst"
    title = "Python API"
    intro = (
        "Every public name, by the package to import it from. `import keras_rau` is instant; packages load when first "
        "used. What is not listed here is inside, and may change without notice."
    )
    write_page(index, f"{title}\n{'=' * len(title)}\n\n{intro}\n\n.. toctree::\n   :maxdepth: 1\n\n{pages}\n")
    for old in set(folder.rglob("*.rst")) - written - {index}:
        old.unlink()
    for empty in [path for path in folder.iterdir() if path.is_dir() and not any(path.iterdir())]:
        shutil.rmtree(empty)

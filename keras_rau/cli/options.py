"""Options that several commands take."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_rau import pretrained

Model = Annotated[
    str,
    typer.Option(
        "--model", help="A run directory, .keras, SavedModel or .tflite of yours, or a preset with trained weights."
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="A run directory, .keras, SavedModel or .tflite of yours, or a preset with trained weights; several times, such "
        "as for the folds of a cross-validation: their probabilities are averaged.",
    ),
]
Augment = Annotated[
    Literal["flips", "dihedral"] | None,
    typer.Option(help="Average over mirrored (4), or mirrored and turned images (8)."),
]
Threshold = Annotated[
    float | None, typer.Option(help="Probability from which a pixel is lesion; that of the model, mostly 0.5.")
]
Largest = Annotated[bool, typer.Option("--largest", help="Keep the largest connected part of each mask alone.")]
FillHoles = Annotated[bool, typer.Option("--fill-holes", help="Fill what the lesion encloses.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust", help="Run a SavedModel or .tflite file whatever it does: they are programs, as mighty as you."
    ),
]
Style = Annotated[
    str | None,
    typer.Option(
        metavar="STYLE",
        help="Outline style of a model that has several: a name, default, or a file of keras-rau fit-style.",
    ),
]
Dataset = Annotated[
    str, typer.Option("--dataset", help="Name of the source, such as isic2018, ph2, ham10000 or folder.")
]
DataDir = Annotated[Path, typer.Option("--data-dir", help="Folder of the source.")]

SourceOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="Option of the source, such as unpaired=drop or image_pattern=…; short for --set data.options.KEY=VALUE.",
    ),
]
SetOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="The same as of train: --set data.options.unpaired=drop."),
]
_DATA_OPTIONS = "data.options."


def source_options(words: list[str] | None, settings: list[str] | None = None) -> dict[str, Any]:
    """Options of `datasets.load` from the words of `--option` and then of `--set data.options.…`."""
    from keras_rau.errors import RauError, UsageError
    from keras_rau.training.config import parse_setting

    for word in settings or ():
        if not word.startswith(_DATA_OPTIONS):
            raise UsageError(f"Here --set takes data.options.KEY=VALUE, see --option. Received: --set {word}")
    try:
        given = [*(words or ()), *(word.removeprefix(_DATA_OPTIONS) for word in settings or ())]
        return dict(parse_setting(word) for word in given)
    except RauError as error:
        raise UsageError(str(error)) from error


def as_settings(words: list[str] | None) -> list[str]:
    """Turn the words of `--option` into words of `--set`."""
    return [f"{_DATA_OPTIONS}{word}" for word in words or ()]


def resolve_config(sources: Path | Sequence[str] | None, options: dict[str, Any], settings: list[str]) -> Any:
    """Configuration of files and ready names, with the options of the command line and then the words of `--set` over it.

    Args:
        sources: files and ready names.
        options: dotted names to values; `None` where the option was not given.
        settings: words of `--set`.
    """
    from keras_rau.errors import DataError, RauError, UsageError
    from keras_rau.training.config import load_config, parse_setting

    if sources:
        # What is wrong in a file is no matter of the words.
        load_config(sources)
    overrides = {name: value for name, value in options.items() if value is not None}
    try:
        return load_config(sources, {**overrides, **dict(parse_setting(text) for text in settings)})
    except DataError:
        # The file that `init` names.
        raise
    except RauError as error:
        raise UsageError(str(error)) from error


def need_data_dir(config: Any) -> None:
    """Refuse a configuration without the folder of its data set."""
    from keras_rau.errors import UsageError

    if config.data.data_dir is None:
        raise UsageError("Name the folder of the data set with --data-dir.")


def named_folder(words: str) -> tuple[str, Path]:
    """Name of a source and its folder, from `NAME=DIR`."""
    from keras_rau.errors import UsageError

    name, equals, folder = words.partition("=")
    if not (name and equals and folder):
        raise UsageError(f"Another source is written NAME=DIR, such as ph2=PH2Dataset. Received: {words!r}")
    return name, Path(folder)


def fresh_output(name: str) -> Path:
    """Return the first free one of `NAME`, `NAME-2`, …; when it is not the first, that is said."""
    from keras_rau.files import fresh_name

    path = fresh_name(Path(name))
    if path != Path(name):
        typer.echo(f"{name} is taken: writing to {path}", err=True)
    return path


def free_output(path: Path, option: str) -> Path:
    """Return a file or folder that the user named, if nothing is there.

    Raises:
        RauError: it is taken; a free name is proposed.
    """
    from keras_rau.errors import RauError
    from keras_rau.files import fresh_name, is_free

    if not is_free(path):
        raise RauError(f"{path} exists already. Name another with {option}, such as {fresh_name(path)}.")
    return path


def existing_model(model: str) -> Path:
    """Path of the model file named on the command line."""
    from keras_rau.errors import RauError, UsageError
    from keras_rau.training.run_directory import RunDirectory

    path = Path(model)
    if os.path.exists(path):
        # A run directory stands for the best model in it.
        best = RunDirectory(path).best
        return best if best.exists() else path
    if path.suffix or path.parent != Path():
        raise RauError(f"The model {model} does not exist.")
    if model in pretrained.names():
        return pretrained.tflite_file(model)
    from keras_rau import models

    if model in models.list_presets():
        raise UsageError(
            f"The preset {model!r} comes without trained weights: train it (keras-rau train --model {model} …) and "
            "name the run directory or the .keras file."
        )
    raise UsageError(f"No file and no preset is called {model!r}. Presets: {', '.join(models.list_presets())}.")

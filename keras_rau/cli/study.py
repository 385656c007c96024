"""keras-rau study: those that come with the package, and anybody's own file."""

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from keras_rau.study.study_file import Option, StudyFile

_OPTIONS = {
    "model": "--model or --models",
    "model.name": "--model or --models",
    "loss": "--loss or --losses",
    "loss.name": "--loss or --losses",
    "epochs": "--epochs",
    "checkpoints.keep_epochs": "--epochs",
    "seed": "--seeds",
    "data.dataset": "--dataset",
    "data.data_dir": "--data-dir",
}

# Of options of a study's own: the type of each kind, and what else Typer must be told.
_KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "word": (str, {}),
    "words": (list[str], {}),
    "presets": (list[str], {}),
    "number": (float, {}),
    "count": (int, {"min": 0}),
    "flag": (bool, {}),
}


class _Studies(TyperGroup):
    """Makes the command of a study from its file when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the studies of the package."""
        from keras_rau.study.study_file import study_names

        return study_names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a study of the package or of a file."""
        from keras_rau.study.study_file import is_file_name, read_study, study_names

        if cmd_name not in study_names() and not is_file_name(cmd_name):
            return None
        return _command(cmd_name, read_study(cmd_name))


app = typer.Typer(
    name="study",
    cls=_Studies,
    help="Run a grid of trainings, score the checkpoints, and write tables and plots beside the paper's. STUDY is "
    "one of these, or a YAML file that describes another.",
    subcommand_metavar="STUDY [ARGS]...",
    no_args_is_help=True,
)

# Of all studies: annotation and default of each option, those before a study's own and those after them.
_FIRST: dict[str, tuple[Any, Any]] = {
    "dataset": (Annotated[str, typer.Option(help="Name of the source.")], ...),
    "data_dir": (Annotated[Path, typer.Option(help="Its folder.")], ...),
    "output": (
        Annotated[Path, typer.Option(help="Folder of the trainings (cells/), tables and plots; studies may share it.")],
        ...,
    ),
    "config": (
        Annotated[Path | None, typer.Argument(help="YAML file with the settings that all trainings share.")],
        None,
    ),
}
_LAST: dict[str, tuple[Any, Any]] = {
    "epochs": (
        Annotated[
            list[int], typer.Option(help="Epochs after which the models are scored; the last ends the training.")
        ],
        [20, 40, 60, 80, 100],
    ),
    "seeds": (Annotated[list[int], typer.Option(help="Seeds; each is a training of its own.")], [0]),
    "model": (
        Annotated[
            str | None,
            typer.Option(help="Preset; that of CONFIG if left out, or rau_net_paper without a configuration."),
        ],
        None,
    ),
    "image_size": (
        Annotated[int | None, typer.Option(help="Side of the square the model sees, in pixels.")],
        None,
    ),
    "batch_size": (Annotated[int | None, typer.Option(help="Images per step.")], None),
    "set_": (
        Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting of all trainings.")],
        None,
    ),
    "jobs": (
        Annotated[int, typer.Option(min=1, help="Trainings at once; they share the processor's cores.")],
        1,
    ),
    "report_only": (
        Annotated[bool, typer.Option("--report-only", help="Train and measure nothing, report what is finished.")],
        False,
    ),
}
_OF_TRANSFER: dict[str, tuple[Any, Any]] = {
    "other": (
        Annotated[str, typer.Option(metavar="NAME=DIR", help="The other data set, such as ph2=PH2Dataset.")],
        ...,
    ),
    "other_epochs": (
        Annotated[list[int] | None, typer.Option(help="Those on the other data set; the same if left out.")],
        None,
    ),
    "other_set": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="KEY=VALUE", help="Split and options of the other data set; those in --set are of the first."
            ),
        ],
        None,
    ),
}


def _command(study: str, file: "StudyFile") -> Any:
    """The command of a study, with the options of all studies and its own."""
    own = {name: (_annotation(name, option), option.default) for name, option in file.options.items()}
    given = {**_FIRST, **(_OF_TRANSFER if file.transfer else {}), **own, **_LAST}
    if file.dataset is not None:
        given["dataset"] = (given["dataset"][0], file.dataset)
    if any(row.model is not None for row in file.rows):
        # Each row has its own.
        del given["model"]

    def run(**arguments: Any) -> None:
        own = {name: arguments.pop(name) for name in file.options}
        _run_study(study, file, own, **arguments)

    run.__annotations__ = {name: kind for name, (kind, _) in given.items()}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=kind,
                default=inspect.Parameter.empty if default is ... else default,
            )
            for name, (kind, default) in given.items()
        ]
    )
    alone = typer.Typer(add_completion=False)
    alone.command(study, cls=ListsOfWords, help=file.help)(run)
    return typer.main.get_command(alone)


def _annotation(name: str, option: "Option") -> Any:
    kind, more = _KINDS[option.kind]
    if option.kind == "flag":
        option.default = bool(option.default)
    elif option.default is None:
        kind = kind | None
    words = f"--{name.replace('_', '-')}"
    return Annotated[kind, typer.Option(words, metavar=option.metavar, help=option.help, **more)]


def _run_study(
    study: str,
    file: "StudyFile",
    options: dict[str, Any],
    *,
    dataset: str,
    data_dir: Path,
    output: Path,
    config: Path | None,
    epochs: list[int],
    seeds: list[int],
    image_size: int | None,
    batch_size: int | None,
    set_: list[str] | None,
    jobs: int,
    report_only: bool,
    model: str | None = None,
    other: str | None = None,
    other_epochs: list[int] | None = None,
    other_set: list[str] | None = None,
) -> None:
    import logging

    from rich.console import Console

    from keras_rau import study as studies
    from keras_rau.cli.options import named_folder

    own = [word for word in set_ or [] if file.transfer and _of_one_source(word)]
    shared = [word for word in set_ or [] if word not in own]
    grid = _grid(config, output, seeds, model, image_size, batch_size, shared)
    sources = [_source(dataset, data_dir, epochs, own)]
    if other is not None:
        sources.append(_source(*named_folder(other), other_epochs or epochs, other_set))
    design = studies.design_study(study, grid, *sources, **options)
    # It takes every other model that is scored for a function traced in vain.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    console = Console(stderr=True)
    try:
        studies.run_study(design, output, console, jobs, report_only, words=sys.argv[1:])
    except KeyboardInterrupt as stop:
        console.print("interrupted: what is trained is kept, the same command goes on", highlight=False)
        raise typer.Exit(getattr(stop, "status", 130)) from stop
    typer.echo(f"tables and plots: {output}")


def _of_one_source(setting: str) -> bool:
    """Whether a setting is about the images themselves, such as their split, and not about how the model sees them."""
    section, _, name = setting.partition("=")[0].partition(".")
    shared = ("image_size", "resize", "preprocess", "augment", "balance", "cache")
    return section == "data" and name.partition(".")[0] not in shared


def _grid(
    config: Path | None,
    output: Path,
    seeds: list[int],
    model: str | None,
    image_size: int | None,
    batch_size: int | None,
    settings: list[str] | None,
) -> Any:
    from keras_rau.cli.options import source_options
    from keras_rau.errors import UsageError
    from keras_rau.study import Grid
    from keras_rau.training.config import load_config

    overrides = source_options(settings)
    for key in overrides:
        if key in _OPTIONS:
            raise UsageError(f"--set {key} is an option of the study: write {_OPTIONS[key]} instead.")
    if image_size is not None:
        overrides["data.image_size"] = image_size
    if batch_size is not None:
        overrides["batch_size"] = batch_size
    model = model or (load_config(config).model.name if config else "rau_net_paper")
    return Grid(output / "cells", tuple(sorted(set(seeds))), model, config, overrides)


def _source(dataset: str, data_dir: Path, epochs: list[int], settings: list[str] | None = None) -> Any:
    from keras_rau.cli.options import source_options
    from keras_rau.errors import UsageError
    from keras_rau.study import Source

    if min(epochs) < 1:
        raise UsageError(f"--epochs are counted from 1. Received: {epochs}")
    return Source(dataset, data_dir, tuple(sorted(set(epochs))), source_options(settings))


_SETTINGS = ("--set", "--other-set")


class ListsOfWords(TyperCommand):
    """Lets an option that may be repeated take several words: `--epochs 20 40 60`, or `--epochs 20,40,60`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each of its words."""
        lists = {name for one in self.params if getattr(one, "multiple", False) for name in one.opts}
        words: list[str] = []
        option = None
        for place, word in enumerate(args):
            name, equals, value = word.partition("=")
            if word.startswith("--"):
                option = name if name in lists else None
                if option is None:
                    words.append(word)
                    continue
                if not equals:
                    if place + 1 == len(args) or args[place + 1].startswith("--"):
                        ctx.fail(f"Option {option!r} takes one or more words.")
                    continue
                word = value
            if option is None:
                words.append(word)
                continue
            # A setting may hold commas.
            values = [word] if option in _SETTINGS else [part for part in word.split(",") if part]
            words += [each for value in values for each in (option, value)]
        return super().parse_args(ctx, words)

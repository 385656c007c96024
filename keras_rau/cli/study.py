"""keras-rau study: losses, attention, imbalance, transfer, architectures."""

import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_rau.cli.lists import ListsOfWords

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


app = typer.Typer(
    name="study",
    help="Run a grid of trainings, score the checkpoints, and write tables and plots beside the paper's.",
    no_args_is_help=True,
)

_Config = Annotated[Path | None, typer.Argument(help="YAML file with the settings that all trainings share.")]
_Dataset = Annotated[str, typer.Option("--dataset", help="Name of the source.")]
_DataDir = Annotated[Path, typer.Option("--data-dir", help="Its folder.")]
_Output = Annotated[
    Path, typer.Option(help="Folder of the trainings (cells/), tables and plots; studies may share it.")
]
_Epochs = Annotated[
    list[int], typer.Option(help="Epochs after which the models are scored; the last ends the training.")
]
_Seeds = Annotated[list[int], typer.Option(help="Seeds; each is a training of its own.")]
_Model = Annotated[
    str | None, typer.Option(help="Preset; that of CONFIG if left out, or rau_net_paper without a configuration.")
]
_ImageSize = Annotated[int | None, typer.Option(help="Side of the square the model sees, in pixels.")]
_BatchSize = Annotated[int | None, typer.Option(help="Images per step.")]
_Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting of all trainings.")]
_Jobs = Annotated[int, typer.Option(min=1, help="Trainings at once; they share the processor's cores.")]
_ReportOnly = Annotated[bool, typer.Option("--report-only", help="Train and measure nothing, report what is finished.")]
_Loss = Annotated[str, typer.Option(help="Loss of all trainings.")]


@app.command(cls=ListsOfWords)
def losses(
    dataset: _Dataset,
    data_dir: _DataDir,
    output: _Output,
    config: _Config = None,
    losses: Annotated[list[str], typer.Option(help="Losses to compare.")] = ["bce", "tversky", "dice", "compound"],  # noqa: B006
    epochs: _Epochs = [20, 40, 60, 80, 100],  # noqa: B006
    seeds: _Seeds = [0],  # noqa: B006
    model: _Model = None,
    image_size: _ImageSize = None,
    batch_size: _BatchSize = None,
    set_: _Set = None,
    jobs: _Jobs = 1,
    report_only: _ReportOnly = False,
) -> None:
    """Which loss? The paper's loss study, beside its printed values."""
    from keras_rau.study import designs

    grid = _grid(config, output, seeds, model, image_size, batch_size, set_)
    _run(designs.losses_study(grid, _source(dataset, data_dir, epochs), losses), output, jobs, report_only)


@app.command(cls=ListsOfWords)
def attention(
    dataset: _Dataset,
    data_dir: _DataDir,
    output: _Output,
    config: _Config = None,
    loss: _Loss = "compound",
    epochs: _Epochs = [20, 40, 60, 80, 100],  # noqa: B006
    seeds: _Seeds = [0],  # noqa: B006
    model: _Model = None,
    image_size: _ImageSize = None,
    batch_size: _BatchSize = None,
    set_: _Set = None,
    jobs: _Jobs = 1,
    report_only: _ReportOnly = False,
) -> None:
    """How much does attention help? None, gates, reverse, boundary, both."""
    from keras_rau.study import designs

    grid = _grid(config, output, seeds, model, image_size, batch_size, set_)
    _run(designs.attention_study(grid, _source(dataset, data_dir, epochs), loss), output, jobs, report_only)


@app.command(cls=ListsOfWords)
def imbalance(
    data_dir: _DataDir,
    output: _Output,
    dataset: _Dataset = "ham10000",
    config: _Config = None,
    balance: Annotated[
        list[str], typer.Option(help="Columns by whose rarity images are weighted: lesion_size, or of the metadata.")
    ] = ["diagnosis"],  # noqa: B006
    epochs: _Epochs = [20, 40, 60, 80, 100],  # noqa: B006
    seeds: _Seeds = [0],  # noqa: B006
    model: _Model = None,
    image_size: _ImageSize = None,
    batch_size: _BatchSize = None,
    set_: _Set = None,
    jobs: _Jobs = 1,
    report_only: _ReportOnly = False,
) -> None:
    """Does weighting help what is rare? Scores by lesion size and diagnosis."""
    from keras_rau.study import designs

    grid = _grid(config, output, seeds, model, image_size, batch_size, set_)
    _run(designs.imbalance_study(grid, _source(dataset, data_dir, epochs), balance), output, jobs, report_only)


@app.command(cls=ListsOfWords)
def transfer(
    dataset: _Dataset,
    data_dir: _DataDir,
    other: Annotated[str, typer.Option(metavar="NAME=DIR", help="The other data set, such as ph2=PH2Dataset.")],
    output: _Output,
    config: _Config = None,
    loss: _Loss = "compound",
    epochs: _Epochs = [20, 40, 60, 80, 100],  # noqa: B006
    other_epochs: Annotated[
        list[int] | None, typer.Option(help="Those on the other data set; the same if left out.")
    ] = None,
    seeds: _Seeds = [0],  # noqa: B006
    model: _Model = None,
    image_size: _ImageSize = None,
    batch_size: _BatchSize = None,
    set_: _Set = None,
    other_set: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Split and options of the other data set; those in --set are of the first."
        ),
    ] = None,
    jobs: _Jobs = 1,
    report_only: _ReportOnly = False,
) -> None:
    """How well does a model carry over? Train on each data set, test on both."""
    from keras_rau.cli.options import named_folder
    from keras_rau.study import designs

    own = [word for word in set_ or [] if _of_one_source(word)]
    shared = [word for word in set_ or [] if word not in own]
    grid = _grid(config, output, seeds, model, image_size, batch_size, shared)
    first = _source(dataset, data_dir, epochs, own)
    second = _source(*named_folder(other), other_epochs or epochs, other_set)
    _run(designs.transfer_study(grid, first, second, loss), output, jobs, report_only)


@app.command(cls=ListsOfWords)
def architectures(
    dataset: _Dataset,
    data_dir: _DataDir,
    output: _Output,
    config: _Config = None,
    models: Annotated[
        list[str] | None, typer.Option(help="Presets to compare; all of them if left out, see keras-rau models.")
    ] = None,
    loss: Annotated[str, typer.Option(help="Loss of all trainings, or 'published': each its own.")] = "compound",
    multiply_adds: Annotated[
        float | None,
        typer.Option(
            "--multiply-adds",
            metavar="BILLIONS",
            help="Scale widths until one image takes this many; published widths if left out.",
        ),
    ] = None,
    full_width_below: Annotated[
        int, typer.Option(min=0, metavar="PARAMETERS", help="Smaller models keep their width all the same.")
    ] = 0,
    pretrained: Annotated[
        bool, typer.Option("--pretrained", help="All encoders with ImageNet weights; from scratch if left out.")
    ] = False,
    reference: Annotated[
        str | None, typer.Option(help="Preset that the others are compared with; the first if left out.")
    ] = None,
    epochs: _Epochs = [20, 40, 60, 80, 100],  # noqa: B006
    seeds: _Seeds = [0],  # noqa: B006
    image_size: _ImageSize = None,
    batch_size: _BatchSize = None,
    set_: _Set = None,
    jobs: _Jobs = 1,
    report_only: _ReportOnly = False,
) -> None:
    """Which system? The paper's and those that it is compared with, on equal terms: scores and costs."""
    from keras_rau.errors import UsageError
    from keras_rau.models import list_presets
    from keras_rau.study import designs

    if multiply_adds is not None and not 0 < multiply_adds < math.inf:
        raise UsageError(f"--multiply-adds must be a positive number. Received: {multiply_adds}")
    if full_width_below and multiply_adds is None:
        raise UsageError("--full-width-below needs --multiply-adds: without it all widths are the published ones.")
    names = models or list_presets()
    if reference is not None and reference not in names:
        raise UsageError(f"--reference must be one of the models: {', '.join(names)}. Received: {reference!r}")
    grid = _grid(config, output, seeds, reference or names[0], image_size, batch_size, set_)
    contest = designs.Contest(
        tuple(names),
        loss,
        None if multiply_adds is None else 1e9 * multiply_adds,
        full_width_below,
        "imagenet" if pretrained else None,
    )
    design = designs.architectures_study(grid, _source(dataset, data_dir, epochs), contest)
    _run(design, output, jobs, report_only)


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
    from keras_rau.study.designs import Grid
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
    from keras_rau.study.cells import Source

    if min(epochs) < 1:
        raise UsageError(f"--epochs are counted from 1. Received: {epochs}")
    return Source(dataset, data_dir, tuple(sorted(set(epochs))), source_options(settings))


def _run(design: Any, output: Path, jobs: int, report_only: bool) -> None:
    import logging

    from rich.console import Console

    from keras_rau.study import run_study

    # It takes every other model that is scored for a function traced in vain.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    console = Console(stderr=True)
    try:
        run_study(design, output, console, jobs, report_only, words=sys.argv[1:])
    except KeyboardInterrupt as stop:
        console.print("interrupted: what is trained is kept, the same command goes on", highlight=False)
        raise typer.Exit(getattr(stop, "status", 130)) from stop
    typer.echo(f"tables and plots: {output}")

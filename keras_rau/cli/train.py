"""keras-rau train."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import SourceOptions, as_settings, fresh_output, named_folder, need_data_dir, resolve_config

# keras_rau.losses.names(), which would import Keras; a test compares them.
_LOSSES = (
    "compound, bce, weighted_bce, cce, focal, dice, generalized_dice, jaccard, tversky, focal_tversky, combo, unified_focal, "
    "lovasz, structure, boundary"
)


def train(
    config: Annotated[
        list[str] | None,
        typer.Argument(help="YAML files and ready names (--list-configs), later over earlier; options go over them."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Run directory to write. Left out: run, or the next free run-2, …")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="isic2016, isic2017, isic2018, ph2, ham10000, folder or phantom.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the data set.")] = None,
    model: Annotated[str | None, typer.Option(help="Preset, see `keras-rau models`.")] = None,
    loss: Annotated[str | None, typer.Option(help=f"One of {_LOSSES}; or published: the model's own.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of the whole training.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the square the model sees, in pixels.")] = None,
    seed: Annotated[int | None, typer.Option(help="Make the run repeatable.")] = None,
    init: Annotated[
        str | None, typer.Option(help="Run directory, .keras file or preset whose weights to start from.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting.")] = None,
    option: SourceOptions = None,
    also_train: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=DIR", help="Also train on all of another data set, such as ham10000=HAM10000."),
    ] = None,
    also_test: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=DIR", help="Also test on all of another data set, such as ph2=PH2Dataset."),
    ] = None,
    validate: Annotated[
        bool, typer.Option("--validate", help="Look at all images first, as `keras-rau validate`; stop on errors.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the last saved state.")] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print every setting with its value and meaning, and stop.")
    ] = False,
    list_configs: Annotated[bool, typer.Option("--list-configs", help="Print the ready names and stop.")] = False,
) -> None:
    """Train a model; writes a run directory with checkpoints, history, scores and overlays."""
    if list_configs:
        _list_configs()
        return
    given = {
        "data.dataset": dataset,
        "data.data_dir": str(data_dir) if data_dir else None,
        "model.name": model,
        "loss.name": loss,
        "epochs": epochs,
        "batch_size": batch_size,
        "data.image_size": image_size,
        "seed": seed,
        "init": init,
        "also_train": _others("--also-train", also_train) or None,
        "also_test": _others("--also-test", also_test) or None,
    }
    resolved = resolve_config(config, given, [*as_settings(option), *(set_ or [])])
    if print_config:
        from keras_rau.training.config import commented_yaml

        typer.echo(commented_yaml(resolved), nl=False)
        return
    from keras_rau.errors import UsageError

    if output is None and resume:
        raise UsageError("Name the run directory to go on in with --output.")
    need_data_dir(resolved)
    named = output is not None
    output = output or fresh_output("run")
    from rich.console import Console

    from keras_rau.evaluation import table
    from keras_rau.training import train as run_training
    from keras_rau.training.run_directory import RunDirectory
    from keras_rau.training.runs.interruption import Signals
    from keras_rau.training.runs.resume import what_is_kept

    console = Console(stderr=True)
    try:
        with Signals():
            result = run_training(resolved, output, resume=resume, console=console, validate=validate)
    except KeyboardInterrupt as stop:
        kept = getattr(stop, "kept", "") or what_is_kept(RunDirectory(output), resolved.epochs)
        console.print(
            f"interrupted: {kept}. To go on:\n{_resuming(None if named else output)}",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
        raise typer.Exit(getattr(stop, "status", 130)) from stop
    if not result:
        return  # of several hosts the first one reports
    Console().print(table(result))
    for name, scores in result.get("also_test", {}).items():
        Console().print(table({**scores, "dataset": name}))
    typer.echo(f"run directory: {output}")


def _list_configs() -> None:
    from keras_rau.training.config.ready import description, ready_configs

    for name in ready_configs():
        typer.echo(f"{name:10} {description(name)}")


def _resuming(output: Path | None) -> str:
    """This command with --resume, and with the run directory if it was not named."""
    words = [*sys.argv[1:], *(("--output", str(output)) if output is not None else ())]
    return shlex.join(["keras-rau", *words, *(() if "--resume" in words else ("--resume",))])


def _others(option: str, words: list[str] | None) -> dict[str, str]:
    from keras_rau.errors import UsageError

    pairs = [named_folder(word) for word in words or []]
    others = {name: str(folder) for name, folder in pairs}
    if len(others) < len(pairs):
        raise UsageError(f"{option} takes each data set once. Received: {words}")
    return others

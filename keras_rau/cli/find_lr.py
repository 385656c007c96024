"""keras-rau find-lr."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import SourceOptions, as_settings, need_data_dir, resolve_config


def find_lr(
    output: Annotated[Path, typer.Option(help="Folder for learning_rate.csv and .png; new or empty.")],
    config: Annotated[
        list[str] | None, typer.Argument(help="YAML files and ready names, as for `train`; options go over them.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of the data set.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the data set.")] = None,
    model: Annotated[str | None, typer.Option(help="Preset, see `keras-rau models`.")] = None,
    loss: Annotated[str | None, typer.Option(help="Name of the loss.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the square the model sees, in pixels.")] = None,
    seed: Annotated[int | None, typer.Option(help="Make the test repeatable.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting.")] = None,
    option: SourceOptions = None,
    lowest: Annotated[float, typer.Option(help="Learning rate of the first step.")] = 1e-6,
    highest: Annotated[float, typer.Option(help="Learning rate of the last step.")] = 1.0,
    steps: Annotated[int, typer.Option(min=20, max=1_000_000, help="How many steps.")] = 100,
) -> None:
    """Find a learning rate: a short training while the rate rises; draws the loss and suggests a rate."""
    from keras_rau.errors import UsageError

    given = {
        "data.dataset": dataset,
        "data.data_dir": str(data_dir) if data_dir else None,
        "model.name": model,
        "loss.name": loss,
        "batch_size": batch_size,
        "data.image_size": image_size,
        "seed": seed,
    }
    resolved = resolve_config(config, given, [*as_settings(option), *(set_ or [])])
    need_data_dir(resolved)
    if not 0 < lowest < highest < float("inf"):
        raise UsageError(f"--lowest must be positive and below --highest. Received: {lowest:g} and {highest:g}")
    from keras_rau.training.learning_rate_finder import search_rate

    found = search_rate(resolved, output, lowest=lowest, highest=highest, steps=steps)
    typer.echo(f"plot: {output / 'learning_rate.png'}")
    if found.suggestion is None:
        typer.echo("the loss falls at none of these rates: try others (--lowest, --highest), or look at loss and data")
        return
    typer.echo(f"suggestion: --set optimizer.learning_rate={found.suggestion:.2g}")

"""keras-rau demo."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import fresh_output


def demo(
    output: Annotated[
        Path | None, typer.Option(help="Folder to write; new or empty. Left out: demo, or the next free demo-2, …")
    ] = None,
    images: Annotated[int, typer.Option(help="How many phantoms to draw.", max=1_000_000)] = 300,
    epochs: Annotated[int, typer.Option(help="Epochs to train.")] = 12,
    image_size: Annotated[int, typer.Option(help="Side of the images in pixels.", max=10_000)] = 128,
) -> None:
    """Draw phantoms, train a small model on them, score it, export it, and write a report: the whole way in minutes."""
    from rich.console import Console

    from keras_rau.training.demo import run_demo

    report = run_demo(output or fresh_output("demo"), images, epochs, image_size, Console(stderr=True))
    typer.echo(f"report: {report}")

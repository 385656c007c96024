"""keras-rau export."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_rau.cli.options import Model, existing_model


def export(
    model: Model,
    format_: Annotated[Literal["saved_model", "tflite"], typer.Option("--format", help="What to write.")],
    output: Annotated[Path, typer.Option(help="Folder (saved_model) or file (tflite) to write.")],
    precision: Annotated[
        Literal["float32", "float16"], typer.Option(help="Of TFLite files; float16 halves the size.")
    ] = "float32",
    image_size: Annotated[int | None, typer.Option(help="Side to fix for a model of any size (tflite).")] = None,
    check_dir: Annotated[
        Path | None, typer.Option(help="Folder of images to compare both models on; 16 phantoms without it.")
    ] = None,
) -> None:
    """Export a trained model and check that it predicts what the Keras model predicts."""
    from rich.console import Console

    from keras_rau import pretrained
    from keras_rau.errors import UsageError
    from keras_rau.export import from_file

    if format_ == "tflite" and output.suffix != ".tflite":
        raise UsageError(f"The file must end in .tflite. Received: --output {output}")
    preset = model in pretrained.names() and not Path(model).exists()
    report = from_file(
        model if preset else existing_model(model),
        format_,
        output,
        precision=precision,
        image_size=image_size,
        check_dir=check_dir,
    )
    console = Console()
    console.print(report.table())
    console.print(
        f"largest difference to Keras {report.max_abs:.2e}, mean Dice {report.dice_mean:.4f} on {report.n_images} images "
        f"(allowed: {report.limits}): {output}",
        soft_wrap=True,
        highlight=False,
    )

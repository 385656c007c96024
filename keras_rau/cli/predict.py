"""keras-rau predict."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import Model, existing_model


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    model: Model,
    output: Annotated[Path, typer.Option(help="Folder for the masks; new or empty.")] = Path("masks"),
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the images with the outline drawn in.")
    ] = False,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
) -> None:
    """Write the lesion mask of every image as a PNG of the image's own size."""
    from rich.console import Console

    from keras_rau.errors import RauError
    from keras_rau.evaluation.prediction import predict_files

    path = existing_model(model)
    failures = predict_files(path, images, output, overlay=overlay, image_size=image_size, console=Console(stderr=True))
    if failures:
        listed = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
        raise RauError(f"{len(failures)} image(s) could not be segmented, the others are in {output}:\n{listed}")
    typer.echo(f"masks: {output}")

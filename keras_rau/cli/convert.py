"""keras-rau convert."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import free_output


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="PyTorch checkpoint (.pth, .pt) of the published code.")],
    model: Annotated[str, typer.Option(help="Preset of the network that it is of, such as pranet or ege_unet.")],
    output: Annotated[Path | None, typer.Option(help="File to write, ending in .keras; NAME.keras without it.")] = None,
    image_size: Annotated[int, typer.Option(help="Side of the images, a multiple of 32.", min=32)] = 256,
    classes: Annotated[int, typer.Option(help="Channels of its mask, as it was trained.", min=1)] = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Argument of the model, such as guidance=false of mfsnet."),
    ] = None,
) -> None:
    """Turn a checkpoint of a published network into a .keras file that computes the same."""
    from keras_rau.errors import RauError, UsageError
    from keras_rau.training.config import parse_setting

    output = Path(f"{model}.keras") if output is None else output
    if output.suffix != ".keras":
        raise UsageError(f"The file must end in .keras. Received: --output {output}")
    free_output(output, "--output")
    try:
        settings = dict(parse_setting(word) for word in set_ or ())
    except RauError as error:
        raise UsageError(str(error)) from error

    from keras_rau import models

    given = {"input_shape": (image_size, image_size, 3), "classes": classes, "conventions": "published", **settings}
    try:
        network = models.from_preset(model, weights=None, **given)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    models.load_published(network, checkpoint)
    output.parent.mkdir(parents=True, exist_ok=True)
    network.save(output)
    typer.echo(f"{output}: {type(network).__name__}, {models.count_parameters(network):,} trainable parameters")

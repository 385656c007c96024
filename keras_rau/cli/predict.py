"""keras-rau predict."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau import pretrained
from keras_rau.cli.options import (
    Augment,
    FillHoles,
    Largest,
    Models,
    Style,
    Threshold,
    Trust,
    existing_model,
    fresh_output,
)

_SPOKEN_OF = 10  # images of which each gets a line


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    model: Models = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for masks and regions.csv; new or empty. Left out: masks, or the next free masks-2, …"
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the images with the outline drawn in.")
    ] = False,
    image_size: Annotated[
        int | None, typer.Option(help="Side the model sees, for a model of any size.", max=10_000)
    ] = None,
    augment: Augment = None,
    threshold: Threshold = None,
    largest: Largest = False,
    fill_holes: FillHoles = False,
    style: Style = None,
    trust: Trust = False,
    bit_depth: Annotated[
        int | None, typer.Option(help="Bits that files of 16 bits use; those of the training, or as the file says.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in --output: what is finished there is not done again.")
    ] = False,
    runner: Annotated[
        str | None, typer.Option(help="Segment on this Beam runner, such as DirectRunner, for very many images.")
    ] = None,
    runner_option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Option of the runner, as Beam names it.")
    ] = None,
) -> None:
    """Write the mask of every image as a PNG of the image's own size, and what was found as regions.csv.

    An image that cannot be segmented is a row with a reason in regions.csv; the others are done, and the status is 1.
    """
    from rich.console import Console

    from keras_rau.csv_text import printable
    from keras_rau.datasets.files import listed
    from keras_rau.errors import RauError, UsageError
    from keras_rau.evaluation.prediction import REGIONS, predict_files, unfinished_output

    if runner_option and runner is None:
        raise UsageError("--runner-option is for a --runner. Received no --runner.")
    models = [existing_model(one) for one in model or [pretrained.DEFAULT]]
    if output is None:
        output = unfinished_output() if resume else fresh_output("masks")
    outcomes = predict_files(
        models,
        images,
        output,
        overlay=overlay,
        console=Console(stderr=True),
        resume=resume,
        runner=runner,
        runner_options=runner_option or (),
        image_size=image_size,
        augment=augment,
        threshold=threshold,
        largest=largest,
        fill_holes=fill_holes,
        style=style,
        trust=trust,
        bit_depth=bit_depth,
    )
    if len(outcomes) <= _SPOKEN_OF:
        for outcome in outcomes:
            for name, region in outcome.regions.items():
                one = len(outcome.regions) == 1
                words = str(region) if one or region.area else "not found"
                typer.echo(f"{output / outcome.masks[name]}: {'' if one else f'{name}: '}{words}")
    empty = sum(bool(outcome.regions) and not outcome.found for outcome in outcomes)
    if empty:
        nothing = "none of the classes" if any(len(outcome.regions) > 1 for outcome in outcomes) else "no lesion"
        typer.echo(f"{nothing} found in {empty} of {len(outcomes)} image(s), see {output / REGIONS}", err=True)
    failures = [outcome for outcome in outcomes if outcome.error]
    if failures:
        lines = [printable(f"{outcome.image}: {' '.join(outcome.error.split())}") for outcome in failures]
        head = f"{len(failures)} image(s) could not be segmented, the others are in {output}, all in {output / REGIONS}"
        raise RauError(listed(head, lines))
    typer.echo(f"masks: {output}")

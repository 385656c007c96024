"""keras-rau predict."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau import pretrained
from keras_rau.cli.options import Augment, FillHoles, Largest, Model, Threshold, Trust, existing_model

_SPOKEN_OF = 10  # images of which each gets a line


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    model: Model = pretrained.DEFAULT,
    output: Annotated[Path, typer.Option(help="Folder for masks and regions.csv; new or empty.")] = Path("masks"),
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the images with the outline drawn in.")
    ] = False,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
    augment: Augment = None,
    threshold: Threshold = None,
    largest: Largest = False,
    fill_holes: FillHoles = False,
    trust: Trust = False,
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
    """Write the lesion mask of every image as a PNG of the image's own size, and what was found as regions.csv."""
    from rich.console import Console

    from keras_rau.errors import RauError, UsageError
    from keras_rau.evaluation.prediction import REGIONS, predict_files

    if runner_option and runner is None:
        raise UsageError("--runner-option is for a --runner. Received no --runner.")
    outcomes = predict_files(
        existing_model(model),
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
        trust=trust,
    )
    if len(outcomes) <= _SPOKEN_OF:
        for outcome in outcomes:
            if outcome.region:
                typer.echo(f"{output / str(outcome.mask)}: {outcome.region}")
    empty = sum(outcome.region is not None and not outcome.region.area for outcome in outcomes)
    if empty:
        typer.echo(f"no lesion found in {empty} of {len(outcomes)} image(s), see {output / REGIONS}", err=True)
    failures = [outcome for outcome in outcomes if outcome.error]
    if failures:
        listed = "\n".join(f"  {outcome.image}: {outcome.error}" for outcome in failures)
        raise RauError(f"{len(failures)} image(s) could not be segmented, the others are in {output}:\n{listed}")
    typer.echo(f"masks: {output}")

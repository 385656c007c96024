"""keras-rau fit-style."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau.cli.options import (
    DataDir,
    Dataset,
    Model,
    SetOptions,
    SourceOptions,
    Trust,
    existing_model,
    free_output,
    source_options,
)


def fit_style(
    model: Model,
    dataset: Dataset,
    data_dir: DataDir,
    output: Annotated[Path, typer.Option(help="Style file to write, such as style.json; must not exist.")],
    margin: Annotated[
        float | None, typer.Option(help="By how much the cross-validated Dice must rise; 0.005 without it.")
    ] = None,
    penalty: Annotated[
        float | None, typer.Option(help="How strongly the fit is held near the default; 0.05 without it.")
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
    trust: Trust = False,
    option: SourceOptions = None,
    set_: SetOptions = None,
) -> None:
    """Fit an outline style to 10 to 20 outlined images of yours, for --style of predict, evaluate and export.

    Nothing is written, with status 0, where the default outlines fit as well.
    """
    from rich.console import Console

    from keras_rau.evaluation import fit_style as fit
    from keras_rau.evaluation.chosen_samples import chosen_samples
    from keras_rau.evaluation.style_fit import MARGIN, PENALTY
    from keras_rau.export import Predictor

    path = existing_model(model)
    free_output(output, "--output")
    console = Console(stderr=True)
    samples = chosen_samples(path, dataset, data_dir, None, source_options(option, set_), console=console)
    predictor = Predictor(path, image_size=image_size, trust=trust)
    found = fit(
        predictor,
        samples,
        margin=MARGIN if margin is None else margin,
        penalty=PENALTY if penalty is None else penalty,
        console=console,
    )
    if found.accepted:
        found.write(output)
        typer.echo(f"{output}: {found}")
    else:
        typer.echo(f"nothing written: {found}")

"""keras-rau evaluate."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_rau.cli.options import DataDir, Dataset, Model, existing_model


def evaluate(
    model: Model,
    dataset: Dataset,
    data_dir: DataDir,
    split: Annotated[
        Literal["all", "train", "val", "test"], typer.Option(help="Which of the sets the model was trained with.")
    ] = "all",
    json_: Annotated[Path | None, typer.Option("--json", help="Write the scores to this file.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the scores of every image to this file.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
) -> None:
    """Score a model per image at the masks' own size."""
    from rich.console import Console

    from keras_rau.evaluation import evaluate_file, table, write_csv, write_json

    path = existing_model(model)
    rows, result = evaluate_file(
        path, dataset, data_dir, split=split, image_size=image_size, console=Console(stderr=True)
    )
    if csv is not None:
        write_csv(rows, csv)
    if json_ is not None:
        write_json(result, json_)
    Console().print(table(result))

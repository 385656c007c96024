"""keras-rau evaluate."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_rau.cli.options import (
    Augment,
    DataDir,
    Dataset,
    FillHoles,
    Largest,
    Model,
    SourceOptions,
    Threshold,
    Trust,
    existing_model,
    source_options,
)


def evaluate(
    model: Model,
    dataset: Dataset,
    data_dir: DataDir,
    split: Annotated[
        Literal["all", "train", "val", "test"] | None,
        typer.Option(help="Which of the sets the model was trained with. Left out: all, if none was trained on."),
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write the scores to this file.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the scores of every image to this file.")] = None,
    surface: Annotated[
        bool, typer.Option("--surface", help="Also score the outline: HD95, ASSD, boundary IoU, surface Dice.")
    ] = False,
    spacing: Annotated[
        float | None, typer.Option(metavar="MM", help="Millimetres per pixel, for distances in mm.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Also score groups: lesion_size, source, or a column of the metadata."),
    ] = None,
    worst: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw the ten worst images into this folder; new or empty.")
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
    augment: Augment = None,
    threshold: Threshold = None,
    largest: Largest = False,
    fill_holes: FillHoles = False,
    trust: Trust = False,
    find_threshold: Annotated[
        bool, typer.Option("--find-threshold", help="Also score other thresholds; choose by --split val, not by test.")
    ] = False,
    option: SourceOptions = None,
) -> None:
    """Score a model per image at the masks' own size."""
    from rich.console import Console

    from keras_rau.errors import UsageError
    from keras_rau.evaluation import breakdown_table, evaluate_file, table, threshold_table, write_csv, write_json
    from keras_rau.evaluation.score_files import writable

    if spacing is not None and not (surface and 0 < spacing < float("inf")):
        raise UsageError(f"--spacing must be positive and is for --surface. Received: --spacing {spacing}")
    if find_threshold and threshold is not None:
        raise UsageError("--find-threshold looks for what --threshold sets: leave one of them out.")
    for file in (csv, json_):
        if file is not None:
            writable(file)
    path = existing_model(model)
    rows, result = evaluate_file(
        path,
        dataset,
        data_dir,
        split=split,
        image_size=image_size,
        augment=augment,
        threshold=threshold,
        largest=largest,
        fill_holes=fill_holes,
        trust=trust,
        find_threshold=find_threshold,
        console=Console(stderr=True),
        surface=surface,
        spacing=spacing,
        by=by or (),
        worst=worst,
        options=source_options(option),
    )
    if csv is not None:
        write_csv(rows, csv)
    if json_ is not None:
        write_json(result, json_)
    console = Console()
    console.print(table(result))
    if find_threshold:
        console.print(threshold_table(result))
    for column, groups in result.get("by", {}).items():
        console.print(breakdown_table(column, groups))
    if worst is not None:
        typer.echo(f"worst images: {worst}")

"""keras-rau evaluate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_rau.cli.options import (
    Augment,
    DataDir,
    Dataset,
    FillHoles,
    Largest,
    Models,
    SetOptions,
    SourceOptions,
    Style,
    Threshold,
    Trust,
    existing_model,
    source_options,
)


def evaluate(
    dataset: Dataset,
    data_dir: DataDir,
    model: Models = None,
    masks: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Score the mask files in this folder instead of a model, one for each image."),
    ] = None,
    split: Annotated[
        Literal["all", "train", "val", "test"] | None,
        typer.Option(help="Which of the sets the model was trained with. Left out: all, if none was trained on."),
    ] = None,
    split_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --masks: folder of the lists that --split names, such as run/split."),
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
    style_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Score by who or what drew the outline, such as tool: also the best threshold of each, and the model's own "
            "map of that outline style if it has one.",
        ),
    ] = None,
    style_value: Annotated[
        list[str] | None,
        typer.Option(metavar="VALUE=STYLE", help="Outline style of a value of --style-column, such as T2=tight."),
    ] = None,
    worst: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw the ten worst images into this folder; new or empty.")
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Side the model sees, for a model of any size.", max=10_000)
    ] = None,
    augment: Augment = None,
    threshold: Threshold = None,
    largest: Largest = False,
    fill_holes: FillHoles = False,
    style: Style = None,
    trust: Trust = False,
    find_threshold: Annotated[
        bool, typer.Option("--find-threshold", help="Also score other thresholds; choose by --split val, not by test.")
    ] = False,
    option: SourceOptions = None,
    set_: SetOptions = None,
) -> None:
    """Score a model, several together, or a folder of masks, per image at the masks' own size.

    The data options of a run count for the data set that it was trained on; --option changes one.
    """
    from rich.console import Console

    from keras_rau.errors import DataError, UsageError
    from keras_rau.evaluation import (
        IncompleteScores,
        breakdown_table,
        evaluate_file,
        evaluate_folder,
        style_table,
        table,
        threshold_table,
        write_csv,
        write_json,
    )
    from keras_rau.evaluation.score_files import writable

    if (masks is None) == (not model):
        raise UsageError("Name either --model, once or for each of several, or --masks.")
    if split_dir is not None and masks is None:
        raise UsageError("--split-dir is for --masks: a model knows its own lists.")
    of_model = {
        "--image-size": image_size,
        "--augment": augment,
        "--threshold": threshold,
        "--largest": largest,
        "--fill-holes": fill_holes,
        "--style": style,
        "--find-threshold": find_threshold,
        "--worst": worst,
        "--style-column": style_column,
        "--style-value": style_value,
    }
    if masks is not None and (unfit := [name for name, value in of_model.items() if value]):
        raise UsageError(f"{', '.join(unfit)} is for --model: masks are scored as they are.")
    if spacing is not None and not (surface and 0 < spacing < float("inf")):
        raise UsageError(f"--spacing must be positive and is for --surface. Received: --spacing {spacing}")
    if find_threshold and threshold is not None:
        raise UsageError("--find-threshold looks for what --threshold sets: leave one of them out.")
    for file in (csv, json_):
        if file is not None:
            writable(file)
    shared = {
        "split": split,
        "console": Console(stderr=True),
        "surface": surface,
        "spacing": spacing,
        "by": by or (),
        "options": source_options(option, set_),
    }
    try:
        if masks is not None:
            rows, result = evaluate_folder(masks, dataset, data_dir, split_dir=split_dir, **shared)
        else:
            rows, result = evaluate_file(
                [existing_model(one) for one in model or ()],
                dataset,
                data_dir,
                image_size=image_size,
                augment=augment,
                threshold=threshold,
                largest=largest,
                fill_holes=fill_holes,
                style=style,
                trust=trust,
                find_threshold=find_threshold,
                worst=worst,
                style_column=style_column,
                style_values=_values(style_value or ()),
                **shared,
            )
    except IncompleteScores as error:
        if csv is None or not error.rows:
            raise
        write_csv(error.rows, csv)
        raise DataError(f"{error}\nThe scores of the other {len(error.rows)} images are in {csv}.") from error
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
    for column, groups in result.get("by_style", {}).items():
        console.print(style_table(column, groups))
    if worst is not None:
        typer.echo(f"worst images: {worst}")


def _values(words: Sequence[str]) -> dict[str, str]:
    """Return outline styles by value, from words VALUE=STYLE."""
    from keras_rau.errors import UsageError

    found = {}
    for word in words:
        value, equals, style = word.rpartition("=")
        if not (value and equals and style):
            raise UsageError(
                f"An outline style of a value is written VALUE=STYLE, such as T2=tight. Received: {word!r}"
            )
        found[value] = style
    return found

"""keras-rau compare."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    a: Annotated[Path, typer.Argument(help="Scores per image of one model: a CSV of `evaluate`, or a run directory.")],
    b: Annotated[Path, typer.Argument(help="Those of the other, on the same images.")],
    score: Annotated[str, typer.Option(help="Which score to compare.")] = "dice",
    json_: Annotated[Path | None, typer.Option("--json", help="Write the comparison to this file.")] = None,
) -> None:
    """Compare two models image by image: is the difference more than chance?"""
    from rich.console import Console

    from keras_rau.evaluation import compare_scores, comparison_table, read_csv, write_json

    result = {"a": str(a), "b": str(b), **compare_scores(read_csv(a), read_csv(b), score)}
    if json_ is not None:
        write_json(result, json_)
    Console().print(comparison_table(result))

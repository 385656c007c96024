"""keras-rau compare."""

from pathlib import Path
from typing import Annotated, Any

import typer


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN RUN...", help="Run directories, or CSV files of `evaluate`; the first is compared with."
        ),
    ],
    score: Annotated[str, typer.Option(help="Which score to compare.")] = "dice",
    common: Annotated[
        bool, typer.Option("--common", help="Compare the images that all have scores of, if others differ.")
    ] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="Write the comparison to this file.")] = None,
) -> None:
    """Compare trainings: which settings differ, and are the differences of the scores more than chance?"""
    from rich.console import Console

    from keras_rau.evaluation import compare_runs, write_json
    from keras_rau.evaluation.run_tables import run_tables

    console = Console()
    if len(runs) == 2 and not common and not any(path.is_dir() for path in runs):
        result = _compare_tables(*runs, score, console)
    else:
        result = compare_runs(runs, score, common)
        for table in run_tables(result):
            console.print(table)
        _remark(result)
    if json_ is not None:
        write_json(result, json_)


def _compare_tables(a: Path, b: Path, score: str, console: Any) -> dict[str, Any]:
    from keras_rau.evaluation import compare_scores, comparison_table, read_csv

    result = {"a": str(a), "b": str(b), **compare_scores(read_csv(a), read_csv(b), score)}
    console.print(comparison_table(result))
    return result


def _remark(result: dict[str, Any]) -> None:
    if result["left_out"]:
        typer.echo(f"{result['left_out']} image(s) that not all have scores of are left out")
    for run in result["without_scores"]:
        typer.echo(f"{run} has no scores yet: its training is not finished")
    if not result["config"] and any(Path(run["path"]).is_dir() for run in result["runs"]):
        typer.echo("the settings are the same")

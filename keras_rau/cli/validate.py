"""keras-rau validate."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_rau.cli.options import (
    DataDir,
    Dataset,
    SetOptions,
    SourceOptions,
    free_output,
    fresh_output,
    named_folder,
    source_options,
)

if TYPE_CHECKING:
    from keras_rau.datasets import Validation

_LINES_PER_KIND = 3


def validate(
    dataset: Dataset,
    data_dir: DataDir,
    against: Annotated[
        str | None,
        typer.Option(metavar="SCHEMA", help="Schema to hold the images against: a source's name or a file."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html and its files here; new or empty.")
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Write the report into the folder report, or the next free report-2, ….")
    ] = False,
    split_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with train.txt, val.txt and test.txt to check.")
    ] = None,
    official_split: Annotated[
        bool, typer.Option("--official-split", help="Check the sets the source comes with; refused if it has none.")
    ] = False,
    compare_with: Annotated[
        str | None, typer.Option(metavar="NAME=DIR", help="Another source to compare with, such as ph2=PH2Dataset.")
    ] = None,
    write_schema: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Infer a schema from these images and write it.")
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write everything found to this file.")] = None,
    runner: Annotated[
        str | None, typer.Option(help="Measure on this Beam runner, such as DirectRunner, instead of threads.")
    ] = None,
    runner_option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Option of the runner, as Beam names it.")
    ] = None,
    no_tfdv: Annotated[bool, typer.Option("--no-tfdv", help="Leave out statistics, schema, drift and skew.")] = False,
    option: SourceOptions = None,
    set_: SetOptions = None,
) -> None:
    """Look at every image and mask of a data set; the exit status is 3 when something is wrong."""
    from rich.console import Console

    from keras_rau.datasets import validate as run_validation
    from keras_rau.datasets.validation.statistics import MISSING, tfdv_installed
    from keras_rau.errors import RauError, UsageError

    if split_dir is not None and official_split:
        raise UsageError("Name either --split-dir or --official-split.")
    if runner_option and runner is None:
        raise UsageError("--runner-option is for a --runner. Received no --runner.")
    if no_tfdv and (against is not None or compare_with is not None or write_schema is not None):
        raise UsageError("--against, --compare-with and --write-schema need TFDV: leave out --no-tfdv.")
    if write_schema is not None and not tfdv_installed():
        raise RauError(MISSING)
    if page and report is not None:
        raise UsageError(
            "--page writes the report into a fresh folder, --report into a named one: leave one of them out."
        )
    if page:
        report = fresh_output("report")
    _check_outputs(report, json_, write_schema)
    with _progress() as progress:
        result = run_validation(
            dataset,
            data_dir,
            options=source_options(option, set_),
            split=_split(split_dir, official_split),
            against=against,
            compare_with=None if compare_with is None else named_folder(compare_with),
            use_tfdv=not no_tfdv,
            runner=runner,
            runner_options=runner_option or (),
            progress=progress,
        )
    if write_schema is not None:
        _write_schema(result, write_schema)
    if json_ is not None:
        from keras_rau.evaluation import write_json

        write_json(result.to_dict(), json_)
    _print(result, Console())
    if report is not None:
        from keras_rau.datasets.validation import write_report

        typer.echo(f"report: {write_report(result, report)}")
    if not result.clean:
        raise typer.Exit(3)


def _check_outputs(report: Path | None, *files: Path | None) -> None:
    """Measuring takes minutes: what cannot be written is found before."""
    from keras_rau.errors import RauError
    from keras_rau.evaluation.score_files import writable

    for file in files:
        if file is not None:
            writable(file)
    if report is None:
        return
    free_output(report, "--report")
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RauError(f"Cannot write the report into {report}: {error.strerror}.") from error


def _split(folder: Path | None, official: bool) -> Callable[[list[Any]], Mapping[str, Any]] | None:
    from keras_rau import datasets
    from keras_rau.datasets.splitting.split_files import read_lists

    if folder is not None:
        # What the lists say of the images is a finding; whether there are lists is known now.
        read_lists(folder)
        return lambda samples: datasets.apply_split(datasets.read_split(folder), samples, f"the lists in {folder}")
    if official:
        return lambda samples: dict(zip(("train", "val", "test"), datasets.split(samples, official=True), strict=True))
    return None


def _progress() -> Any:
    """A bar on standard error for each step, as `validate` reports it."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def shown() -> Any:
        with Progress(console=Console(stderr=True), transient=True) as bars:
            tasks: dict[str, Any] = {}

            def report(step: str, done: int, total: int) -> None:
                if step not in tasks or bars.tasks[tasks[step]].total != total:
                    tasks[step] = bars.add_task(step, total=total)
                bars.update(tasks[step], completed=done)

            yield report

    return shown()


def _write_schema(result: "Validation", path: Path) -> None:
    from keras_rau.datasets.validation.schemas import infer_schema
    from keras_rau.datasets.validation.schemas import write_schema as write
    from keras_rau.errors import DataError

    if not result.rows:
        raise DataError(f"There are no images in {result.root} to infer a schema from.")
    write(infer_schema(result.statistics["all"], result.rows), path)
    typer.echo(f"schema: {path}")


def _print(result: "Validation", console: Any) -> None:
    """Counts by kind, the first lines of each, and what to do."""
    from keras_rau.datasets.findings import remedies

    counts = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in result.counts().items())
    colours = {"error": "red", "warning": "yellow", "note": "blue"}
    console.print(f"{result.dataset}: {len(result.rows)} images, {counts}", highlight=False)
    for kind, found in result.by_kind().items():
        severity = found[0].severity
        console.print(f"[{colours[severity]}]{severity}[/] {kind} ({len(found)})", highlight=False)
        for finding in found[:_LINES_PER_KIND]:
            console.print(f"  {finding.message}", highlight=False, markup=False, soft_wrap=True)
        if len(found) > _LINES_PER_KIND:
            console.print(f"  … and {len(found) - _LINES_PER_KIND} more", highlight=False)
        for remedy in remedies(found):
            console.print(f"  {remedy}", highlight=False, markup=False, soft_wrap=True)
    for name, found in result.classes.items():
        line = f"class {name}: in {found['images']} images, {found['share']:.1%} of the pixels"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for remark in result.remarks:
        console.print(remark, highlight=False, markup=False, soft_wrap=True)

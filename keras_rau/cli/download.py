"""keras-rau download."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from keras_rau.datasets.downloading.state import Plan


def download(
    dataset: Annotated[str, typer.Option(help="isic2016, isic2017 or isic2018; ph2 and ham10000 say where to ask.")],
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to fill (required).", show_default=False)
    ] = None,
    parts: Annotated[
        str | None,
        typer.Option(metavar="PARTS", help="Only these of training,validation,test.", show_default=False),
    ] = None,
    keep_archives: Annotated[
        bool, typer.Option("--keep-archives", help="Leave the zip files beside the folders.")
    ] = False,
    checksums: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Refuse files that differ from the sums in this file.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another server; year and file name are added.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files, their sizes and addresses.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the download starts.")] = False,
) -> None:
    """Fetch the official archives of a data set; an interrupted download goes on where it stopped."""
    from rich.console import Console

    from keras_rau.datasets.downloading.archives import BASE_URL, LICENSES, archives
    from keras_rau.datasets.downloading.run import carry_out
    from keras_rau.datasets.downloading.state import plan
    from keras_rau.errors import UsageError
    from keras_rau.files import readable

    names = None if parts is None else [part.strip() for part in parts.split(",") if part.strip()]
    archives(dataset, names)
    if output is None:
        raise UsageError("Name the folder to fill: --output DIR")
    console = Console(stderr=True)
    todo = plan(dataset, output, names, base_url or BASE_URL, tolerant=dry_run)
    if dry_run:
        _list(todo, keep_archives)
        return
    _say(console, f"license: {LICENSES[dataset]}")
    if todo.to_do and not yes:
        fetched, room = readable(sum(step.missing for step in todo.to_do)), readable(todo.room(keep_archives))
        if not sys.stdin.isatty():
            raise UsageError(
                f"This fetches {fetched} and needs {room} in {output}. Say --yes, because nobody can be asked."
            )
        typer.confirm(f"Fetch {fetched} into {output} (needs {room} there)?", default=True, abort=True, err=True)
    bar = _bar(console)
    tasks: dict[str, int] = {}

    def show(label: str, done: int, size: int | None) -> None:
        if label not in tasks:
            tasks[label] = bar.add_task(label, total=size)
        bar.update(tasks[label], completed=done, total=size, visible=done != size)

    try:
        with bar:
            carry_out(
                todo,
                keep_archives=keep_archives,
                checksums=checksums,
                progress=show,
                say=lambda line: _say(bar.console, line),
            )
    except KeyboardInterrupt:
        _say(console, f"stopped: what has arrived is kept in {output}. Run the same command again to go on.")
        raise typer.Exit(130) from None
    typer.echo(f"{dataset}: {output}")


def _say(console: "Console", line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _bar(console: "Console") -> "Progress":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _list(todo: "Plan", keep_archives: bool) -> None:
    from keras_rau.files import readable

    for step in todo.steps:
        size = "size unknown" if step.size is None else readable(step.size)
        asked = "" if step.remote is not None or step.complete or step.size is None else "about "
        state = step.complete or ("packed archive is there" if step.remote is None and not step.trouble else "to fetch")
        typer.echo(f"{step.archive.file}  {asked}{size}  {state}  {step.url}")
    for line in dict.fromkeys(step.trouble for step in todo.steps if step.trouble):
        typer.echo(f"sizes not asked for: {line}", err=True)
    if todo.to_do and not any(step.trouble for step in todo.steps):
        missing = readable(sum(step.missing for step in todo.to_do))
        typer.echo(f"to fetch: {missing}; room needed: about {readable(todo.room(keep_archives))}")

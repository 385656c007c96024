"""A study from its design to its page, each training in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.errors import RauError
from keras_rau.evaluation import write_json
from keras_rau.evaluation.score_files import writable
from keras_rau.files import write_text
from keras_rau.study.cells import Cell
from keras_rau.study.design import Design
from keras_rau.study.plots import write_plots
from keras_rau.study.results import collect, collect_transfer, command_line
from keras_rau.study.tables import latex, long_csv, markdown
from keras_rau.training.building.model import checked_loss
from keras_rau.training.runs.interruption import Signals

# A seed needs a fresh TensorFlow, and memory is given back.
_COMMAND = [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", "train"]

Launch = Callable[[Cell, dict[str, str]], Any]


def run_study(
    design: Design,
    output: Path,
    console: Console,
    jobs: int = 1,
    report_only: bool = False,
    words: Sequence[str] = (),
    launch: Launch | None = None,
) -> dict[str, Any]:
    """Train what is not trained yet, score the checkpoints, write tables and plots.

    Args:
        design: the study.
        output: folder; `<study>-<data sets>/` in it gets `table.md`, `table.csv`, `table.tex`, `results.json` and plots.
        console: where progress goes.
        jobs: trainings at once.
        report_only: train and measure nothing; report what is finished.
        words: of the command line that asked for it, for the captions.
        launch: starts the process of a training; for tests.

    Returns:
        The content of `results.json`.

    Raises:
        RauError: a training failed (the tables of the others are written), or nothing is finished.
        UsageError: a name of a model or loss is unknown, or an argument of a loss is.
        Interruption: SIGINT or SIGTERM came while models were trained; they have saved their state.

    Example:
        >>> source = Source("ph2", Path("PH2Dataset"), epochs=(20, 40))
        >>> design = design_study("losses", Grid(Path("study/cells"), (0,), "rau_net_nano"), source, losses=["bce", "dice"])
        >>> run_study(design, Path("study"), Console())["rows"][0]["chosen"]["dice"]
    """
    folder = output / "-".join([design.name, *(source.dataset for source in design.sources)])
    for cell in design.cells:
        checked_loss(cell.config)
    if not report_only:
        writable(folder / "table.md")
        writable(design.cells[0].path.with_name(f"{design.cells[0].name}.yaml"))
    failed = [] if report_only else run_cells(design.cells, jobs, console, launch)
    unfinished = [cell.name for cell in design.cells if not cell.finished]
    if design.file.transfer and unfinished:
        raise RauError(f"The {design.name} study needs both trainings. Not finished: {', '.join(unfinished)}")
    if len(unfinished) == len(design.cells):
        raise RauError(f"No training of this study is finished in {design.cells[0].path.parent}.")
    if design.file.transfer:
        results, scores = collect_transfer(design, console)
    else:
        results, scores = collect(design, console, measure=not report_only)
    if not results["rows"]:
        raise RauError(f"No line of the table has all its seeds yet. Not finished: {', '.join(unfinished)}")
    results = {"command": command_line(words) if words else None, **results}
    write_json(results, folder / "results.json")
    (folder / "table.csv").write_text(long_csv(results))
    (folder / "table.tex").write_text(latex(results))
    plots = write_plots(design, results, scores, folder)
    (folder / "table.md").write_text(markdown(results, plots))
    console.print(f"written: {folder / 'table.md'}", highlight=False, soft_wrap=True)
    if failed:
        raise RauError(
            f"{len(failed)} training(s) failed: {', '.join(cell.name for cell in failed)}. Their logs say why."
        )
    return results


def run_cells(cells: Sequence[Cell], jobs: int, console: Console, launch: Launch | None = None) -> list[Cell]:
    """Train the cells that are not finished, and go on with those that were stopped.

    Args:
        cells: trainings; those that several studies share are trained once.
        jobs: how many at once; each gets its share of the processor's cores.
        console: where progress goes.
        launch: starts the process of a cell; for tests.

    Returns:
        The cells that failed; what they wrote is in `<name>.log` beside the run directory.

    Raises:
        Interruption: SIGINT or SIGTERM came; the running cells have saved their state.
    """
    launch = launch or _start
    wanted = {cell.name: cell for cell in cells}
    waiting, failed = [cell for cell in wanted.values() if not cell.finished], []
    console.print(f"{len(wanted) - len(waiting)} of {len(wanted)} trainings are finished", highlight=False)
    threads = str(max((os.cpu_count() or 1) // jobs, 1))
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}
    running: dict[str, tuple[Cell, Any]] = {}
    try:
        with Signals():
            while waiting or running:
                while waiting and len(running) < jobs:
                    cell = waiting.pop(0)
                    running[cell.name] = cell, launch(cell, environment)
                    console.print(f"{cell.name}: started", highlight=False)
                time.sleep(0.05)
                for cell, process in list(running.values()):
                    status = process.poll()
                    if status is None:
                        continue
                    del running[cell.name]
                    if status:
                        failed.append(cell)
                        console.print(f"{cell.name}: failed, see {_log(cell)}", highlight=False, soft_wrap=True)
                    else:
                        console.print(f"{cell.name}: done, {len(waiting) + len(running)} to go", highlight=False)
    except BaseException:
        # Whatever stops us: nothing is left running without its study.
        console.print(f"stopping, {len(running)} training(s) save their state after the current step", highlight=False)
        for _, process in running.values():
            with contextlib.suppress(ProcessLookupError):
                # What a shell starts in the background may ignore SIGINT.
                process.send_signal(signal.SIGTERM)
        for _, process in running.values():
            process.wait()
        raise
    return failed


def _log(cell: Cell) -> Path:
    return cell.path.with_name(f"{cell.name}.log")


def _start(cell: Cell, environment: dict[str, str]) -> subprocess.Popen:
    settings = cell.path.with_name(f"{cell.name}.yaml")
    write_text(settings, cell.config.to_yaml())
    with _log(cell).open("a") as log:
        # In a group of its own: an interruption of the study reaches it once, through us.
        return subprocess.Popen(
            [*_COMMAND, str(settings), "--output", str(cell.path), "--resume"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )

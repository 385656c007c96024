"""Running cells, each in a process of its own."""

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

from keras_rau.files import write_text
from keras_rau.study.cells import Cell
from keras_rau.training.runs.interruption import Signals

# A seed needs a fresh TensorFlow, and memory is given back.
_COMMAND = [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", "train"]

Launch = Callable[[Cell, dict[str, str]], Any]


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

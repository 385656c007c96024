"""Running cells, each in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.training.study.cells import Cell

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
        KeyboardInterrupt: the user stopped it; the running cells have saved their state.
    """
    launch = launch or _start
    waiting = [cell for cell in {cell.name: cell for cell in cells}.values() if not cell.finished]
    total, failed = len(waiting), []
    console.print(f"{len(cells) - total} of {len(cells)} trainings are finished", highlight=False)
    threads = str(max((os.cpu_count() or 1) // jobs, 1))
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}
    running: dict[str, tuple[Cell, Any]] = {}
    try:
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
    except KeyboardInterrupt:
        for _, process in running.values():
            process.send_signal(signal.SIGINT)
        for _, process in running.values():
            process.wait()
        raise
    return failed


def _log(cell: Cell) -> Path:
    return cell.path.with_name(f"{cell.name}.log")


def _start(cell: Cell, environment: dict[str, str]) -> subprocess.Popen:
    cell.path.parent.mkdir(parents=True, exist_ok=True)
    settings = cell.path.with_name(f"{cell.name}.yaml")
    settings.write_text(cell.config.to_yaml())
    # In a group of its own: an interruption of the study reaches it once, through us.
    return subprocess.Popen(
        [*_COMMAND, str(settings), "--output", str(cell.path), "--resume"],
        stdout=_log(cell).open("a"),
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )

"""A study from its design to its page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.errors import RauError
from keras_rau.evaluation import write_json
from keras_rau.evaluation.score_files import writable
from keras_rau.study.design import Design
from keras_rau.study.plots import write_plots
from keras_rau.study.results import collect, collect_transfer, command_line
from keras_rau.study.running import Launch, run_cells
from keras_rau.study.tables import latex, long_csv, markdown
from keras_rau.training.building.model import checked_loss


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

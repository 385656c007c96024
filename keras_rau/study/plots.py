"""The plots of a study."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.evaluation.figures import new_figure
from keras_rau.study.costs import latency, pareto
from keras_rau.study.design import Design
from keras_rau.study.scores import Rows
from keras_rau.training.runs.history import read_history

_COLOURS = ("#1f6f8b", "#d1495b", "#edae49", "#66a182", "#2e4057", "#8d6a9f", "#7a7a7a")
_MARKERS = ("o", "s", "^", "D", "v")
_LINES = ("-", "--", ":", "-.", (0, (1, 3)))
_FEW = len(_COLOURS)  # rows whose legend finds a place inside of the axes


def write_plots(design: Design, results: dict[str, Any], scores: dict[str, Rows], folder: Path) -> list[str]:
    """Dice over epochs, box plots per image, paired differences.

    Returns:
        Names of the files written.

    Raises:
        RauError: matplotlib is not installed.
    """
    names = []
    figures = {
        "dice_over_epochs.png": (_over_epochs, not design.file.transfer),
        "dice_per_image.png": (_boxes, True),
        "paired_differences.png": (_differences, bool(results["differences"])),
        "dice_over_latency.png": (_over_latency, any("cost" in row for row in results["rows"])),
    }
    for name, (draw, wanted) in figures.items():
        if not wanted:
            continue
        figure = new_figure("The plots of a study need", (8, max(4.2, 1.5 + 0.26 * len(results["rows"]))))
        axes = figure.subplots()
        draw(axes, design, results, scores)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(folder / name, dpi=130)
        names.append(name)
    return names


def _over_epochs(axes: Any, design: Design, results: dict[str, Any], scores: dict[str, Rows]) -> None:
    for number, row in enumerate(row for row in design.rows if row.label in scores):
        colour, marker, dashes = _style(number)
        histories = [read_history(cell.run.history) for cell in row.cells]
        length = design.sources[0].epochs[-1]
        # The metrics of a training may be others.
        if all("val_dice" in one for history in histories for one in history):
            mean = np.mean([[one["val_dice"] for one in history] for history in histories], axis=0)
            axes.plot(range(1, length + 1), mean, linestyle=dashes, color=colour, linewidth=1.2)
        (line,) = (one for one in results["rows"] if one["label"] == row.label)
        for epoch, summary in line["at"].items():
            low, high = summary["ci95"]["dice"]
            label = row.label if epoch == next(iter(line["at"])) else None
            # Beside each other, so that the intervals can be told apart.
            place = int(epoch) + length / 125 * (number - len(scores) / 2)
            axes.errorbar(
                place,
                summary["dice"],
                [[summary["dice"] - low], [high - summary["dice"]]],
                color=colour,
                fmt=marker,
                ms=4,
                capsize=2,
                label=label,
            )
    axes.set(xlabel="epoch", ylabel="Dice", title="validation images (lines), test images (points, 95 % intervals)")
    bottom = min(summary["ci95"]["dice"][0] for line in results["rows"] for summary in line["at"].values())
    axes.set_ylim(max(bottom - 0.1, 0), None)
    axes.grid(alpha=0.3)
    _legend(axes, len(scores))


def _style(number: int) -> tuple[str, str, Any]:
    """Colour, marker and dashes of a row, the same in all plots."""
    again, place = divmod(number, len(_COLOURS))
    return _COLOURS[place], _MARKERS[again % len(_MARKERS)], _LINES[again % len(_LINES)]


def _legend(axes: Any, rows: int) -> None:
    if rows > _FEW:
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    else:
        axes.legend(frameon=False, loc="lower right")


def _boxes(axes: Any, design: Design, results: dict[str, Any], scores: dict[str, Rows]) -> None:
    del design, results
    values = [[row["dice"] for row in rows] for rows in scores.values()]
    # The argument was renamed in matplotlib 3.10; that for labels in 3.9, which is why they are ticks.
    renamed = "orientation" in inspect.signature(axes.boxplot).parameters
    lying: dict[str, Any] = {"orientation": "horizontal"} if renamed else {"vert": False}
    axes.boxplot(values, widths=0.6, flierprops={"marker": ".", "markersize": 3, "alpha": 0.5}, showmeans=True, **lying)
    axes.set_yticks(range(1, len(scores) + 1), list(scores))
    axes.invert_yaxis()
    axes.set(xlabel="Dice per test image (triangle: mean)")
    axes.grid(axis="x", alpha=0.3)


def _over_latency(axes: Any, design: Design, results: dict[str, Any], scores: dict[str, Rows]) -> None:
    del scores
    points = {row["label"]: (latency(row)["ratio"], row["chosen"]["dice"]) for row in results["rows"] if "cost" in row}
    front = pareto(points)
    corners = zip(*(points[label] for label in front), strict=True)
    axes.step(*corners, where="post", color="#b0b0b0", label="no other is as fast and as good")
    for label in front:
        # Where no point of the front can be: above it to the left, or, at the edge of the plot, below it to the right.
        across, offset = ("left", (5, -10)) if label == front[0] else ("right", (-5, 5))
        axes.annotate(label, points[label], xytext=offset, textcoords="offset points", fontsize=7, ha=across)
    for number, row in enumerate(results["rows"]):
        if row["label"] not in points:
            continue
        ratio, dice = points[row["label"]]
        low, high = row["chosen"]["ci95"]["dice"]
        colour, marker, _ = _style(number)
        spread = [[dice - low], [high - dice]]
        axes.errorbar(
            ratio, dice, spread, fmt=marker, color=colour, ms=5, capsize=2, elinewidth=0.7, label=row["label"]
        )
    axes.set_xscale("log", subs=(2, 3, 5))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    axes.set(
        xlabel=f"time for one image as float32 TFLite on two threads, that of {design.reference} = 1",
        ylabel="Dice, test images (95 % intervals)",
    )
    axes.grid(alpha=0.3, which="both")
    _legend(axes, len(points))


def _differences(axes: Any, design: Design, results: dict[str, Any], scores: dict[str, Rows]) -> None:
    del scores
    for place, one in enumerate(results["differences"].values()):
        low, high = (100 * value for value in one["ci95"])
        middle = 100 * one["difference"]
        axes.errorbar(middle, place, xerr=[[middle - low], [high - middle]], fmt="o", color=_COLOURS[0], capsize=3)
    axes.axvline(0, color=_COLOURS[-1], linewidth=1)
    axes.set_yticks(range(len(results["differences"])), list(results["differences"]))
    against = "the model trained there" if design.file.transfer else design.reference
    axes.set(xlabel=f"Dice points against {against}\n(mean over images with 95 % interval)")
    axes.set_ylim(len(results["differences"]) - 0.3, -0.7)
    axes.grid(axis="x", alpha=0.3)

"""Figures of matplotlib, which is an extra."""

from pathlib import Path
from typing import Any

from keras_rau.errors import RauError


def new_figure(purpose: str, size: tuple[float, float]) -> Any:
    """An empty `matplotlib.figure.Figure`, drawn without a display.

    Args:
        purpose: beginning of the error message, such as `"Learning curves need"`.
        size: width and height in inches.

    Raises:
        RauError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RauError(f"{purpose} matplotlib: pip install 'keras-rau[plots]'.") from error
    return Figure(figsize=size, layout="constrained")


def plot_curves(history: list[dict[str, Any]], path: Path, score: str = "dice", best_epoch: int | None = None) -> None:
    """Plot the loss and a score of training and validation over epochs.

    Args:
        history: one row per epoch.
        path: image file to write.
        score: name of the score in `history`, without `val_`.
        best_epoch: epoch to mark, counted from 1.

    Raises:
        RauError: matplotlib is not installed.
    """
    figure = new_figure("Learning curves need", (9, 3.6))
    epochs = [row["epoch"] + 1 for row in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", score), strict=True):
        for key, style, who in ((name, "--", "training"), (f"val_{name}", "-", "validation")):
            if all(key in row for row in history):
                axes.plot(epochs, [row[key] for row in history], style, label=who, color="#1f6f8b", marker=".")
        axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if best_epoch is not None:
            axes.axvline(best_epoch, color="#d1495b", linewidth=1)
        if name != "loss" and best_epoch is not None and f"val_{name}" in history[best_epoch - 1]:
            axes.set_title(f"best epoch {best_epoch}: {history[best_epoch - 1][f'val_{name}']:.4f}", fontsize=10)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False)
    figure.savefig(path, dpi=130)

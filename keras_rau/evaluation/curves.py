"""Learning curves."""

from pathlib import Path
from typing import Any

from keras_rau.errors import RauError


def plot_curves(history: list[dict[str, Any]], path: Path) -> None:
    """Plot loss and Dice of training and validation over epochs, the best epoch marked.

    Raises:
        RauError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RauError("Learning curves need matplotlib: pip install 'keras-rau[plots]'.") from error
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] + 1 for row in history]
    for axes, name, label in zip(figure.subplots(1, 2), ("loss", "dice"), ("loss", "Dice"), strict=True):
        for key, style, who in ((name, "--", "training"), (f"val_{name}", "-", "validation")):
            if all(key in row for row in history):
                axes.plot(epochs, [row[key] for row in history], style, label=who, color="#1f6f8b", marker=".")
        axes.set(xlabel="epoch", ylabel=label)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if name == "dice" and all("val_dice" in row for row in history):
            best = max(history, key=lambda row: row["val_dice"])
            axes.axvline(best["epoch"] + 1, color="#d1495b", linewidth=1)
            axes.set_title(f"best epoch {best['epoch'] + 1:.0f}: {best['val_dice']:.4f}", fontsize=10)
        axes.legend(frameon=False)
    figure.savefig(path, dpi=130)

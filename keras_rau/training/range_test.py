"""What a learning rate range test has found."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_rau.evaluation.figures import new_figure
from keras_rau.files import write_text


@dataclass(frozen=True)
class RangeTest:
    """Losses at rising learning rates.

    Attributes:
        rates: learning rate of every step, `(N,)`.
        losses: loss of that step alone, `(N,)`.
        smoothed: the same without most of the noise, `(N,)`.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray

    @property
    def suggestion(self) -> float | None:
        """The rate at which the loss falls most steeply per decade; `None` when it falls nowhere."""
        # What comes back after the lowest point is no progress.
        end = int(np.argmin(self.smoothed)) + 1
        if end < 2:
            return None
        slopes = np.gradient(self.smoothed[:end], np.log10(self.rates[:end]))
        steepest = int(np.argmin(slopes))
        return float(self.rates[steepest]) if slopes[steepest] < 0 else None

    def write(self, path: Path | str) -> None:
        """Write a CSV file with the columns `learning_rate`, `loss`, `smoothed`.

        Raises:
            RauError: it cannot be written.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["learning_rate", "loss", "smoothed"])
        writer.writerows(np.stack([self.rates, self.losses, self.smoothed], axis=1).tolist())
        write_text(Path(path), text.getvalue())

    def plot(self, path: Path | str) -> None:
        """Plot the loss over the rate, the suggestion marked.

        Raises:
            RauError: matplotlib is not installed.
        """
        figure = new_figure("The plot needs", (7, 4))
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, ".", color="#b0b7bd", label="one step")
        axes.plot(self.rates, self.smoothed, color="#1f6f8b", label="smoothed")
        if self.suggestion is not None:
            axes.axvline(self.suggestion, color="#d1495b", linewidth=1, label=f"suggestion: {self.suggestion:.1e}")
        # What happens after the loss has come back to where it began would hide the fall.
        low, high = self.smoothed.min(), max(self.smoothed[0], np.median(self.losses))
        room = 0.25 * max(high - low, 1e-6)
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(low - room, high + 2 * room))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.savefig(path, dpi=130)

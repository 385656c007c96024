"""The logged value that epochs are compared by."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from keras_rau.errors import RauError
from keras_rau.training.config import Config


@dataclass(frozen=True)
class Monitor:
    """Comparison of epochs by a logged value.

    Attributes:
        name: name of the logged value, such as `"val_dice"`.
        mode: `"max"`: higher is better; `"min"`: lower; `"auto"`: lower for losses and the calibration error `ece`, higher
            for everything else.

    Example:
        >>> Monitor("val_dice").best([{"val_dice": 0.7}, {"val_dice": 0.8}])
        0.8
    """

    name: str = "val_dice"
    mode: str = "auto"

    @property
    def lower_is_better(self) -> bool:
        """True if a loss or an error is watched."""
        error = "loss" in self.name or self.name.removeprefix("val_") == "ece"
        return self.mode == "min" or (self.mode == "auto" and error)

    @property
    def worst(self) -> float:
        """The value that every other one is better than."""
        return math.inf if self.lower_is_better else -math.inf

    def better(self, value: float, than: float) -> bool:
        """Return whether `value` is an improvement."""
        return value < than if self.lower_is_better else value > than

    def value(self, logs: Mapping[str, Any]) -> float:
        """The value of an epoch.

        Raises:
            RauError: nothing is logged under this name.
        """
        if self.name not in logs:
            raise RauError(
                f"The best checkpoint is to be chosen by {self.name!r}, which this training does not log. "
                f"Logged: {', '.join(sorted(logs))}"
            )
        return float(logs[self.name])

    def best(self, rows: Iterable[Mapping[str, Any]]) -> float:
        """The best value of the epochs so far; `worst` when there are none. Values that are no number do not count."""
        values = [float(row[self.name]) for row in rows if self.name in row and not math.isnan(row[self.name])]
        return (min if self.lower_is_better else max)(values, default=self.worst)


def monitor_of(config: Config) -> Monitor:
    """Return the comparison of an experiment's epochs."""
    return Monitor(config.monitor, config.monitor_mode)

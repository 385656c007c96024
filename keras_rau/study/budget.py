"""Widths at which models take a given number of multiply-adds."""

import json
from pathlib import Path

import keras

from keras_rau import models
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.export.multiply_adds import multiply_adds
from keras_rau.files import write_text
from keras_rau.models.scaling import has_ready_encoder, scaled
from keras_rau.strangers import read_json

# Factors of the published width, a quarter of an octave apart.
_FACTORS = tuple(2 ** (step / 4) for step in range(-24, 13))


class Budget:
    """Finds, and remembers in a file, the width of each preset that comes nearest to a number of multiply-adds.

    Args:
        multiply_adds: for one image.
        image_size: height and width.
        path: JSON file of what was found before.

    Raises:
        RauError: the file cannot be read.
        UsageError: from `factor`, where a preset takes more at its narrowest.
    """

    def __init__(self, multiply_adds: float, image_size: tuple[int, int], path: Path) -> None:
        self.wanted, self.image_size, self.path = multiply_adds, image_size, path
        self._known: dict[str, float | None] = {}
        if path.exists():
            try:
                self._known = read_json(path)
            except DataError as error:
                raise RauError(f"{error} Remove it, and the widths are searched again.") from error

    def factor(self, name: str) -> float | None:
        """Factor of the width of a preset; `None` where its ready-made encoder alone takes more."""
        key = f"{name}, {self.wanted:g} at {self.image_size[0]}x{self.image_size[1]}"
        if key not in self._known:
            self._known[key] = self._search(name)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(self._known, indent=1) + "\n")
        return self._known[key]

    def _search(self, name: str) -> float | None:
        # More width never takes less.
        low, high = 0, len(_FACTORS) - 1
        counts: dict[int, int] = {}
        while low < high:
            middle = (low + high) // 2
            counts[middle] = count_at(name, _FACTORS[middle], self.image_size)
            low, high = (low, middle) if counts[middle] >= self.wanted else (middle + 1, high)
        for place in {max(low - 1, 0), low} - counts.keys():
            counts[place] = count_at(name, _FACTORS[place], self.image_size)
        # The first of equals: steps of a width may be coarse.
        best = min(sorted(counts), key=lambda place: abs(counts[place] - self.wanted))
        least = counts[best]
        if best == 0 and least > self.wanted:
            if has_ready_encoder(name):
                return None
            raise UsageError(
                f"{name} takes at least {least / 1e9:.3g} · 10⁹ multiply-adds at {self.image_size[0]}x"
                f"{self.image_size[1]} pixels, however narrow: leave it out, or raise --multiply-adds. "
                f"Received: {self.wanted / 1e9:g}"
            )
        # Channels come in steps: several factors may build the published model.
        return 1.0 if counts[best] == count_at(name, 1.0, self.image_size) else _FACTORS[best]


def count_at(name: str, factor: float, image_size: tuple[int, int]) -> int:
    """Multiply-adds of a preset whose width is multiplied by a factor."""
    model = models.from_preset(name, weights=None, input_shape=(*image_size, 3), **scaled(name, factor))
    count = multiply_adds(model, image_size)
    keras.utils.clear_session()
    return count

"""Cells: the trainings a study is made of."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_rau import datasets
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.strangers import read_json
from keras_rau.training.config import Config, load_config
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.resume import check_same_settings


@dataclass(frozen=True)
class Source:
    """A data set of a study.

    Attributes:
        dataset: its name, see `keras_rau.datasets.names()`.
        data_dir: its folder.
        epochs: epochs after which the models are scored, in rising order; the last ends the training.
        overrides: further settings of the trainings on it, such as its split.
    """

    dataset: str
    data_dir: Path
    epochs: tuple[int, ...]
    overrides: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One training of a study: an ordinary run directory, which several studies may share.

    Attributes:
        name: name of its folder.
        config: its settings.
        path: the run directory.
    """

    name: str
    config: Config
    path: Path

    @property
    def run(self) -> RunDirectory:
        """Paths inside the run directory."""
        return RunDirectory(self.path)

    @property
    def finished(self) -> bool:
        """True once it is trained and scored with these very settings.

        Raises:
            RauError: it was started with others.
        """
        check_same_settings(self.config, self.run)
        return self.run.metrics.exists()

    def recorded(self, path: Path, *keys: str) -> Any:
        """Return what a JSON file of the run says under some keys, one within the other.

        Raises:
            DataError: the file is missing or damaged, or says nothing there.
        """
        found: Any = read_json(path)
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise DataError(
                    f"{path} says nothing under {'.'.join(keys)!r}, although the training is finished. Remove {self.path} to "
                    "train it again."
                )
            found = found[key]
        return found

    def samples(self, part: str) -> list[Any]:
        """Samples of a set, by the lists of the run."""
        data = self.config.data
        known = datasets.load(data.dataset, data.data_dir, **data.load_options)
        return datasets.load_split(self.run.split, known)[part]

    def checkpoint(self, epoch: int) -> Path:
        """The model after an epoch, counted from 1.

        Raises:
            RauError: it was not kept.
        """
        path = self.run.checkpoints / f"epoch_{epoch:03}.keras"
        if not path.exists():
            raise RauError(
                f"{path} is missing, although the training is finished. Remove {self.path} to train it again."
            )
        return path


def make_cell(
    folder: Path, source: Source, seed: int, words: tuple[str, ...], base: Path | None, overrides: dict[str, Any]
) -> Cell:
    """The cell of some settings.

    Args:
        folder: where the run directories are.
        source: the data set.
        seed: of the training.
        words: what distinguishes the cell, for its name.
        base: configuration file of all cells, or `None`.
        overrides: settings of this cell.

    Raises:
        RauError: a setting is wrong.
        UsageError: the training might stop before the last epoch.
    """
    settings = {
        **overrides,
        **source.overrides,
        "data.dataset": source.dataset,
        "data.data_dir": str(source.data_dir),
        "epochs": source.epochs[-1],
        "checkpoints.keep_epochs": list(source.epochs),
        "seed": seed,
    }
    name = "-".join([source.dataset, *words, f"s{seed}"])
    config = load_config(base, settings)
    if config.early_stopping is not None:
        raise UsageError(
            "A study scores all trainings after the same epochs: leave out early_stopping. "
            f"Received: early_stopping={config.early_stopping}"
        )
    return Cell(name, config, folder / name)

"""What each study compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.models.presets import PRESETS
from keras_rau.models.rau_net import RAUNet
from keras_rau.training.config import load_config
from keras_rau.training.study.cells import Cell, Source, make_cell

ATTENTION = {
    "none": "no attention (U-Net)",
    "gate": "attention gates (Attention U-Net)",
    "ra": "reverse attention",
    "ba": "boundary attention",
    "ba_ra": "boundary and reverse attention (BA-RA)",
}


# Arguments that tell the variants of the attention study apart, or that U-Nets do not have.
_VARIED = ("boundary_depth", "reverse_depth", "boundary_form")


@dataclass(frozen=True)
class Row:
    """One line of a study's table: the same training with each seed."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Design:
    """A study.

    Attributes:
        name: `"losses"`, `"attention"`, `"imbalance"` or `"transfer"`.
        title: of its table.
        sources: the data sets.
        rows: what is compared.
        reference: label of the row that the others are compared with.
        groups: columns of the metadata by which scores are broken down.
    """

    name: str
    title: str
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    reference: str
    groups: tuple[str, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """All trainings."""
        return [cell for row in self.rows for cell in row.cells]


@dataclass(frozen=True)
class Grid:
    """What the cells of all studies have in common.

    Attributes:
        folder: of the run directories.
        seeds: of the trainings.
        model: preset.
        base: configuration file, or `None`.
        overrides: further settings.
    """

    folder: Path
    seeds: tuple[int, ...]
    model: str
    base: Path | None = None
    overrides: dict[str, Any] | None = None

    def row(self, label: str, source: Source, words: Sequence[str], settings: dict[str, Any]) -> Row:
        """The cells of one line, one for each seed."""
        settings = {**(self.overrides or {}), "model.name": self.model, **settings}
        names = (self.model, *words)
        return Row(label, tuple(make_cell(self.folder, source, s, names, self.base, settings) for s in self.seeds))


def losses_study(grid: Grid, source: Source, losses: Sequence[str]) -> Design:
    """Which loss?"""
    losses = list(dict.fromkeys(losses))
    rows = tuple(grid.row(loss, source, [loss], {"loss.name": loss}) for loss in losses)
    reference = "compound" if "compound" in losses else losses[0]
    return Design("losses", "Losses", (source,), rows, reference)


def attention_study(grid: Grid, source: Source, loss: str) -> Design:
    """How much does attention help? The same widths, blocks, upsampling and deep supervision with each kind of it.

    Raises:
        UsageError: the model has no attention to leave out, or its attention is set already.
    """
    preset = PRESETS.get(grid.model)
    if preset is None or preset.builder is not RAUNet:
        known = ", ".join(name for name, one in PRESETS.items() if one.builder is RAUNet)
        raise UsageError(f"The attention study takes a reverse-attention U-Net: {known}. Received: {grid.model!r}")
    given = load_config(grid.base, {**(grid.overrides or {}), "model.name": grid.model}).model.arguments
    varied = [f"model.{name}" for name in _VARIED if name in given]
    if varied:
        raise UsageError(f"The attention study varies these settings itself: leave out {', '.join(varied)}.")
    # The U-Nets have presets of their own, whose widths are others.
    shared = {f"model.{name}": value for name, value in {**preset.settings, **given}.items() if name not in _VARIED}
    settings: dict[str, dict[str, Any]] = {
        "none": {"model.name": "unet", **shared},
        "gate": {"model.name": "attention_unet", **shared},
        "ra": {"model.boundary_depth": 0},
        "ba": {"model.reverse_depth": 0},
        "ba_ra": {},
    }
    rows = tuple(
        grid.row(label, source, [loss] if kind == "ba_ra" else [kind, loss], {"loss.name": loss, **settings[kind]})
        for kind, label in ATTENTION.items()
    )
    return Design("attention", "Attention in the skip connections", (source,), rows, ATTENTION["ba_ra"])


def imbalance_study(grid: Grid, source: Source, columns: Sequence[str]) -> Design:
    """Does weighting help what is rare: lesion pixels, diagnoses, small lesions?"""
    plain = {"loss.name": "bce"}
    rows = [
        grid.row("BCE", source, ["bce"], plain),
        grid.row("weighted BCE (pixels)", source, ["weighted_bce"], {"loss.name": "weighted_bce"}),
    ]
    for column in dict.fromkeys(columns):
        name = column.replace("_", " ")
        rows.append(
            grid.row(
                f"BCE, images weighted by {name}", source, ["bce", f"by_{column}"], {**plain, "data.balance": column}
            )
        )
    return Design("imbalance", "Imbalance", (source,), tuple(rows), "BCE", tuple(columns))


def transfer_study(grid: Grid, source: Source, other: Source, loss: str) -> Design:
    """How well does a model carry over to the other data set?

    Raises:
        UsageError: both have the same name.
    """
    if source.dataset == other.dataset:
        raise UsageError(f"The transfer study takes two different data sets. Received: {source.dataset!r} twice")
    rows = tuple(grid.row(each.dataset, each, [loss], {"loss.name": loss}) for each in (source, other))
    return Design("transfer", "Transfer between data sets", (source, other), rows, source.dataset)

"""What each study compares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.models.as_net import ASNet
from keras_rau.models.presets import PRESETS
from keras_rau.models.rau_net import RAUNet
from keras_rau.models.scaling import has_ready_encoder, scaled
from keras_rau.training.config import load_config
from keras_rau.training.named_presets import named_preset
from keras_rau.training.study.budget import Budget
from keras_rau.training.study.cells import Cell, Source, make_cell

ATTENTION = {
    "none": "no attention (U-Net)",
    "gate": "attention gates (Attention U-Net)",
    "ra": "reverse attention",
    "ba": "boundary attention",
    "ba_ra": "boundary and reverse attention (BA-RA)",
}


# Arguments that mean the same in all architectures.
_COMMON = ("classes", "dtype")

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
        name: `"losses"`, `"attention"`, `"imbalance"`, `"transfer"` or `"architectures"`.
        title: of its table.
        sources: the data sets.
        rows: what is compared.
        reference: label of the row that the others are compared with.
        groups: columns of the metadata by which scores are broken down.
        costs: also measure what the exported models cost.
        remarks: on what is not equal in all rows, for the page.
    """

    name: str
    title: str
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    reference: str
    groups: tuple[str, ...] = ()
    costs: bool = False
    remarks: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class Contest:
    """How architectures are made comparable.

    Attributes:
        models: presets.
        loss: of all trainings, or `"published"`: each its own.
        multiply_adds: for one image, that models are widened or narrowed to; `None`: widths are those of the presets.
        full_below: models of fewer parameters keep their width all the same.
        encoder_weights: of all encoders, `"imagenet"` or `None`.
    """

    models: tuple[str, ...]
    loss: str = "compound"
    multiply_adds: float | None = None
    full_below: int = 0
    encoder_weights: str | None = None


def architectures_study(grid: Grid, source: Source, contest: Contest) -> Design:
    """Which system? Same images, recipe and steps; equal compute or published widths.

    The reference is the model of the grid, or the first of them.

    Raises:
        UsageError: a model is unknown, its encoder has no pretrained weights where all are to be pretrained, or the
            configuration has arguments of one model.
    """
    names = list(dict.fromkeys(contest.models))
    for name in names:
        named_preset(name)
    if contest.encoder_weights is not None:
        without = [name for name in names if not _has_pretrained_encoder(name)]
        if without:
            raise UsageError(
                f"No pretrained encoder is known for {', '.join(without)}: leave them out, or train all from scratch."
            )
    shared = load_config(grid.base, {**(grid.overrides or {}), "model.name": names[0]})
    own = [f"model.{name}" for name in shared.model.arguments if name not in _COMMON]
    if own:
        raise UsageError(
            f"These settings mean something else in each architecture, or do not exist: leave out {', '.join(own)}. "
            f"For all may be set: {', '.join(f'model.{name}' for name in _COMMON)}."
        )
    budget = None
    if contest.multiply_adds is not None:
        budget = Budget(contest.multiply_adds, shared.data.image_size, grid.folder.parent / "widths.json")
    factors = (
        {} if budget is None else {name: _factor(contest, name, budget) for name in names if not _small(contest, name)}
    )
    rows = tuple(_contestant(grid, source, contest, name, factors.get(name) or 1.0) for name in names)
    reference = rows[names.index(grid.model) if grid.model in names else 0].label
    remarks = _remarks(contest, names, factors)
    return Design("architectures", "Architectures", (source,), rows, reference, costs=True, remarks=remarks)


def _remarks(contest: Contest, names: Sequence[str], factors: dict[str, float | None]) -> tuple[str, ...]:
    encoders = "start from scratch" if contest.encoder_weights is None else f"have {contest.encoder_weights} weights"
    loss = "each model's published one" if contest.loss == "published" else f"`{contest.loss}` for all"
    said = [f"Encoders {encoders}; the loss is {loss}."]
    if contest.multiply_adds is None:
        return (*said, "All widths are the published ones.")
    said.append(
        f"Widths are scaled to about {contest.multiply_adds / 1e9:g} · 10⁹ multiply-adds; the factor stands behind the name."
    )
    small = [name for name in names if _small(contest, name)]
    if small:
        said.append(
            f"Of fewer than {contest.full_below:,} parameters, and at their published width: {', '.join(small)}."
        )
    fixed = [name for name, factor in factors.items() if factor is None]
    if fixed:
        said.append(f"At their published width, because a ready-made encoder has no other: {', '.join(fixed)}.")
    return tuple(said)


def _contestant(grid: Grid, source: Source, contest: Contest, name: str, factor: float) -> Row:
    settings: dict[str, Any] = {f"model.{key}": value for key, value in scaled(name, factor).items()}
    words = [] if factor == 1 else [f"x{factor:.3g}"]
    if _has_pretrained_encoder(name):
        settings["model.encoder_weights"] = contest.encoder_weights
        words += [] if contest.encoder_weights is None else [contest.encoder_weights]
    loss = contest.loss
    if loss == "published":
        loss = PRESETS[name].loss
        settings |= {f"loss.{key}": value for key, value in PRESETS[name].loss_settings.items()}
    label = name if factor == 1 else f"{name} × {factor:.3g}"
    return replace(grid, model=name).row(label, source, [*words, loss], {"loss.name": loss, **settings})


def _small(contest: Contest, name: str) -> bool:
    return PRESETS[name].parameters < contest.full_below


def _factor(contest: Contest, name: str, budget: Budget) -> float | None:
    # The weights of VGG-16 are those of its own width.
    fixed = contest.encoder_weights is not None and PRESETS[name].builder is ASNet
    return None if fixed else budget.factor(name)


def _has_pretrained_encoder(name: str) -> bool:
    return has_ready_encoder(name) or PRESETS[name].builder is ASNet


def transfer_study(grid: Grid, source: Source, other: Source, loss: str) -> Design:
    """How well does a model carry over to the other data set?

    Raises:
        UsageError: both have the same name.
    """
    if source.dataset == other.dataset:
        raise UsageError(f"The transfer study takes two different data sets. Received: {source.dataset!r} twice")
    rows = tuple(grid.row(each.dataset, each, [loss], {"loss.name": loss}) for each in (source, other))
    return Design("transfer", "Transfer between data sets", (source, other), rows, source.dataset)

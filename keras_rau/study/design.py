"""From the file of a study to its trainings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.models.presets import PRESETS, list_presets
from keras_rau.study.cells import Cell, Source, make_cell
from keras_rau.study.equal_terms import EqualTerms
from keras_rau.study.study_file import RowTemplate, StudyFile, fill, placeholders, read_study
from keras_rau.suggestion import did_you_mean
from keras_rau.training.config import load_config, parse_setting
from keras_rau.training.config.loading import named_preset


@dataclass(frozen=True)
class Row:
    """One line of a study's table: the same training with each seed."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Design:
    """A study of some data.

    Attributes:
        name: name of the study.
        file: its description.
        sources: the data sets.
        rows: what is compared.
        reference: label of the row that the others are compared with.
        groups: columns of the metadata by which scores are broken down.
        remarks: on what is not equal in all rows, for the page.
    """

    name: str
    file: StudyFile
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    reference: str
    groups: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """All trainings."""
        return [cell for row in self.rows for cell in row.cells]


@dataclass(frozen=True)
class Grid:
    """Settings that the cells of all studies have in common.

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

    def model_arguments(self) -> dict[str, Any]:
        """Arguments of the model that the shared settings state."""
        return load_config(self.base, {**(self.overrides or {}), "model.name": self.model}).model.arguments


def design_study(study: Path | str, grid: Grid, *sources: Source, **options: Any) -> Design:
    """Plan the trainings of a study.

    Args:
        study: name of a study of the package, see `study_names()`, or a YAML file.
        grid: what its trainings have in common.
        *sources: its data set; two for a study of transfer.
        **options: of this study; those that are left out have the defaults of its file.

    Raises:
        UsageError: no study is called so, an option is unknown or has no valid value, or model or settings do not fit.
        RauError: the file cannot be read, or a setting is wrong.

    Example:
        >>> source = Source("ph2", Path("PH2Dataset"), epochs=(20, 40))
        >>> design_study("losses", Grid(Path("cells"), (0,), "rau_net_nano"), source, losses=["bce", "dice"]).reference
        'bce'
    """
    file, name = read_study(study), Path(study).stem
    values = _values(file, name, options)
    _check_sources(file, name, sources)
    _check_model(file, name, grid)
    planned = [
        (template, {**names, "dataset": source.dataset}, source)
        for source in sources
        for template in file.rows
        for names in _each(template, values)
    ]
    presets = [fill(template.model, names) or grid.model for template, names, _ in planned]
    terms = None
    if file.equal_terms:
        for preset in presets:
            named_preset(preset)
        shared = load_config(grid.base, {**(grid.overrides or {}), "model.name": presets[0]})
        terms = EqualTerms(presets, values, shared, grid.folder.parent / "widths.json")
    labels, rows = [], []
    for (template, names, source), preset in zip(planned, presets, strict=True):
        if terms is not None and names.get("loss") == "published":
            names["loss"] = named_preset(preset).loss
        own = replace(grid, model=preset)
        settings = _settings(file.settings, names)
        if template.as_model:
            arguments = {**PRESETS[preset].settings, **grid.model_arguments()}
            settings |= {f"model.{key}": value for key, value in arguments.items() if key not in file.varies}
        settings |= _settings(template.settings, names)
        label, words = fill(template.label, names), fill(template.name, names)
        labels.append(label)
        if terms is not None:
            label, words = label + terms.label(preset), [*terms.words(preset), *words]
            settings |= terms.settings(preset)
        rows.append(own.row(label, source, words, settings))
    _check_names(rows)
    return Design(
        name,
        file,
        sources,
        tuple(rows),
        rows[_reference(file, values, labels)].label,
        tuple(dict.fromkeys(fill(file.groups, values))),
        tuple(terms.remarks() if terms is not None else ()),
    )


def _values(file: StudyFile, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of all options of a study."""
    for option in given:
        if option not in file.options:
            known = ", ".join(file.options) or "none"
            raise UsageError(
                f"The study {name} has no option {option!r}. {did_you_mean(option, file.options)}Known: {known}"
            )
    found = {}
    for option, described in file.options.items():
        value = given.get(option, described.default)
        if described.kind == "presets" and not value:
            value = list_presets()
        if described.kind in ("words", "presets"):
            value = list(dict.fromkeys(value or ()))
        found[option] = value
    return found


def _each(template: RowTemplate, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not template.each:
        yield dict(values)
    for name, option in template.each.items():
        for value in values[option]:
            yield {**values, name: value}


def _settings(described: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Settings of trainings; the word of an option is read as a value of `--set`: `"128"` is a number."""
    found = {}
    for key, value in described.items():
        filled = fill(value, names)
        is_word = isinstance(filled, str) and any(placeholders(value))
        found[key] = parse_setting(f"{key}={filled}")[1] if is_word else filled
    return found


def _check_names(rows: Sequence[Row]) -> None:
    """Refuse rows that would share run directories, or leave the folder of the study."""
    known: dict[str, tuple[Row, Cell]] = {}
    for row in rows:
        for cell in row.cells:
            if any(sign in cell.name for sign in "/\\\0"):
                raise UsageError(f"Row {row.label!r}: its name is part of a folder's name. Received: {cell.name!r}")
            other, same = known.setdefault(cell.name, (row, cell))
            if same.config != cell.config:
                raise UsageError(
                    f"The rows {other.label!r} and {row.label!r} have different settings, but one run directory, {cell.name}: "
                    "give each a `name` of its own."
                )


def _reference(file: StudyFile, values: dict[str, Any], labels: list[str]) -> int:
    """Number of the row that the others are compared with."""
    wanted = fill(file.reference, values)
    if wanted in labels:
        return labels.index(wanted)
    options = list(placeholders(file.reference))
    if wanted is not None and options:
        option = options[0].replace("_", "-")
        raise UsageError(
            f"--{option} must be one of the {file.title.lower()}: {', '.join(labels)}. Received: {wanted!r}"
        )
    return 0


def _check_sources(file: StudyFile, name: str, sources: Sequence[Source]) -> None:
    wanted = 2 if file.transfer else 1
    if len(sources) != wanted:
        raise UsageError(f"The study {name} takes {wanted} data set(s). Received: {len(sources)}")
    if file.transfer and sources[0].dataset == sources[1].dataset:
        raise UsageError(f"The {name} study takes two different data sets. Received: {sources[0].dataset!r} twice")


def _check_model(file: StudyFile, name: str, grid: Grid) -> None:
    if file.model_class is not None:
        fitting = [preset for preset, one in PRESETS.items() if one.builder.__name__ == file.model_class]
        if grid.model not in fitting:
            raise UsageError(
                f"The {name} study takes a model of the class {file.model_class}: {', '.join(fitting)}. "
                f"Received: {grid.model!r}"
            )
    varied = [f"model.{argument}" for argument in file.varies if argument in grid.model_arguments()]
    if varied:
        raise UsageError(f"The {name} study varies these settings itself: leave out {', '.join(varied)}.")

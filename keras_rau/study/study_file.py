"""Studies as YAML files: those that come with the package, and anybody's own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from keras_rau.errors import DataError, UsageError
from keras_rau.suggestion import did_you_mean
from keras_rau.training.config.sections import Section
from keras_rau.yaml_text import read_yaml

_FOLDER = Path(__file__).parent / "designs"
_PLACEHOLDER = re.compile(r"\{(\w+)(\.words)?\}")
# Options of the command that every study has.
_COMMON = {
    *("config", "dataset", "data_dir", "output", "epochs", "seeds", "model", "image_size", "batch_size", "set", "jobs"),
    *("report_only", "other", "other_epochs", "other_set"),
}


class Option(Section):
    """An option that one study has besides those of all."""

    kind: Literal["word", "words", "presets", "number", "count", "flag"] = "word"
    default: Any = None
    metavar: str | None = None
    help: str


class RowTemplate(Section):
    """One row of the table, or one for each value of an option.

    Attributes:
        label: its name in tables.
        name: words in the names of its run directories, after data set and model.
        settings: dotted names to values, which distinguish its trainings.
        each: name of a placeholder to the option whose values it takes, one row for each.
        model: preset of this row; `None`: that of the study.
        as_model: give the architecture in `settings` the arguments of the study's model.
    """

    label: str
    name: list[str] = Field([])
    settings: dict[str, Any] = Field({})
    each: dict[str, str] = Field({}, max_length=1)
    model: str | None = None
    as_model: bool = False


class PrintedByEpoch(Section):
    """Dice and mIoU that a publication prints for some epochs, by data set and row; `column` heads the names of the rows."""

    text: str
    column: str = ""
    epochs: list[int]
    rows: dict[str, dict[str, dict[Literal["dice", "miou"], list[float]]]]
    remarks: dict[str, str] = Field({})


class PrintedNetworks(Section):
    """Size, Dice and mIoU of the networks in a publication, by data set."""

    text: str
    rows: dict[str, dict[str, dict[Literal["millions", "dice", "miou"], float | None]]]
    remarks: dict[str, str] = Field({})


class StudyFile(Section):
    """Description of a study: its rows, its options, and the printed figures beside them.

    Texts may hold placeholders: `{OPTION}` for an option of the study, `{dataset}`, and those of `each`; `{X.words}` has
    blanks in the place of underscores.

    Attributes:
        title: of its page.
        help: what the command says that it answers.
        dataset: data set where the command names none.
        options: further options of the command.
        settings: of all trainings.
        rows: what is compared.
        reference: label of the row that the others are compared with; the first row where there is none of this label.
        groups: columns of the metadata by which scores are broken down.
        transfer: train each row on two data sets, and test on both.
        equal_terms: make architectures comparable, see `equal_terms.py`.
        costs: measure what the exported models cost.
        model_class: class that the model of the study must have.
        varies: arguments of the model that the study sets itself.
        paper: figures that stand beside the rows and epochs of the same names.
        networks: figures of other networks.
        published: Dice, IoU of the lesion and where they are published, by data set and preset.
    """

    title: str
    help: str
    dataset: str | None = None
    options: dict[str, Option] = Field({})
    settings: dict[str, Any] = Field({})
    rows: list[RowTemplate] = Field(min_length=1)
    reference: str | None = None
    groups: list[str] = Field([])
    transfer: bool = False
    equal_terms: bool = False
    costs: bool = False
    model_class: str | None = None
    varies: list[str] = Field([])
    paper: PrintedByEpoch | None = None
    networks: PrintedNetworks | None = None
    published: dict[str, dict[str, tuple[float, float, str]]] = Field({})

    @field_validator("options")
    @classmethod
    def _own_options(cls, value: dict[str, Option]) -> dict[str, Option]:
        for name in value:
            if name in _COMMON or not re.fullmatch(r"[a-z][a-z_]*", name):
                raise ValueError(
                    f"{name!r} cannot name an option: small letters and underscores, and none of {', '.join(sorted(_COMMON))}"
                )
        return value

    @model_validator(mode="after")
    def _known_placeholders(self) -> "StudyFile":
        for row in self.rows:
            unknown = [option for option in row.each.values() if option not in self.options]
            known = {*self.options, *row.each, "dataset"}
            texts = [row.label, *row.name, row.settings, row.model, self.settings]
            unknown += [name for name in placeholders(texts) if name not in known]
            if unknown:
                raise ValueError(
                    f"row {row.label!r}: unknown placeholder {unknown[0]!r}. Known: {', '.join(sorted(known))}"
                )
        unknown = [name for name in placeholders([self.reference, self.groups]) if name not in self.options]
        if unknown:
            raise ValueError(f"unknown placeholder {unknown[0]!r}. Known: {', '.join(self.options)}")
        return self


def study_names() -> list[str]:
    """Names of the studies that come with the package.

    Example:
        >>> study_names()
        ['architectures', 'attention', 'imbalance', 'losses', 'transfer']
    """
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def is_file_name(study: str) -> bool:
    """Return whether a word names a file and not a study of the package."""
    return study not in study_names() and (Path(study).suffix in (".yaml", ".yml") or Path(study).is_file())


def read_study(study: Path | str) -> StudyFile:
    """Read a study of the package by its name, or a file.

    Raises:
        UsageError: there is no study of this name.
        RauError: the file cannot be read.
        DataError: the file is not the description of a study.

    Example:
        >>> read_study("losses").title
        'Losses'
    """
    if str(study) in study_names():
        path = _FOLDER / f"{study}.yaml"
    elif isinstance(study, Path) or is_file_name(study):
        path = Path(study)
    else:
        raise UsageError(
            f"No study and no file is called {study!r}. {did_you_mean(study, study_names())}Known: {', '.join(study_names())}"
        )
    try:
        return StudyFile.model_validate(read_yaml(path))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        raise DataError(f"{path} does not describe a study: {f'{where}: ' if where else ''}{message}") from error


def placeholders(value: Any) -> Iterator[str]:
    """Yield the names of the placeholders in a text, or in the texts of lists and mappings."""
    if isinstance(value, str):
        yield from (match.group(1) for match in _PLACEHOLDER.finditer(value))
    elif isinstance(value, dict):
        yield from placeholders([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from placeholders(each)


def fill(value: Any, names: dict[str, Any]) -> Any:
    """Replace placeholders by values; a text that is nothing else becomes the value itself, and a list in a list joins it.

    Example:
        >>> fill(["{loss}", "by_{column}", "{columns}"], {"loss": "bce", "column": "age", "columns": ["a", "b"]})
        ['bce', 'by_age', 'a', 'b']
    """
    if isinstance(value, dict):
        return {key: fill(each, names) for key, each in value.items()}
    if isinstance(value, list):
        found: list[Any] = []
        for each in value:
            filled = fill(each, names)
            found += filled if isinstance(each, str) and isinstance(filled, list) else [filled]
        return found
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole and not whole.group(2):
        return names[whole.group(1)]

    def text(match: re.Match[str]) -> str:
        word = str(names[match.group(1)])
        return word.replace("_", " ") if match.group(2) else word

    return _PLACEHOLDER.sub(text, value)

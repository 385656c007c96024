"""The configuration of an experiment: one validated schema for files, command line and Python."""

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from keras_rau.errors import RauError


class Section(BaseModel):
    """A part of the configuration in which unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class DataSection(Section):
    """Where the images come from and how they reach the model."""

    dataset: str = Field("phantom", description="name of the source, see keras_rau.datasets.names()")
    data_dir: Path | None = Field(None, description="its folder")
    options: dict[str, Any] = Field({}, description="further arguments of datasets.load, e.g. n and seed of phantom")
    split: tuple[float, float, float] = Field((0.7, 0.1, 0.2), description="fractions of train, val, test")
    split_seed: int = Field(0, description="seed of the split")
    split_dir: Path | None = Field(None, description="folder with train.txt, val.txt, test.txt to use instead")
    split_missing: Literal["raise", "drop"] = Field("raise", description="listed images that are not there")
    official_split: bool = Field(False, description="use the split the source comes with")
    stratify: str | None = Field(None, description="column of the metadata spread alike over the sets, e.g. diagnosis")
    folds: int | None = Field(None, ge=2, description="number of folds of a cross-validation")
    fold: int | None = Field(None, ge=0, description="which of the folds, from 0")
    near_duplicates: Literal["find"] | Path | None = Field(
        None, description="find, or CSV of id pairs that must not be separated by the split"
    )
    allow_leakage: bool = Field(False, description="train although the sets have images in common")
    image_size: tuple[int, int] = Field((256, 256), description="height and width the model sees, in pixels")
    resize: Literal["letterbox", "squash"] = Field("letterbox", description="keep the aspect ratio, or not")
    preprocess: list[Any] = Field([], description="steps applied to resized images, e.g. [hair, shades_of_grey]")
    augment: bool | str | dict[str, Any] = Field(
        "light", description="augmentation policy of the training images, or a name and changes to it"
    )
    cache: Literal["auto", "memory", "disk", "none"] = Field("auto", description="where resized images are kept")
    cache_dir: Path | None = Field(
        None, description="folder of the cache on disk, for the training of these sets alone"
    )

    @field_validator("cache", mode="before")
    @classmethod
    def _kind_of_cache(cls, value: Any) -> Any:
        return {True: "auto", False: "none"}[value] if isinstance(value, bool) else value

    @field_validator("cache_dir")
    @classmethod
    def _cache_has_its_folder(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        cache = info.data.get("cache")
        if cache == "disk" and value is None:
            raise ValueError("the cache on disk needs a folder")
        if cache in ("memory", "none") and value is not None:
            raise ValueError(f"a folder is for the caches disk and auto, not for {cache}")
        return value

    @field_validator("image_size", mode="before")
    @classmethod
    def _square(cls, value: Any) -> Any:
        return (value, value) if isinstance(value, int) else value

    @field_validator("image_size")
    @classmethod
    def _positive(cls, value: tuple[int, int]) -> tuple[int, int]:
        if min(value) < 16:
            raise ValueError(f"height and width must be at least 16. Received: {value}")
        return value

    @field_validator("preprocess", mode="before")
    @classmethod
    def _steps(cls, value: Any) -> Any:
        if not value:
            return []
        from keras_rau.datasets.preprocessing import as_config

        return as_config(value)

    @field_validator("split")
    @classmethod
    def _fractions(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) <= 0 or abs(sum(value) - 1) > 1e-6:
            raise ValueError("three positive fractions that sum to 1, such as [0.7, 0.1, 0.2]")
        return value

    @field_validator("official_split", "stratify", "folds")
    @classmethod
    def _one_way_to_split(cls, value: Any, info: ValidationInfo) -> Any:
        ways = {"official_split": ["split_dir"], "stratify": ["split_dir"], "folds": ["split_dir", "official_split"]}
        for other in ways[info.field_name]:
            if value and info.data.get(other):
                raise ValueError(f"goes not together with data.{other}, which says already how to split")
        if info.field_name == "folds" and value and "split" in info.data and info.data["split"][1] >= 1 - 1 / value:
            raise ValueError(f"with data.split={list(info.data['split'])} nothing would be left to train on")
        return value

    @field_validator("fold")
    @classmethod
    def _one_of_the_folds(cls, value: int | None, info: ValidationInfo) -> int | None:
        if "folds" not in info.data:
            return value
        folds = info.data["folds"]
        if (value is None) != (folds is None):
            raise ValueError("data.folds and data.fold go together, such as data.folds=5 and data.fold=0")
        if value is not None and value >= folds:
            raise ValueError(f"folds are counted from 0 to {folds - 1}")
        return value


class NamedSection(BaseModel):
    """A name, and arguments for what it names; these are checked when it is built."""

    model_config = ConfigDict(extra="allow")
    name: str

    @property
    def arguments(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


Finite = Annotated[float, Field(allow_inf_nan=False)]


class OptimizerSection(Section):
    """AdamW with a warm-up and a cosine decay to zero."""

    learning_rate: Finite = Field(1e-3, gt=0, description="largest learning rate")
    weight_decay: Finite = Field(1e-4, ge=0, description="decoupled weight decay")
    warmup_epochs: Finite = Field(1.0, ge=0, description="epochs of linear warm-up")
    schedule: Literal["cosine", "constant"] = "cosine"
    clip_norm: Finite | None = Field(1.0, gt=0, description="global gradient norm, or null")


class Config(Section):
    """A whole experiment."""

    data: DataSection = DataSection()
    model: NamedSection = NamedSection(name="rau_net_small")
    loss: NamedSection = NamedSection(name="compound")
    optimizer: OptimizerSection = OptimizerSection()
    epochs: int = Field(40, ge=1)
    batch_size: int = Field(8, ge=1)
    monitor: Literal["val_dice", "val_iou"] = Field("val_dice", description="what the best checkpoint is chosen by")
    seed: int | None = Field(
        None, ge=0, lt=2**32, description="makes the run repeatable: weights, order, augmentation, operations"
    )
    init: str | None = Field(None, description="model file whose weights the training starts from")
    also_test: dict[str, Path] = Field({}, description="other data sets to test on, each by its name and its folder")

    def to_yaml(self) -> str:
        """YAML text that `load_config` reads back."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def load_config(path: Path | None = None, overrides: dict[str, Any] | None = None) -> Config:
    """Read a configuration file and put `overrides` over it.

    Args:
        path: YAML file, or `None` for the defaults.
        overrides: dotted names to values, such as `{"optimizer.learning_rate": 0.01, "loss.alpha": 0.3}`.

    Returns:
        The validated configuration.

    Raises:
        RauError: the file cannot be read, a key is unknown (the nearest valid one is named) or a value is wrong.

    Example:
        >>> load_config(overrides={"epochs": 3}).epochs
        3
    """
    tree: dict[str, Any] = {}
    if path is not None:
        try:
            tree = yaml.safe_load(Path(path).read_text()) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise RauError(f"Cannot read the configuration {path}: {str(error).splitlines()[0]}") from error
        if not isinstance(tree, dict):
            raise RauError(f"The configuration {path} must be a YAML mapping. Received: {type(tree).__name__}")
    named = ("model", "loss")
    # A name alone stands for the section that names it.
    tree = {key: {"name": value} if key in named and isinstance(value, str) else value for key, value in tree.items()}
    for name, value in (overrides or {}).items():
        _put(tree, f"{name}.name" if name in named and isinstance(value, str) else name, value)
    for name in named:
        # An argument alone, such as loss.alpha, is one of the default.
        if isinstance(tree.get(name), dict):
            tree[name].setdefault("name", getattr(Config(), name).name)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise RauError(_explain(error)) from error


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise RauError(f"{parent!r} in the setting {dotted!r} is a value, not a section. Received: {tree!r}")
    tree[last] = value


def _explain(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        return f"Configuration: {where}: {problem['msg']}. Received: {problem['input']!r}"
    section: Any = Config
    for part in problem["loc"][:-1]:
        section = section.model_fields[part].annotation
    close = difflib.get_close_matches(str(problem["loc"][-1]), section.model_fields, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(section.model_fields)}."
    return f"Configuration: unknown key {where!r}; {hint}"


def parse_setting(text: str) -> tuple[str, Any]:
    """Split `KEY=VALUE` of the command line; the value is read as YAML (`1e-3`, `true`, `[1, 2]`)."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise RauError(f"A setting is written KEY=VALUE, such as optimizer.learning_rate=0.001. Received: {text!r}")
    if value.startswith("*") or ("{id}" in value and value[0] not in "'\""):
        # A pattern of file names, which YAML takes for an alias or a mapping.
        return key, value
    try:
        return key, float(value) if _is_float(value) else yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RauError(f"The value of the setting {key} is not YAML. Received: {value!r}") from error


def _is_float(text: str) -> bool:
    # YAML 1.1 takes 1e-3 (without a dot) for a string.
    mantissa, exponent, power = text.lower().partition("e")
    return bool(exponent) and mantissa.replace(".", "", 1).lstrip("+-").isdigit() and power.lstrip("+-").isdigit()

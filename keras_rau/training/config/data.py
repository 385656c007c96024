"""Settings of the data."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from keras_rau.outputs import Outputs
from keras_rau.training.config.sections import Section

# Of 100 million pixels, the most that are decoded.
_LARGEST_SIDE = 10_000


class DataSection(Section):
    """Source of the images, their split, and their way to the model."""

    dataset: str = Field("phantom", description="name of the source, see keras_rau.datasets.names()")
    data_dir: Path | None = Field(None, description="its folder")
    options: dict[str, Any] = Field({}, description="further arguments of datasets.load, e.g. n and seed of phantom")
    classes: Any = Field(
        None,
        description="what masks of several classes hold, e.g. {0: background, 1: nevus, 2: melanoma}, or a file that says so; "
        "3 or 4 for phantoms; null: one lesion class",
    )
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
    balance: str | None = Field(
        None,
        description="weigh training images in the loss by how rare their value of this is: a column of the metadata such as "
        "diagnosis, or lesion_size",
    )
    style_column: str | None = Field(
        None, description="column of the metadata that says who or what drew an outline, for model.outline_styles"
    )
    style_values: dict[str, str] = Field(
        {}, description="outline style of each value of style_column; empty: the values are the names of the styles"
    )
    source_styles: dict[str, str] = Field({}, description="outline style of all images of a source, e.g. of also_train")
    cache: Literal["auto", "memory", "disk", "none"] = Field("auto", description="where resized images are kept")
    cache_dir: Path | None = Field(
        None, description="folder of the cache on disk, for the training of these sets alone"
    )

    @model_validator(mode="before")
    @classmethod
    def _classes_of_the_source(cls, tree: Any) -> Any:
        """Take `options.classes`, as other commands call it, for `classes`."""
        options = tree.get("options") if isinstance(tree, dict) else None
        if not isinstance(options, dict) or "classes" not in options:
            return tree
        others = {key: value for key, value in options.items() if key != "classes"}
        if tree.get("classes") not in (None, options["classes"]):
            raise ValueError("data.classes and data.options.classes say different things: leave one out")
        return {**tree, "classes": options["classes"], "options": others}

    @field_validator("classes", mode="before")
    @classmethod
    def _description(cls, value: Any) -> Any:
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return None if value == 1 else value
        from keras_rau.datasets.classes.parsing import parse_classes

        return parse_classes(value).to_config()

    @property
    def load_options(self) -> dict[str, Any]:
        """Arguments of `datasets.load` for this source."""
        return {**self.options, **self.class_option}

    @property
    def class_option(self) -> dict[str, Any]:
        """The option that says what masks of several classes hold; empty for one lesion class."""
        return {} if self.classes is None else {"classes": self.classes}

    @property
    def outputs(self) -> tuple[Outputs, ...]:
        """Descriptions of models that fit the masks, the usual one first."""
        if self.classes is None:
            return (Outputs(),)
        from keras_rau.datasets.classes.parsing import parse_classes

        if isinstance(self.classes, int):
            from keras_rau.datasets.sources.phantom_drawing import CLASSES

            return parse_classes(dict(enumerate(CLASSES[: self.classes]))).fitting
        return parse_classes(self.classes).fitting

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
        if min(value) < 16 or max(value) > _LARGEST_SIDE:
            raise ValueError(f"height and width must be at least 16 and at most {_LARGEST_SIDE}. Received: {value}")
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

"""Configuration files and the settings of the command line."""

import difflib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from keras_rau.errors import RauError, UsageError
from keras_rau.strangers import one_line, shown
from keras_rau.suggestion import unknown_name
from keras_rau.training.config.experiment import Config
from keras_rau.training.config.inherited import take_over
from keras_rau.training.config.ready import find
from keras_rau.yaml_text import parse_yaml, read_yaml

if TYPE_CHECKING:
    from keras_rau.models.presets import Preset

# Sections that a name alone stands for.
_NAMED = ("model", "loss")
# Characters of what a message repeats of a field's own complaint.
_LONGEST = 600


def load_config(
    source: Path | str | Sequence[Path | str] | None = None, overrides: dict[str, Any] | None = None
) -> Config:
    """Read configuration files, later ones over earlier ones, and put `overrides` over them.

    Args:
        source: YAML file, name of a ready configuration (`ready_configs()`), several of them, or `None` for the defaults.
        overrides: dotted names to values, such as `{"optimizer.learning_rate": 0.01, "loss.alpha": 0.3}`.

    Returns:
        The validated configuration.

    Raises:
        RauError: a file cannot be read, a key is unknown (the nearest valid one is named) or a value is wrong.
        UsageError: there is no ready configuration of this name.

    Example:
        >>> load_config(["nano", "isic2018"], {"epochs": 3}).epochs
        3
    """
    sources = [source] if isinstance(source, (str, Path)) else source or []
    tree: dict[str, Any] = {}
    for each in sources:
        _put_over(tree, _read(find(each)))
    for name, value in (overrides or {}).items():
        _put(tree, f"{name}.name" if name in _NAMED and isinstance(value, str) else name, value)
    # What is of another type the schema refuses.
    if isinstance(tree.get("init"), str):
        take_over(tree)
    for name in _NAMED:
        # An argument alone, such as loss.alpha, is one of the default.
        if isinstance(tree.get(name), dict):
            tree[name].setdefault("name", getattr(Config(), name).name)
    loss, model = tree.get("loss"), tree.get("model")
    if isinstance(loss, dict) and loss["name"] == "published":
        name = model["name"] if isinstance(model, dict) else Config().model.name
        if isinstance(name, str):
            preset = named_preset(name)
            tree["loss"] = {**preset.loss_settings, **loss, "name": preset.loss}
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise RauError(_explain(error)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = read_yaml(path) or {}
    except RauError as error:
        raise RauError(f"Cannot read the configuration {error}") from error
    if not isinstance(tree, dict):
        raise RauError(f"The configuration {path} must be a YAML mapping. Received: {type(tree).__name__}")
    for key in tree:
        if not isinstance(key, str):
            raise RauError(f"The configuration {path} has a key that is not a word. Received: {shown(key)}")
    return {key: {"name": value} if key in _NAMED and isinstance(value, str) else value for key, value in tree.items()}


def _put_over(tree: dict[str, Any], later: dict[str, Any]) -> None:
    for key, value in later.items():
        # Arguments belong to the model or loss they were written for.
        other = key in _NAMED and isinstance(value, dict) and "name" in value
        if isinstance(value, dict) and isinstance(tree.get(key), dict) and not other:
            _put_over(tree[key], value)
        else:
            tree[key] = value


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        if parent == "augment" and isinstance(tree.get(parent), str):
            # A policy by its name can be changed in part, as a model can.
            tree[parent] = {"name": tree[parent]}
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise RauError(f"{parent!r} in the setting {dotted!r} is a value, not a section. Received: {shown(tree)}")
    tree[last] = value


def _explain(error: ValidationError) -> str:
    problem = error.errors()[0]
    path, section = _field(problem["loc"])
    where = ".".join(path)
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(path[-1][:_LONGEST], section.model_fields, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(section.model_fields)}."
        return f"Configuration: unknown key {shown(where)}; {hint}"
    # Of a setting that takes one of several kinds, each kind says what it takes.
    wanted = [_message(each) for each in error.errors() if _field(each["loc"])[0] == path]
    said = ", or ".join(dict.fromkeys(wanted))
    return f"Configuration: {one_line(where)}: {said}. Received: {shown(problem['input'])}"


def _message(problem: Any) -> str:
    # Inside of a setting, what is missing are values of a list.
    if problem["type"] == "missing":
        return "too few values"
    return one_line(problem["msg"].removeprefix("Value error, "), _LONGEST)


def _field(place: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel]]:
    """Names of sections and field, without the kinds of value and numbers that follow, and the innermost section."""
    section: Any = Config
    path: list[str] = []
    for part in place:
        path.append(str(part))
        field = section.model_fields.get(part)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            break
        section = field.annotation
    return path, section


def parse_setting(text: str) -> tuple[str, Any]:
    """Split `KEY=VALUE` of the command line; the value is read as YAML (`1e-3`, `true`, `[1, 2]`)."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise RauError(
            f"A setting is written KEY=VALUE, such as optimizer.learning_rate=0.001. Received: {shown(text)}"
        )
    of_classes = key.rpartition(".")[2] == "classes"
    if not of_classes and (value.startswith("*") or ("{id}" in value and value[0] not in "'\"")):
        # A pattern of file names, which YAML takes for an alias or a mapping.
        return key, value
    try:
        return key, _finite(value) if _is_float(value) else parse_yaml(value, "it")
    except RauError as error:
        raise RauError(
            f"The value of the setting {one_line(key)} is not YAML: {error} Received: {shown(value)}"
        ) from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise RauError("numbers must be finite.")
    return value


def _is_float(text: str) -> bool:
    # YAML 1.1 takes 1e-3 (without a dot) for a string.
    mantissa, exponent, power = text.lower().partition("e")
    return bool(exponent) and mantissa.replace(".", "", 1).lstrip("+-").isdigit() and power.lstrip("+-").isdigit()


def named_preset(name: str) -> "Preset":
    """The preset of a name.

    Raises:
        UsageError: it is unknown; the nearest known one is given.
    """
    # Imports Keras, which few commands on configurations need.
    from keras_rau.models.presets import PRESETS

    if name not in PRESETS:
        raise UsageError(unknown_name("model", name, PRESETS))
    return PRESETS[name]

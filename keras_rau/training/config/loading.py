"""Configuration files and the settings of the command line."""

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from keras_rau.errors import RauError
from keras_rau.training.config.experiment import Config


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

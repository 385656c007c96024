"""A configuration as YAML that explains itself."""

import textwrap
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from keras_rau.training.config.sections import Section

_WIDTH = 118


def commented_yaml(config: Section) -> str:
    """YAML text with the description of every key as a comment; `load_config` reads it back.

    Example:
        >>> print(commented_yaml(Config()).splitlines()[-1])
    """
    return "\n".join(_lines(config, config.model_dump(mode="json"), "")) + "\n"


def _lines(section: BaseModel, values: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for name, field in type(section).model_fields.items():
        part = getattr(section, name)
        if isinstance(part, Section):
            lines += [f"{indent}{name}:", *_lines(part, values[name], f"{indent}  ")]
            continue
        flow = None if isinstance(part, (list, tuple, dict)) else False
        text = yaml.safe_dump({name: values[name]}, sort_keys=False, default_flow_style=flow, width=10**6)
        lines += _with_comment([f"{indent}{line}" for line in text.splitlines()], _explanation(field), indent)
    return lines


def _explanation(field: FieldInfo) -> str:
    choices = [str(value) for value in get_args(field.annotation)] if get_origin(field.annotation) is Literal else []
    return "; ".join(part for part in (field.description, choices and f"one of {', '.join(choices)}") if part)


def _with_comment(lines: list[str], comment: str, indent: str) -> list[str]:
    if not comment:
        return lines
    joined = f"{lines[0]}  # {comment}"
    if len(joined) <= _WIDTH:
        return [joined, *lines[1:]]
    return [*textwrap.wrap(comment, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "), *lines]

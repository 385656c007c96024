"""YAML that somebody else wrote: plain values alone, bounded in size, depth, aliases and numbers."""

import math
from pathlib import Path
from typing import Any

import yaml

from keras_rau.errors import RauError
from keras_rau.strangers import one_line, read_text, shown

LARGEST = 128 << 10  # bytes of a file
_DEEPEST = 24
_MOST_ALIASES = 200
_MOST_VALUES = 50_000  # with what every alias repeats
_LONGEST_NUMBER = 40  # characters
_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int")


def read_yaml(path: Path | str) -> Any:
    """Return what a YAML file holds.

    Raises:
        RauError: it cannot be read, is not YAML, or exceeds a bound; the message is one line and names the file.

    Example:
        >>> read_yaml("mine.yaml")["epochs"]
        40
    """
    return parse_yaml(read_text(path, LARGEST, RauError), str(path))


def parse_yaml(text: str, name: str = "the text") -> Any:
    """Return what a YAML text holds: mappings with words or whole
    numbers as keys, lists, texts, finite numbers, `true`, `false`, `null`, dates.

    A key that occurs twice in a mapping is refused, since YAML readers silently take the last; so are tags of other types.

    Args:
        text: the YAML.
        name: what to call it in messages.

    Raises:
        RauError: it is not YAML, or exceeds a bound.
    """
    if len(text) > LARGEST:
        raise RauError(f"{name} is larger than {LARGEST:,} bytes, which no such file should be.")
    try:
        return _load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise RauError(f"{name}{place}: {one_line(str(error.problem or error.context))}.") from error
    except yaml.YAMLError as error:
        raise RauError(f"{name} is not YAML: {one_line(str(error).splitlines()[0])}.") from error
    except RecursionError as error:
        raise RauError(f"{name} is nested too deep.") from error
    # PyYAML turns words into numbers and dates by Python's own functions, and lets their errors through.
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise RauError(f"{name} holds a number or date that cannot be read ({one_line(str(error))}).") from error


def _load(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _refuse(problem: str, node: yaml.Node | None, mark: Any = None) -> None:
    raise yaml.constructor.ConstructorError(None, None, problem, mark if node is None else node.start_mark)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with bounds."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._aliases = 0
        # Values below each finished node, an alias counted like what it repeats.
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            self._aliases += 1
            event = self.peek_event()
            if self._aliases > _MOST_ALIASES:
                _refuse(f"more than {_MOST_ALIASES} aliases", None, event.start_mark)
            node = super().compose_node(parent, index)
            if id(node) not in self._sizes:
                _refuse("an alias within what it repeats", None, event.start_mark)
            return node
        self._depth += 1
        if self._depth > _DEEPEST:
            _refuse(f"nested deeper than {_DEEPEST} levels", None, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        inner = []
        if isinstance(node, yaml.SequenceNode):
            inner = node.value
        elif isinstance(node, yaml.MappingNode):
            inner = [one for pair in node.value for one in pair]
        self._sizes[id(node)] = size = 1 + sum(self._sizes[id(one)] for one in inner)
        if size > _MOST_VALUES:
            _refuse(f"more than {_MOST_VALUES} values, counting what aliases repeat", node)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        if isinstance(node, yaml.MappingNode):
            seen: set[str | int] = set()
            for key, _ in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    continue
                if key.tag not in _KEYS:
                    _refuse(f"a key must be a word or a whole number. Received: {_word(key)}", key)
                value = self.construct_object(key)
                if value in seen:
                    _refuse(f"the key {shown(value)} occurs twice", key)
                seen.add(value)
        return super().construct_mapping(node, deep)


def _word(node: yaml.Node) -> str:
    return one_line(node.value) if isinstance(node, yaml.ScalarNode) else "a list or mapping"


def _number(loader: _Loader, node: Any) -> Any:
    if len(node.value) > _LONGEST_NUMBER:
        _refuse(f"a number of more than {_LONGEST_NUMBER} characters", node)
    if ":" in node.value:
        _refuse(f"YAML takes {one_line(node.value)} for a number to the base of 60; write it in quotes", node)
    make = yaml.SafeLoader.construct_yaml_int
    if node.tag.endswith("float"):
        make = yaml.SafeLoader.construct_yaml_float
    value = make(loader, node)
    if not math.isfinite(value):
        _refuse(f"numbers must be finite. Received: {one_line(node.value)}", node)
    return value


def _no_such_type(loader: _Loader, node: Any) -> Any:
    _refuse(f"values of the type {one_line(node.tag)} are not taken", node)


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _number)
for _tag in ("binary", "omap", "pairs", "set"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _no_such_type)
# Whatever has a tag of its own, such as !!python/object.
_Loader.add_constructor(None, _no_such_type)

"""How long Keras would work on a configuration: its models are built layer by layer, some of them over and over."""

from collections.abc import Iterator
from typing import Any

from keras_rau.errors import ModelFileError

# Calls of layers; the largest networks of `keras.applications` make 1,100.
_MOST_CALLS = 3000
# Looks at layers whose inputs are not there yet; layers in the order of Keras need hardly any.
_MOST_LOOKS = 20_000


def check_effort(config: Any, name: str) -> None:
    """Refuse a configuration over which Keras would sit for minutes.

    Args:
        config: the JSON of a model.
        name: of the file, for messages.

    Raises:
        ModelFileError: it makes thousands of layers, chains hundreds one by one, or lists them in an order that takes a pass
            over all of them for each.
    """
    calls = looks = 0
    for kind, layers in _models(config):
        # A sequential model is built from its beginning again for each layer that is added; these calls are short ones.
        calls += len(layers) ** 2 // 8 if kind == "Sequential" else sum(len(_nodes(layer)) for layer in layers)
        if calls > _MOST_CALLS:
            raise ModelFileError(
                f"{name} describes a model of too many layers: to build it takes {calls:,} calls of layers, of which at most "
                f"{_MOST_CALLS:,} are made. It was not opened."
            )
        looks += _looks(layers, _MOST_LOOKS - looks)
        if looks >= _MOST_LOOKS:
            raise ModelFileError(f"{name} lists its layers in an order that takes Keras minutes. It was not opened.")


def _models(tree: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield class and layers of each model, those inside others included."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            inner = item.get("config")
            if isinstance(inner, dict) and isinstance(inner.get("layers"), list):
                yield item.get("class_name"), inner["layers"]
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _nodes(layer: Any) -> list[Any]:
    nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
    return nodes if isinstance(nodes, list) else []


def _looks(layers: list[Any], most: int) -> int:
    """Count, up to `most`, how often Keras would find that an input of a layer is not there yet."""
    waiting = {
        layer["name"]: [_inputs(node) for node in _nodes(layer)]
        for layer in layers
        if isinstance(layer, dict) and isinstance(layer.get("name"), str) and _nodes(layer)
    }
    total, made, looks, progress = (
        {name: len(nodes) for name, nodes in waiting.items()},
        dict.fromkeys(waiting, 0),
        0,
        True,
    )
    while waiting and progress and looks < most:
        progress = False
        for name, nodes in list(waiting.items()):
            while made[name] < total[name]:
                if any(made.get(other, index + 1) <= index for other, index in nodes[made[name]]):
                    looks += 1
                    break
                made[name] += 1
                progress = True
            else:
                del waiting[name]
    return looks


def _inputs(node: Any) -> list[tuple[str, int]]:
    """Return the calls whose results a call takes: `[layer, call, output]`, in the old form and in the new."""
    found, waiting = [], [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            if len(item) > 2 and isinstance(item[0], str) and isinstance(item[1], int):
                found.append((item[0], item[1]))
            waiting += [each for each in item if isinstance(each, (dict, list))]
    return found

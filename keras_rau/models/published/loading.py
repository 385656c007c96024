"""Putting a published checkpoint into one of our models."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import keras
import numpy as np

from keras_rau.errors import ModelFileError
from keras_rau.keras_internals import sublayers
from keras_rau.models.base import SegmentationModel
from keras_rau.models.published.converting import own_weights, parameters_of, share, turned
from keras_rau.models.published.sources import Source
from keras_rau.models.published.tables import table_of
from keras_rau.models.published.torch_state import read_checkpoint

# Counters of batches, and of what `thop` adds to a network when its operations are counted.
_IGNORED = ("*num_batches_tracked", "*total_ops", "*total_params")
_SHOWN = 12


def load_published(model: SegmentationModel, path: Path | str) -> SegmentationModel:
    """Put the weights of a published PyTorch checkpoint into a model with `conventions="published"`.

    The file is read without PyTorch, and nothing in it is run. Every weight is looked up by the name that it has in the
    published code; nothing is guessed by its shape.

    Args:
        model: built with the arguments that the checkpoint was trained with.
        path: a state dict (`.pth`, `.pt`), bare or inside a dictionary as `state_dict`, `model_state_dict`, `model` or
            `net`, its names with or without a prefix such as `module.`.

    Returns:
        The model.

    Raises:
        ValueError: the model follows no published code, or was built with other conventions.
        ModelFileError: the file cannot be read, or does not fit; the names that are missing, unknown, or of another shape
            are listed.

    Example:
        >>> model = models.PraNet(input_shape=(352, 352, 3), conventions="published")
        >>> load_published(model, "PraNet-19.pth")
    """
    return load_state(model, read_checkpoint(path), Path(path).name)


def load_state(model: SegmentationModel, state: Mapping[str, np.ndarray], name: str) -> SegmentationModel:
    """Put arrays in PyTorch's order, by their published names, into a model; see `load_published`.

    Args:
        model: the model.
        state: the arrays.
        name: of the file, for messages.
    """
    if getattr(model, "get_config", dict)().get("conventions") != "published":
        raise ValueError(
            f"{model.name} computes another function than the published code. Build it with conventions='published'."
        )
    table = table_of(model)
    found, problems = [], []
    used: set[str] = set()
    for layer, sources in _leaves(model, dict(table.entries)):
        for weight, (parameter, source) in zip(own_weights(layer), parameters_of(layer, sources), strict=True):
            used.add(parameter)
            if parameter not in state:
                problems.append(f"{parameter} is missing")
                continue
            try:
                found.append((weight, turned(share(state[parameter], source), layer, weight)))
            except ValueError as error:
                problems.append(f"{parameter} has another shape: {error}")
    dead = (*table.unused, *_IGNORED)
    unknown = [one for one in state if one not in used and not any(fnmatchcase(one, pattern) for pattern in dead)]
    problems = list(dict.fromkeys([*problems, *(f"{one} is unknown" for one in unknown)]))
    if problems:
        more = f", and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise ModelFileError(
            f"{name} does not fit {type(model).__name__} with these arguments: {'; '.join(problems[:_SHOWN])}{more}."
        )
    for weight, value in found:
        weight.assign(value)
    return model


def _leaves(
    model: keras.Model, entries: dict[str, tuple[Source, ...]]
) -> Iterator[tuple[keras.layers.Layer, tuple[Source, ...]]]:
    """Yield every layer that holds weights itself, with its sources."""
    unused = {id(layer) for layer in model._unused}
    for layer in sublayers(model):
        holders = list(_holders(layer))
        sources = entries.get(layer.name)
        if not holders or (sources is None and id(layer) in unused):
            continue
        if sources is None:
            raise ValueError(
                f"The layer {layer.name} has no counterpart in the published code of {type(model).__name__}."
            )
        if len(holders) == 1:
            yield holders[0], sources
        else:
            yield from ((one, (source,)) for one, source in zip(holders, sources, strict=True))


def _holders(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    if own_weights(layer):
        yield layer
    for one in sublayers(layer):
        yield from _holders(one)

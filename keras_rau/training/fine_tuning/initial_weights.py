"""Starting from trained weights."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_rau import models, pretrained
from keras_rau.datasets.files import listed
from keras_rau.datasets.splitting.leaking import chosen_by, identity, trained_on
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.export.checks import load_keras
from keras_rau.export.sidecar import read_sidecar
from keras_rau.models.weights_file import load_weights
from keras_rau.suggestion import did_you_mean
from keras_rau.training.building.classes import class_arguments
from keras_rau.training.config import Config
from keras_rau.training.config.inherited import initial_file

# Sources whose ids say nothing about images of other folders.
_OWN_NAMES = {"folder", "phantom"}
# Arguments of a model that change the weights of its outputs alone.
_OF_OUTPUTS = {"classes", "class_names", "outline_styles", "style_offsets"}
# Arguments of a model that change no weight.
_WITHOUT_WEIGHTS = {
    "name",
    "trainable",
    "trainable_parts",
    "input_shape",
    "dtype",
    "encoder_weights",
    "activation",
    "output_activation",
    "side_weights",
    "boundary_form",
    "class_names",
}


@dataclass(frozen=True)
class Start:
    """A trained model that another training starts from.

    Attributes:
        source: how it was named.
        model: the model.
        info: what came beside its file: how it was fed, on which images it was trained.
    """

    source: str
    model: keras.Model
    info: dict[str, Any] = field(default_factory=dict)


def load_start(config: Config) -> Start:
    """Load the model that `init` of a configuration names: a preset, a run directory or a file.

    A warning says when its images were resized or preprocessed in another way than those of this training will be.

    Raises:
        UsageError: nothing is called so, or the preset has no trained weights.
        RauError: the file does not exist, cannot be read, or does not fit the model of the configuration.

    Example:
        >>> load_start(load_config(overrides={"init": "runs/first"})).info["dataset"]
        'isic2018'
    """
    return load_trained(str(config.init), config)


def load_trained(source: str, config: Config) -> Start:
    """Load the trained model of a name; see `load_start`."""
    path = initial_file(source)
    if path is None:
        return _as_fed(config, Start(source, _trained_preset(source), read_sidecar(pretrained.tflite_file(source))))
    if path.name.endswith(".weights.h5"):
        return Start(source, _with_weights(config, path))
    return _as_fed(config, Start(source, load_keras(path), read_sidecar(path)))


def initialise(model: keras.Model, start: Start) -> list[str]:
    """Put trained weights into a model, layer by layer; the sizes of the images may differ.

    Models that differ in nothing but `classes` or `outline_styles` share everything but the weights of these outputs.

    Returns:
        What stays fresh, one line per layer with its shapes.

    Raises:
        RauError: the models differ in more; the layers are named.

    Example:
        >>> initialise(models.from_preset("rau_net_nano", weights=None), start)
        []
    """
    trained, own = (_by_layer(each) for each in (start.model, model))
    fitting, differing = [], []
    for name in dict.fromkeys([*own, *trained]):
        there, here = trained.get(name, []), own.get(name, [])
        if len(there) != len(here):
            differing.append(f"{name}: {len(there)} weights there, {len(here)} here")
            continue
        pairs = list(zip(there, here, strict=True))
        fitting += [(one, other) for one, other in pairs if one.shape == other.shape]
        others = [
            f"{other.name} {tuple(one.shape)} there, {tuple(other.shape)} here"
            for one, other in pairs
            if one.shape != other.shape
        ]
        if others:
            more = f", and {len(others) - 1} more weights" if len(others) > 1 else ""
            differing.append(f"{name}: {others[0]}{more}")
    if differing and not _differ_in_outputs_only(start.model, model):
        raise RauError(
            f"{listed(f'The model in {start.source} is another than {model.name} here', differing)}\nLeave --model and its "
            "arguments out to build the model as it was there."
        )
    for one, other in fitting:
        other.assign(one)
    _warn_of_other_classes(start, model)
    return differing


def _warn_of_other_classes(start: Start, model: keras.Model) -> None:
    """Say when the last layer takes over what was learned of other classes."""
    there, here = (getattr(each, "output_description", None) for each in (start.model, model))
    if there is None or here is None or there.channels != here.channels or there.channels == 1:
        return
    if (there.names, there.overlapping) != (here.names, here.overlapping):
        warnings.warn(
            f"{start.source} was trained on the classes {', '.join(there.names)} ({there.kind}), and this training is of "
            f"{', '.join(here.names)} ({here.kind}): each channel begins with what was learned of the class in its place.",
            stacklevel=3,
        )


def start_line(start: Start, fresh: list[str]) -> str:
    """Return the line that says from which model a training starts."""
    left = f"; left fresh, because classes or outline styles differ: {'; '.join(fresh)}" if fresh else ""
    return f"starting from the weights of {start.source}{left}"


def check_unseen(start: Start, sets: Mapping[str, Iterable[Any]], allow: bool = False) -> None:
    """Refuse to test on images that the trained model has learned from, or to choose by them.

    Images of the archives are known by their ids. Where files have names of their own, equal names may be other images:
    then it is a warning.

    Args:
        start: the trained model.
        sets: samples by set; all but `train` are looked at.
        allow: warn in any case.

    Raises:
        DataError: images would be tested on that were trained on before.
    """
    learned, chosen = trained_on(start.info), chosen_by(start.info)
    for part, samples in sets.items():
        seen = {"train": set(), "val": learned}.get(part, learned | chosen)
        known = [sample for sample in samples if identity(sample.id, sample.source) in seen]
        if not known:
            continue
        names = ", ".join(sample.id for sample in known[:3])
        text = f"{len(known)} images of the set {part} ({names}, …) have the ids of images that {start.source} was trained on"
        if allow or all(sample.source in _OWN_NAMES for sample in known):
            warnings.warn(
                f"{text}. If they are the same images, scores on them say little about new ones.", stacklevel=2
            )
            continue
        raise DataError(
            f"{text}: scores on them would say little about new images. Keep its sets (data.split_dir names the folder split "
            "of its run), or set data.allow_leakage=true."
        )


def _as_fed(config: Config, start: Start) -> Start:
    """Warn when the trained model has seen other images than those of this training will be."""
    for name, wanted in (("resize", config.data.resize), ("preprocess", config.data.preprocess)):
        if name in start.info and start.info[name] != wanted:
            warnings.warn(
                f"{start.source} was trained on images with data.{name}={start.info[name]}, and this training goes on with "
                f"{wanted}: what it has learned may not fit.",
                stacklevel=3,
            )
    return start


def _trained_preset(name: str) -> keras.Model:
    if name not in models.list_presets():
        hint = did_you_mean(name, models.list_presets())
        raise UsageError(
            f"There is no file and no preset to start from that is called {name!r}. {hint}Presets: "
            f"{', '.join(models.list_presets())}."
        )
    try:
        return models.from_preset(name, weights="default")
    except ValueError as error:
        raise UsageError(f"Cannot start from {name}: {error}") from error


def _with_weights(config: Config, path: Any) -> keras.Model:
    arguments = {**config.model.arguments, **class_arguments(config)}
    try:
        model = models.from_preset(config.model.name, weights=None, **arguments)
        load_weights(model, path, otherwise="name its preset and arguments with --model and --set model.KEY=VALUE.")
    except RauError:
        raise
    except ValueError as error:
        raise RauError(str(error)) from error
    return model


def _by_layer(model: keras.Model) -> dict[str, list[Any]]:
    # Side outputs are no part of the graph from image to mask.
    layers = (*model.layers, *getattr(model, "_side_heads", ()))
    return {layer.name: layer.weights for layer in layers if layer.weights}


def _differ_in_outputs_only(one: keras.Model, other: keras.Model) -> bool:
    if type(one) is not type(other) or not isinstance(one, models.SegmentationModel):
        return False
    first, second = one.get_config(), other.get_config()
    differing = {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
    changed = differing - _WITHOUT_WEIGHTS
    return bool(changed) and changed <= _OF_OUTPUTS

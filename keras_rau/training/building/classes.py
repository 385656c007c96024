"""The classes of an experiment: what the masks hold decides what the model gives and what is measured."""

from typing import Any

from keras_rau import metrics
from keras_rau.datasets.classes.description import IGNORED
from keras_rau.errors import RauError, UsageError
from keras_rau.outputs import Outputs
from keras_rau.training.config import Config

_HOW = (
    "Say what the masks hold with data.classes, such as --set 'data.classes={0: background, 1: nevus, 2: melanoma}' "
    "(--set data.classes=3 for phantoms)"
)


def model_outputs(config: Config) -> Outputs:
    """Return the classes of the model that is trained: those of the masks.

    Raises:
        UsageError: the arguments of the model say something else.

    Example:
        >>> model_outputs(load_config(overrides={"data.classes": 3})).names
        ('background', 'lesion', 'globules')
    """
    arguments, fitting = config.model.arguments, config.data.outputs
    given = arguments.get("classes", fitting[0].channels)
    chosen = next((one for one in fitting if one.channels == given), None)
    if chosen is None:
        masks = _words(fitting[0])
        advice = _HOW if config.data.classes is None else "Correct data.classes"
        raise UsageError(
            f"The model is to have model.classes={given!r}, but the masks have {masks}. {advice}, or leave model.classes out: "
            "the model gets the classes of the masks."
        )
    names = arguments.get("class_names")
    if names is not None and config.data.classes is None and chosen.channels == 1:
        return Outputs.of(1, names) if len(names) == 1 else _refuse_names(names, chosen)
    if names is not None and tuple(names) != chosen.names:
        _refuse_names(names, chosen)
    activation = arguments.get("output_activation", "auto")
    wrong = {"exclusive": ("sigmoid",), "overlapping": ("softmax", "linear", None), "lesion": ()}[chosen.kind]
    if activation in wrong:
        raise UsageError(
            f"The masks have {_words(chosen)}, for which model.output_activation is "
            f"{'sigmoid' if chosen.overlapping else 'softmax'}: leave it out. Received: {activation!r}"
        )
    return chosen


def _words(outputs: Outputs) -> str:
    if outputs.kind == "lesion":
        return "one lesion class"
    return f"{outputs.channels} {outputs.kind} classes ({', '.join(outputs.names)})"


def _refuse_names(names: Any, outputs: Outputs) -> Any:
    raise UsageError(
        f"model.class_names must be the classes of the masks, {list(outputs.names)}: leave it out. Received: {names!r}"
    )


def class_arguments(config: Config) -> dict[str, Any]:
    """Return the arguments of the model that follow from the masks; none for one lesion class.

    Raises:
        UsageError: the arguments of the configuration contradict the masks.
    """
    outputs = model_outputs(config)
    if config.data.classes is None:
        return {}
    named = {"class_names": list(outputs.names)} if outputs != Outputs() else {}
    several = {"classes": outputs.channels} if outputs.channels > 1 else {}
    return {**several, **named, **({"output_activation": "sigmoid"} if outputs.overlapping else {})}


def ignored(config: Config) -> dict[str, Any]:
    """Return the arguments of losses and metrics that leave out the pixels that belong to no class."""
    if not isinstance(config.data.classes, dict):
        return {}
    from keras_rau.datasets.classes.parsing import parse_classes

    return {"ignore_value": IGNORED} if parse_classes(config.data.classes).has_ignored else {}


def measures_of(config: Config, from_logits: bool = False) -> list[Any]:
    """Return the metrics of every epoch; of several classes also the score of each, as `dice_NAME`.

    Args:
        config: the experiment.
        from_logits: the model gives logits.

    Raises:
        UsageError: a metric takes no several classes.
    """
    outputs = model_outputs(config)
    of_all = {"from_logits": from_logits, **ignored(config)}
    shared = {**of_all, **({"overlapping": True} if outputs.overlapping else {})}
    found: list[Any] = []
    for name in config.metrics:
        if name not in metrics.OF_CLASSES:
            if outputs.channels > 1:
                raise UsageError(
                    f"The metric {name} is of one lesion class; for several there are: {', '.join(metrics.OF_CLASSES)}."
                )
            found.append(metrics.get(name, **of_all))
            continue
        found.append(metrics.get(name, **shared))
        if outputs.channels > 1:
            found += [
                metrics.get(name, name=f"{name}_{label}", class_id=outputs.names.index(label), **shared)
                for label in outputs.foreground
            ]
    return found


def check_masks(config: Config, outputs: Outputs) -> None:
    """Refuse images whose masks have other classes than the configuration says.

    Args:
        config: the experiment.
        outputs: classes of the masks of the samples.

    Raises:
        RauError: they differ, such as for phantoms that were drawn with classes.
    """
    stated = config.data.outputs[0]
    if outputs != stated:
        raise RauError(
            f"The masks in {config.data.data_dir} have {_words(outputs)}, but data.classes says {_words(stated)}. "
            f"{_HOW if config.data.classes is None else 'Correct data.classes'}."
        )

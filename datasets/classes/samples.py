"""What all samples of a set must agree on."""

from collections.abc import Iterable, Sequence

from keras_rau.datasets.classes.description import ClassMasks, target_kind
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError, UsageError
from keras_rau.outputs import Outputs


def common_classes(samples: Sequence[Sample]) -> ClassMasks | None:
    """Return what the masks of samples mean; `None` for masks of one lesion class.

    Files of different forms go together where they give the same classes in the same order.

    Raises:
        DataError: samples have different classes.
    """
    first = samples[0]
    for sample in samples:
        one, other = first.classes, sample.classes
        same = one is other or (one and other and (one.names, one.overlapping) == (other.names, other.overlapping))
        if not same:
            raise DataError(
                f"{first.id} has {target_kind(one)}, {sample.id} has {target_kind(other)}. Load both with the same `classes`."
            )
    return first.classes


def outputs_of_samples(samples: Sequence[Sample]) -> Outputs:
    """Return the classes of a model that is trained on samples.

    Raises:
        DataError: samples have different classes.

    Example:
        >>> outputs_of_samples(load("phantom", "phantoms", classes=3)).names
        ('background', 'lesion', 'globules')
    """
    classes = common_classes(samples) if samples else None
    return Outputs() if classes is None else classes.outputs


def check_fits(outputs: Outputs, samples: Sequence[Sample], what: str = "The model") -> None:
    """Refuse to score predictions of other classes than those of the masks.

    Args:
        outputs: what is predicted.
        samples: what it is held against.
        what: whose outputs they are, for the message.

    Raises:
        UsageError: names, order or kind of the classes differ.
        DataError: samples have different classes.
    """
    if not samples:
        return
    classes = common_classes(samples)
    fitting: Iterable[Outputs] = (Outputs(),) if classes is None else classes.fitting
    for one in fitting:
        if one.kind == outputs.kind and (one.kind == "lesion" or one.names == outputs.names):
            return
    kind = "one lesion class" if outputs.kind == "lesion" else f"{outputs.channels} {outputs.kind} classes"
    advice = (
        "Say what the masks mean with the option `classes` of the data set (--option classes=…)"
        if classes is None
        else "Use a model of these classes in this order, or masks of the model's"
        + (
            " (classes with one name are one: {0: background, 1: lesion, 2: lesion})"
            if outputs.kind == "lesion"
            else ""
        )
    )
    raise UsageError(
        f"{what} gives {kind} ({', '.join(outputs.names)}), and the data set has {target_kind(classes)}: they cannot be "
        f"compared. {advice}."
    )


def check_target(target: str, classes: ClassMasks | None) -> None:
    """Refuse targets that such masks cannot give.

    Raises:
        ValueError: distances of several classes are wanted, or one-hot masks of what is not exclusive.
    """
    if target == "distance" and classes is not None and len(classes.names) > (1 if classes.overlapping else 2):
        raise ValueError(
            f"`target='distance'` is the distance to the border of one lesion class. Received: {target_kind(classes)}"
        )
    if target == "distance" and classes is not None and classes.has_ignored:
        raise ValueError("`target='distance'` cannot leave pixels out: state what they are instead of null.")
    if target == "one_hot" and (classes is None or classes.overlapping):
        raise ValueError(f"`target='one_hot'` is for exclusive classes; leave it out. Received: {target_kind(classes)}")

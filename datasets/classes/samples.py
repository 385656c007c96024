"""What all samples of a set must agree on."""

from collections.abc import Sequence

from keras_rau.datasets.classes.description import ClassMasks, target_kind
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
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

"""How often the classes of a whole set of masks occur: what no single mask can show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_rau.datasets.findings import Finding

if TYPE_CHECKING:
    from keras_rau.datasets.reading.examination import Examination


def occurrence(examinations: Sequence["Examination"]) -> dict[str, dict[str, Any]]:
    """Return how often each class occurs in masks of several classes.

    Args:
        examinations: of the samples; those whose masks could not be read do not count.

    Returns:
        By the name of the class `images`, how many have a pixel of it, and `share`, the mean share of an image that it covers;
        `{}` for masks of one lesion class.
    """
    read = [one.shares for one in examinations if one.shares]
    names = dict.fromkeys(name for shares in read for name in shares)
    return {
        name: {
            "images": sum(shares.get(name, 0) > 0 for shares in read),
            "share": round(sum(shares.get(name, 0) for shares in read) / len(read), 6),
        }
        for name in names
    }


def absent_classes(examinations: Sequence["Examination"]) -> list[Finding]:
    """Return a warning for each class that no mask of the set has.

    A background that never occurs is what class numbers look like that are shifted by one.
    """
    findings = []
    described = next((one.sample.classes for one in examinations if one.shares), None)
    for number, (name, found) in enumerate(occurrence(examinations).items()):
        if found["images"]:
            continue
        count = sum(bool(one.shares) for one in examinations)
        text = f"The class {name!r} occurs in none of {count} masks"
        if number == 0 and not described.overlapping:
            text += (
                ", although it is the background: the class numbers may be shifted by one. Look at a mask, and state what its "
                "values mean."
            )
        else:
            text += ": nothing can be learned of it. Correct what `classes` says, or leave the class out of it."
        findings.append(Finding("class_absent", text))
    return findings

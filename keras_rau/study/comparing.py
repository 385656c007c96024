"""Means over seeds and images, and paired differences."""

from collections.abc import Sequence
from typing import Any

from keras_rau.errors import DataError
from keras_rau.evaluation import compare_scores
from keras_rau.evaluation.paired import holm

Rows = list[dict[str, Any]]


def mean_over_seeds(scores: Sequence[Rows]) -> Rows:
    """Scores per image, each the mean over the seeds.

    Raises:
        DataError: the seeds were not scored on the same images.
    """
    by_id = [{row["id"]: row for row in rows} for rows in scores]
    if any(each.keys() != by_id[0].keys() for each in by_id):
        raise DataError("The seeds of a study are scored on different images: give them one split.")
    keys = [key for key in scores[0][0] if key != "id"]
    return [
        {"id": name, **{key: sum(each[name][key] for each in by_id) / len(by_id) for key in keys}} for name in by_id[0]
    ]


def mean_dice(rows: Rows) -> float:
    """Mean over images."""
    return sum(row["dice"] for row in rows) / len(rows)


def paired_differences(rows: dict[str, Rows], reference: str, key: str = "dice") -> dict[str, dict[str, Any]]:
    """Every line against the reference, image by image, with p values adjusted after Holm (1979).

    Returns:
        What `compare_scores` returns, and `p_holm`, by label.
    """
    others = [label for label in rows if label != reference]
    return adjusted_together({label: compare_scores(rows[label], rows[reference], key) for label in others})


def adjusted_together(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Results of `compare_scores`, each with `p_holm`: its p value adjusted for the number of them."""
    adjusted = holm([result["p_value"] for result in found.values()])
    return {label: {**result, "p_holm": p} for (label, result), p in zip(found.items(), adjusted, strict=True)}

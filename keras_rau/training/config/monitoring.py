"""Metrics of a training, and the one of them that epochs are compared by."""

from collections.abc import Sequence

from pydantic import Field

from keras_rau.suggestion import did_you_mean
from keras_rau.training.config.sections import Section

# keras_rau.metrics.names(), which would import Keras; a test compares them.
METRICS = (
    "dice",
    "iou",
    "miou",
    "threshold_jaccard",
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "roc_auc",
    "pr_auc",
    "best_dice",
    "ece",
)


class TensorBoardSection(Section):
    """Images and curves that TensorBoard shows besides loss, metrics and learning rate."""

    every: int | None = Field(
        5, ge=1, description="epochs from one drawing of images and curves to the next; null: none"
    )
    images: int = Field(4, ge=0, description="validation cases to draw, with truth and prediction")
    pr_curves: bool = Field(True, description="precision-recall curve of all validation pixels")


def checked_metrics(chosen: list[str]) -> list[str]:
    """Refuse metrics that do not exist or are named twice."""
    for name in chosen:
        if name not in METRICS:
            raise ValueError(f"unknown metric {name!r}. {did_you_mean(name, METRICS)}Known: {', '.join(METRICS)}")
        if chosen.count(name) > 1:
            raise ValueError(f"{name!r} is named twice")
    return chosen


def logged(chosen: list[str]) -> list[str]:
    """Names of the values of an epoch.

    Example:
        >>> logged(["dice"])
        ['loss', 'val_loss', 'dice', 'val_dice']
    """
    return [name for each in ("loss", *chosen) for name in (each, f"val_{each}")]


def checked_monitor(name: str, chosen: list[str], classes: Sequence[str] = ()) -> str:
    """Refuse to watch a value that nobody computes; `classes` have values of their own."""
    known = logged([*chosen, *(f"{metric}_{label}" for metric in chosen for label in classes)])
    if name in known:
        return name
    metric = name.removeprefix("val_")
    hint = f"Add {metric} to the metrics. " if metric in METRICS else did_you_mean(name, known)
    raise ValueError(f"no epoch has a value of this name. {hint}Known: {', '.join(map(repr, known))}")

"""Scores by who or what drew the outline: how far a model, its threshold and its styles follow each habit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keras_rau.datasets.samples import Sample
from keras_rau.errors import UsageError
from keras_rau.evaluation.groups import breakdown, group_of
from keras_rau.evaluation.scoring import evaluate
from keras_rau.evaluation.thresholds import best_threshold, dice_by_threshold
from keras_rau.strangers import shown


def style_scores(
    predictor: Any,
    samples: Sequence[Sample],
    rows: Sequence[dict[str, Any]],
    column: str,
    *,
    open_style: Callable[[str], Any] | None = None,
    styles: Mapping[str, str] | None = None,
    console: Any = None,
) -> dict[str, dict[str, Any]]:
    """Score the groups of images whose outlines were drawn in the same way.

    The best threshold is chosen on the very images that it is scored on: it tells how much of a habit is a matter of larger or
    smaller masks, and is no score of the model.

    Args:
        predictor: a `keras_rau.export.Predictor` of one lesion class.
        samples: with masks.
        rows: what `evaluate` returned for them.
        column: of their metadata, such as `"tool"`.
        open_style: returns the predictor of an outline style, by name.
        styles: outline style of each value of the column, see `styles_of_values`.
        console: `rich.console.Console` for progress bars.

    Returns:
        By the value of the column: what `breakdown` returns, `best_threshold`, `dice_at_best_threshold`; where the value has
        an outline style also `style`, and under `own_style` what `evaluate` returns for that style on these images.

    Raises:
        RauError: no sample has such a column.
        UsageError: the classes exclude each other.

    Example:
        >>> style_scores(predictor, test, rows, "tool")["T2"]["best_threshold"]
        0.95
    """
    found = breakdown(rows, samples, column)
    for value, result in found.items():
        group = [sample for sample in samples if group_of(sample, column) == value]
        scores = dice_by_threshold(predictor, group, console)
        best = best_threshold(scores)
        result |= {"best_threshold": best, "dice_at_best_threshold": scores[best]}
        style = (styles or {}).get(value)
        if style is not None and open_style is not None:
            result |= {"style": style, "own_style": evaluate(open_style(style), group, console)[1]}
    return found


def styles_of_values(names: Sequence[str], values: Mapping[str, str]) -> dict[str, str]:
    """Return the outline style of each value of a column: as stated, else that of the same name.

    Args:
        names: styles of the model.
        values: style by value.

    Raises:
        UsageError: a value is said to be of a style that the model does not have.

    Example:
        >>> styles_of_values(("tight", "loose"), {"T2": "tight"})["T2"]
        'tight'
    """
    for value, style in values.items():
        if style not in names:
            known = f"Styles of this model: {', '.join(names)}." if names else "This model has no outline styles."
            raise UsageError(f"Unknown outline style. {known} Received: {shown(f'{value}={style}')}")
    return {**{name: name for name in names}, **values}


def style_table(column: str, groups: dict[str, dict[str, Any]]) -> Any:
    """`rich.table.Table` of what `style_scores` returns, one group a row."""
    from rich.table import Table

    titles = [column, "images", "dice", "95 % interval", "sensitivity", "best threshold", "dice there"]
    own = any("own_style" in result for result in groups.values())
    titles += ["own style", "its dice", "95 % interval"] if own else []
    table = Table(*titles, title=f"by {column}; the best thresholds are chosen on these images")
    for value, result in groups.items():
        cells = [value, str(result["n_images"]), *_dice(result), f"{result['sensitivity']:.4f}"]
        cells += [f"{result['best_threshold']:.2f}", f"{result['dice_at_best_threshold']:.4f}"]
        if own:
            cells += [result["style"], *_dice(result["own_style"])] if "own_style" in result else [""] * 3
        table.add_row(*cells)
    return table


def _dice(result: dict[str, Any]) -> tuple[str, str]:
    low, high = result["ci95"]["dice"]
    return f"{result['dice']:.4f}", f"{low:.4f} to {high:.4f}"

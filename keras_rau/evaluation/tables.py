"""Scores as tables for a terminal."""

from typing import Any

from keras_rau.evaluation.summary import score_keys

# Scores whose values say little of a single class.
_OF_ALL_CLASSES = ("miou", "threshold_jaccard", "accuracy")


def table(result: dict[str, Any]) -> Any:
    """`rich.table.Table` of a summary."""
    from rich.table import Table

    title = f"{result['n_images']} images of {result.get('dataset', '?')}, {result.get('split', 'all')}"
    shown = Table("score", "mean", "95 % interval", title=title)
    for key in score_keys(result["ci95"]):
        shown.add_row(key, *_mean_and_interval(result, key))
    for name, found in result.get("by_class", {}).items():
        shown.add_section()
        for key in score_keys(found["ci95"]):
            if key not in _OF_ALL_CLASSES:
                shown.add_row(f"{key} {name}", *_mean_and_interval(found, key))
    return shown


def breakdown_table(column: str, groups: dict[str, dict[str, Any]]) -> Any:
    """`rich.table.Table` of what `breakdown` returns, the groups below each other for every score."""
    from rich.table import Table

    shown = Table("score", column, "images", "mean", "95 % interval", title=f"by {column}")
    for key in score_keys(next(iter(groups.values()))["ci95"]):
        for number, (group, result) in enumerate(groups.items()):
            shown.add_row("" if number else key, group, str(result["n_images"]), *_mean_and_interval(result, key))
        shown.add_section()
    return shown


def threshold_table(result: dict[str, Any]) -> Any:
    """`rich.table.Table` of the mean Dice at each threshold."""
    from rich.table import Table

    shown = Table("threshold", "dice", title="thresholds")
    for value, score in result["thresholds"].items():
        shown.add_row(f"{value:.2f}", f"{score:.4f}{' best' if value == result['best_threshold'] else ''}")
    return shown


def comparison_table(result: dict[str, Any]) -> Any:
    """`rich.table.Table` of what `compare_scores` returns."""
    from rich.table import Table

    low, high = result["ci95"]
    shown = Table(result["key"], "", title=f"A against B on {result['n']} images")
    shown.add_row("mean of A", f"{result['mean_a']:.4f}")
    shown.add_row("mean of B", f"{result['mean_b']:.4f}")
    shown.add_row("A − B", f"{result['difference']:+.4f}")
    shown.add_row("95 % interval of A − B", f"{low:+.4f} to {high:+.4f}")
    shown.add_row("Wilcoxon signed-rank p", f"{result['p_value']:.3g}")
    shown.add_row("A better / equal / worse", f"{result['wins']} / {result['ties']} / {result['losses']}")
    return shown


def _mean_and_interval(result: dict[str, Any], key: str) -> tuple[str, str]:
    low, high = result["ci95"][key]
    return f"{result[key]:.4f}", f"{low:.4f} to {high:.4f}"

"""Comparisons of runs as tables for a terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_rau.evaluation.paired import lower_is_better


def run_tables(result: dict[str, Any]) -> Iterator[Any]:
    """`rich.table.Table`s of what `compare_runs` returns: settings, surroundings, scores; tables without rows are left out."""
    from rich.table import Table

    names = _short([run["path"] for run in result["runs"]])
    for key, title in (("config", "settings that differ"), ("environment", "surroundings that differ")):
        if result[key]:
            shown = Table("key", *names.values(), title=title)
            for name, values in result[key].items():
                shown.add_row(name, *("–" if value is None else str(value) for value in values))
            yield shown
    scored = [run for run in result["runs"] if "mean" in run]
    if scored:
        shown = Table("run", "images", f"mean {result['key']}", "95 % interval", "best epoch", title="scores")
        for run in scored:
            low, high = run["ci95"]
            best = f"{run['best_epoch']} of {run['epochs']}" if run["best_epoch"] else "–"
            shown.add_row(
                names[run["path"]], str(run["n_images"]), f"{run['mean']:.4f}", f"{low:.4f} to {high:.4f}", best
            )
        yield shown
    if result["pairs"]:
        yield _pairs_table(result, names)


def _pairs_table(result: dict[str, Any], names: dict[str, str]) -> Any:
    from rich.table import Table

    first = names[result["pairs"][0]["against"]]
    order = ", lower is better" if lower_is_better(result["key"]) else ""
    several = len(result["pairs"]) > 1
    columns = ["run", f"difference to {first}", "95 % interval", "Wilcoxon p", *(["p (Holm)"] if several else [])]
    shown = Table(*columns, "better / equal / worse", title=f"paired differences, {result['key']}{order}")
    for pair in result["pairs"]:
        low, high = pair["ci95"]
        row = [names[pair["run"]], f"{pair['difference']:+.4f}", f"{low:+.4f} to {high:+.4f}", f"{pair['p_value']:.3g}"]
        row += [f"{pair['p_holm']:.3g}"] if several else []
        shown.add_row(*row, f"{pair['wins']} / {pair['ties']} / {pair['losses']}")
    return shown


def _short(paths: list[str]) -> dict[str, str]:
    """The fewest last parts of the paths that tell them apart."""
    parts = {path: Path(path).resolve().parts for path in paths}
    for count in range(1, max(map(len, parts.values())) + 1):
        found = {path: "/".join(part[-count:]) for path, part in parts.items()}
        if len(set(found.values())) == len(paths):
            return found
    return {path: path for path in paths}

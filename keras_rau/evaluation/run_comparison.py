"""What differs between trainings: settings, surroundings, scores image by image."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.evaluation.paired import compare_scores, holm
from keras_rau.evaluation.score_files import read_csv
from keras_rau.evaluation.summary import bootstrap_interval
from keras_rau.strangers import LARGEST_JSON, parse_json, read_text
from keras_rau.yaml_text import read_yaml

# Of environment.json: what is another in every start, or says nothing about figures.
_OF_EACH_START = ("started", "command", "earlier_starts", "resumed_after")


def compare_runs(paths: Sequence[Path], score: str = "dice", common: bool = False) -> dict[str, Any]:
    """Compare two or more trainings, or tables of scores.

    Args:
        paths: run directories, and CSV files of `keras-rau evaluate --csv`; every other one is compared with the first.
        score: the score to compare.
        common: compare the images that all have scores of; otherwise it is an error when they differ.

    Returns:
        `runs`: for each its `path`, `n_images`, `mean` and `ci95` of the score, `epochs` and `best_epoch` (`None` where
        unknown). `config` and `environment`: the settings and surroundings that differ, by key, with the value of each
        run directory in the order of `runs` (`None` where it has none). `pairs`: for each other run what
        `compare_scores` says of it against the first, with `run`, and `p_holm`, the p-value corrected for the number of
        comparisons (Holm 1979). `without_scores`: runs that have none yet. `left_out`: number of images that are not
        common to all.

    Raises:
        UsageError: fewer than two are given, or one twice.
        DataError: something is not a run, has no such score, or the images differ.

    Example:
        >>> compare_runs([Path("runs/first"), Path("runs/second")])["config"]
        {'loss.name': ['compound', 'dice']}
    """
    if len(paths) < 2 or len({os.path.realpath(path) for path in paths}) < len(paths):
        raise UsageError(f"Name two or more different runs to compare. Received: {', '.join(map(str, paths))}")
    for path in paths:
        if path.is_dir() and not (path / "config.yaml").exists() and not (path / "scores.csv").exists():
            raise DataError(f"{path} is not a run directory: it has neither config.yaml nor scores.csv.")
    rows = {str(path): read_csv(path) for path in paths if not path.is_dir() or (path / "scores.csv").exists()}
    shown, left_out = _same_images(rows, common)
    return {
        "key": score,
        "runs": [_summary(path, shown.get(str(path)), score) for path in paths],
        "config": _differences([_flat(_yaml(path / "config.yaml")) for path in paths], paths),
        "environment": _differences([_flat(_surroundings(path)) for path in paths], paths),
        "pairs": _pairs([(str(path), shown[str(path)]) for path in paths if str(path) in shown], score),
        "without_scores": [str(path) for path in paths if str(path) not in shown],
        "left_out": left_out,
    }


def _same_images(rows: dict[str, list[dict[str, Any]]], common: bool) -> tuple[dict[str, list[dict[str, Any]]], int]:
    if not rows:
        return rows, 0
    sets = {name: {row["id"] for row in found} for name, found in rows.items()}
    shared, every = set.intersection(*sets.values()), set.union(*sets.values())
    if shared == every:
        return rows, 0
    if not common:
        counts = ", ".join(f"{name}: {len(found)}" for name, found in sets.items())
        raise DataError(
            f"The runs were scored on different images ({counts}; {len(shared)} in all of them). Score them on the same ones "
            "with keras-rau evaluate --csv, or compare the common ones alone with --common."
        )
    if not shared:
        raise DataError("No image was scored for all of the runs.")
    return {name: [row for row in found if row["id"] in shared] for name, found in rows.items()}, len(every - shared)


def _summary(path: Path, rows: list[dict[str, Any]] | None, score: str) -> dict[str, Any]:
    training = _json(path / "metrics.json").get("training", {})
    found: dict[str, Any] = {"path": str(path)}
    if rows is not None:
        _check_score(rows, score, path)
        values = np.array([row[score] for row in rows])
        interval = bootstrap_interval(values).tolist()
        found |= {"n_images": len(rows), "mean": float(values.mean()), "ci95": interval}
    return {**found, "epochs": training.get("epochs"), "best_epoch": training.get("best_epoch")}


def _check_score(rows: list[dict[str, Any]], score: str, path: Path) -> None:
    if rows and score not in rows[0]:
        known = ", ".join(name for name in rows[0] if name != "id")
        raise DataError(f"The scores of {path} have no such column. Known: {known}. Received: {score!r}")


def _pairs(scored: list[tuple[str, list[dict[str, Any]]]], score: str) -> list[dict[str, Any]]:
    if len(scored) < 2:
        return []
    (first, reference), *others = scored
    pairs = [{"run": name, "against": first, **compare_scores(rows, reference, score)} for name, rows in others]
    adjusted = holm([pair["p_value"] for pair in pairs])
    return [{**pair, "p_holm": p} for pair, p in zip(pairs, adjusted, strict=True)]


def _differences(trees: list[dict[str, Any]], paths: Sequence[Path]) -> dict[str, list[Any]]:
    # A table of scores says nothing about settings.
    known = [tree for tree, path in zip(trees, paths, strict=True) if path.is_dir()]
    keys = list(dict.fromkeys(key for tree in known for key in tree))
    return {
        key: [tree.get(key) for tree in trees]
        for key in keys
        if any(tree.get(key) != known[0].get(key) for tree in known)
    }


def _surroundings(path: Path) -> dict[str, Any]:
    found = _json(path / "environment.json")
    return {key: value for key, value in found.items() if key not in _OF_EACH_START}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = read_yaml(path) if path.exists() else {}
    except RauError as error:
        raise DataError(f"Cannot read {error}") from error
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict[str, Any]:
    text = read_text(path, LARGEST_JSON) if path.exists() else "null"
    # An evaluation that was cut leaves `null`.
    return {} if text.strip() == "null" else parse_json(text, path)


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        found |= _flat(value, f"{name}.") if isinstance(value, dict) and value else {name: value}
    return found

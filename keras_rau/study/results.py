"""Everything a study found, as one dictionary that tables and plots are made from."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.environment import git_revision, machine, versions
from keras_rau.evaluation import breakdown, compare_scores, summarise
from keras_rau.study.cells import Cell
from keras_rau.study.costs import cell_costs
from keras_rau.study.design import Design, Row
from keras_rau.study.scores import (
    Rows,
    adjusted_together,
    cell_scores,
    chosen_epoch,
    mean_dice,
    mean_over_seeds,
    paired_differences,
    scores_elsewhere,
)
from keras_rau.study.study_file import StudyFile


def collect(design: Design, console: Console, measure: bool = True) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Score the finished rows of a study of one data set.

    Args:
        design: the study.
        console: where progress goes.
        measure: measure costs that are not known yet, where the study asks for them.

    Returns:
        The results; and the scores per image of the chosen checkpoints by label.
    """
    source = design.sources[0]
    complete = [row for row in design.rows if all(cell.finished for cell in row.cells)]
    chosen: dict[str, Rows] = {}
    lines = []
    for row in complete:
        epochs = [chosen_epoch(cell, console) for cell in row.cells]
        per_seed = [cell_scores(cell, "test", epoch, console) for cell, epoch in zip(row.cells, epochs, strict=True)]
        chosen[row.label] = mean_over_seeds(per_seed)
        at = {
            str(epoch): summarise(mean_over_seeds([cell_scores(cell, "test", epoch, console) for cell in row.cells]))
            for epoch in source.epochs
        }
        lines.append({**_facts(row), **_chosen(epochs, per_seed, chosen[row.label]), "at": at})
    if design.file.costs:
        (reference,) = (row.cells[0] for row in design.rows if row.label == design.reference)
        costs = cell_costs([row.cells[0] for row in complete], reference, console, measure)
        lines = [line if cost is None else {**line, "cost": cost} for line, cost in zip(lines, costs, strict=True)]
    results = {
        **surroundings(design),
        "rows": lines,
        "missing": {
            row.label: [cell.name for cell in row.cells if not cell.finished]
            for row in design.rows
            if row not in complete
        },
        "reference": design.reference,
        "remarks": list(design.remarks),
        "differences": paired_differences(chosen, design.reference) if design.reference in chosen else {},
    }
    results |= _printed(design.file, source.dataset)
    if design.groups and complete:
        samples = complete[0].cells[0].samples("test")
        results["groups"] = {
            column: {label: breakdown(rows, samples, column) for label, rows in chosen.items()}
            for column in design.groups
        }
    return results, chosen


def collect_transfer(design: Design, console: Console) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Score each model on the other data set, beside the one that was trained there.

    Returns:
        The results; and the scores per image by label.
    """
    scores: dict[str, Rows] = {}
    lines = []
    for row, source in zip(design.rows, design.sources, strict=True):
        (other,) = (each for each in design.sources if each is not source)
        (there,) = (each for each in design.rows if each is not row)
        epochs = [chosen_epoch(cell, console) for cell in row.cells]
        pairs = list(zip(row.cells, epochs, strict=True))
        elsewhere = there.cells[0].config.data
        everywhere = [scores_elsewhere(cell, epoch, elsewhere, console) for cell, epoch in pairs]
        test = {sample.id for sample in there.cells[0].samples("test")}
        found = {
            (source.dataset, "test"): [cell_scores(cell, "test", epoch, console) for cell, epoch in pairs],
            (other.dataset, "test"): [[one for one in rows if one["id"] in test] for rows in everywhere],
            (other.dataset, "all"): everywhere,
        }
        for (tested, part), per_seed in found.items():
            label = f"trained on {source.dataset}, tested on {tested} ({part})"
            scores[label] = mean_over_seeds(per_seed)
            facts = {**_facts(row), "label": label, "trained_on": source.dataset, "tested_on": tested, "images": part}
            lines.append({**facts, **_chosen(epochs, per_seed, scores[label])})
    differences = {}
    for tested in design.sources:
        (other,) = (each for each in design.sources if each is not tested)
        home, away = (f"trained on {trained.dataset}, tested on {tested.dataset} (test)" for trained in (tested, other))
        differences[away] = compare_scores(scores[away], scores[home])
    differences = adjusted_together(differences)
    return {**surroundings(design), "rows": lines, "missing": {}, "differences": differences}, scores


def surroundings(design: Design) -> dict[str, Any]:
    """Return the origin of the figures: versions, data, settings, trainings; without paths of this machine."""
    images = {}
    for source in design.sources:
        for cell in design.cells:
            if cell.config.data.dataset == source.dataset and cell.finished:
                images[source.dataset] = cell.recorded(cell.run.metrics, "training", "images")
    return {
        "study": design.name,
        "title": design.file.title,
        "versions": versions(),
        "git": git_revision(),
        "machine": machine(),
        "datasets": [source.dataset for source in design.sources],
        "images": images,
        "epochs": {source.dataset: list(source.epochs) for source in design.sources},
        "models": list(dict.fromkeys(each.config.model.name for each in design.cells)),
        "seeds": sorted({each.config.seed for each in design.cells if each.config.seed is not None}),
        "settings_of_first": without_folders(design.cells[0].config.model_dump(mode="json")),
        "trainings": {cell.name: _training(cell) for cell in design.cells if cell.finished},
    }


def command_line(words: Sequence[str]) -> str:
    """The words of a command line, with absolute folders shortened to their names.

    Example:
        >>> command_line(["study", "losses", "--data-dir", "/home/me/ISIC2018"])
        'keras-rau study losses --data-dir .../ISIC2018'
    """
    parts = [word.rpartition("=") for word in words]
    return shlex.join(["keras-rau", *(f"{key}{equals}{without_folders(value)}" for key, equals, value in parts)])


def without_folders(value: Any) -> Any:
    """A value, or what a tree of settings holds, with absolute paths shortened to their last name."""
    if isinstance(value, dict):
        return {key: without_folders(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_folders(each) for each in value]
    return f".../{Path(value).name}" if isinstance(value, str) and os.path.isabs(value) else value


def _training(cell: Cell) -> dict[str, Any]:
    """Return how a cell was trained; it may have been long ago, by another version."""
    environment = cell.run.environment
    earlier = cell.recorded(environment).get("earlier_starts", [])
    seconds = "seconds_in_fit_of_last_start"
    return {
        "seed": cell.config.seed,
        **{key: cell.recorded(environment, key) for key in ("git", "versions", "machine")},
        "starts": 1 + (len(earlier) if isinstance(earlier, list) else 0),
        seconds: cell.recorded(cell.run.metrics, "training", seconds),
    }


def _chosen(epochs: list[int], per_seed: list[Rows], mean: Rows) -> dict[str, Any]:
    """Scores of the checkpoints that were chosen on validation images."""
    return {"chosen_epochs": epochs, "chosen": summarise(mean), "dice_by_seed": [mean_dice(rows) for rows in per_seed]}


def _facts(row: Row) -> dict[str, Any]:
    """Trainings of a line and the size of its model."""
    first = row.cells[0]
    config = first.config.model_dump(mode="json")
    return {
        "label": row.label,
        "cells": [cell.name for cell in row.cells],
        "model": without_folders(config["model"]),
        "loss": config["loss"],
        "balance": config["data"]["balance"],
        "parameters": first.recorded(first.run.metrics, "training", "parameters"),
    }


def _printed(file: StudyFile, dataset: str) -> dict[str, Any]:
    """Return what publications print of a data set, to stand beside our figures."""
    found: dict[str, Any] = {}
    if file.paper is not None and dataset in file.paper.rows:
        found["paper"] = {
            "text": file.paper.text,
            "column": file.paper.column,
            "losses": {
                label: {
                    str(epoch): {"dice": dice, "miou": miou}
                    for epoch, dice, miou in zip(file.paper.epochs, scores["dice"], scores["miou"], strict=True)
                }
                for label, scores in file.paper.rows[dataset].items()
            },
            "remark": file.paper.remarks.get(dataset),
        }
    if file.networks is not None and dataset in file.networks.rows:
        remark = file.networks.remarks.get(dataset)
        found["paper_networks"] = {
            "networks": file.networks.rows[dataset],
            "remark": f"{file.networks.text} {remark}" if remark else file.networks.text,
        }
    if dataset in file.published:
        found["published"] = {
            name: {"dice": dice, "iou": iou, "where": where}
            for name, (dice, iou, where) in file.published[dataset].items()
        }
    return found

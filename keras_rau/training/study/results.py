"""Everything a study found, as one dictionary that tables and plots are made from."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.evaluation import breakdown, summarise
from keras_rau.training.reproducibility import git_revision, machine, versions
from keras_rau.training.study import paper_tables
from keras_rau.training.study.comparing import Rows, mean_over_seeds, paired_differences
from keras_rau.training.study.designs import Design, Row
from keras_rau.training.study.scoring import cell_scores, chosen_epoch, scores_elsewhere


def collect(design: Design, console: Console) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Score the finished rows of a study of one data set.

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
        lines.append({**_facts(row), "chosen_epochs": epochs, "chosen": summarise(chosen[row.label]), "at": at})
    results = {
        **surroundings(design),
        "rows": lines,
        "missing": [row.label for row in design.rows if row not in complete],
        "reference": design.reference,
        "differences": paired_differences(chosen, design.reference) if design.reference in chosen else {},
    }
    if design.name == "losses" and source.dataset in paper_tables.LOSSES:
        results["paper"] = _paper(source.dataset)
    if design.groups and complete:
        samples = complete[0].cells[0].samples("test")
        columns = list(dict.fromkeys(("lesion_size", *design.groups)))
        results["groups"] = {
            column: {label: breakdown(rows, samples, column) for label, rows in chosen.items()} for column in columns
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
        everywhere = mean_over_seeds([scores_elsewhere(cell, epoch, other, console) for cell, epoch in pairs])
        test = {sample.id for sample in there.cells[0].samples("test")}
        found = {
            (source.dataset, "test"): mean_over_seeds(
                [cell_scores(cell, "test", epoch, console) for cell, epoch in pairs]
            ),
            (other.dataset, "test"): [one for one in everywhere if one["id"] in test],
            (other.dataset, "all"): everywhere,
        }
        for (tested, part), rows in found.items():
            label = f"trained on {source.dataset}, tested on {tested} ({part})"
            scores[label] = rows
            facts = {**_facts(row), "label": label, "trained_on": source.dataset, "tested_on": tested, "images": part}
            lines.append({**facts, "chosen_epochs": epochs, "chosen": summarise(rows)})
    differences = {}
    for tested in design.sources:
        (other,) = (each for each in design.sources if each is not tested)
        home, away = (f"trained on {trained.dataset}, tested on {tested.dataset} (test)" for trained in (tested, other))
        differences |= paired_differences({home: scores[home], away: scores[away]}, home)
    return {**surroundings(design), "rows": lines, "missing": [], "differences": differences}, scores


def surroundings(design: Design) -> dict[str, Any]:
    """Where the figures come from: command, versions, data, settings; without paths of this machine."""
    cell = design.cells[0]
    config = cell.config.model_dump(mode="json")
    config["data"].pop("data_dir")
    images = {}
    for source in design.sources:
        run = next(each.run for each in design.cells if each.config.data.dataset == source.dataset)
        if run.metrics.exists():
            images[source.dataset] = json.loads(run.metrics.read_text())["training"]["images"]
    return {
        "study": design.name,
        "title": design.title,
        "command": _command(),
        "versions": versions(),
        "git": git_revision(),
        "machine": machine(),
        "datasets": [source.dataset for source in design.sources],
        "images": images,
        "epochs": {source.dataset: list(source.epochs) for source in design.sources},
        "seeds": sorted({each.config.seed for each in design.cells if each.config.seed is not None}),
        "settings_of_first": config,
    }


def _command() -> str:
    """The words of the command line, with folders shortened to their names."""
    words = ["keras-rau", *sys.argv[1:]]
    return " ".join(
        f"{key}{eq}.../{Path(path).name}" if path.startswith("/") else word for word, (key, eq, path) in _split(words)
    )


def _split(words: list[str]) -> list[tuple[str, tuple[str, str, str]]]:
    return [(word, word.rpartition("=") if "=" in word else ("", "", word)) for word in words]


def _facts(row: Row) -> dict[str, Any]:
    """Size and cost of the trainings of a line."""
    trainings = [json.loads(cell.run.metrics.read_text())["training"] for cell in row.cells]
    return {
        "label": row.label,
        "cells": [cell.name for cell in row.cells],
        "parameters": trainings[0]["parameters"],
        "training_seconds": [training["seconds_in_fit_of_last_start"] for training in trainings],
    }


def _paper(dataset: str) -> dict[str, Any]:
    printed = {
        loss: {str(epoch): {"dice": d, "miou": m} for epoch, d, m in zip(paper_tables.EPOCHS, dice, miou, strict=True)}
        for loss, (dice, miou) in paper_tables.LOSSES[dataset].items()
    }
    return {"losses": printed, "remark": paper_tables.REMARKS.get(dataset)}

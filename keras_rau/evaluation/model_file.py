"""Scoring a model file on a data set."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_rau.datasets.files import existing_folder
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.registry import load
from keras_rau.datasets.splitting.leaking import identity
from keras_rau.datasets.splitting.split_files import apply_split
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation.folders import check_free
from keras_rau.evaluation.groups import breakdown, check_columns
from keras_rau.evaluation.scoring import evaluate
from keras_rau.evaluation.surface import Spacing
from keras_rau.evaluation.thresholds import best_threshold, dice_by_threshold
from keras_rau.evaluation.worst import write_worst


def evaluate_file(
    path: Path,
    dataset: str,
    data_dir: Path,
    split: str | None = None,
    image_size: int | None = None,
    console: Any = None,
    surface: bool = False,
    spacing: Spacing | None = None,
    by: Sequence[str] = (),
    worst: Path | None = None,
    options: Mapping[str, Any] | None = None,
    find_threshold: bool = False,
    **refinement: Any,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a model file on a data set; arguments as of `keras-rau evaluate`, `refinement` as of `Predictor`.

    Returns:
        What `evaluate` returns; the summary also says what was scored on what and with which `refinement`, and holds `by`:
        what `breakdown` returns, by column, and `thresholds` and `best_threshold`.

    Raises:
        RauError: the model or the data cannot be used, `split` is a set and no split came with the model, `split` is `None`
            and some of the images were trained on, there is no such column, or the folder `worst` is taken.
    """
    from keras_rau.export import Predictor
    from keras_rau.training.reproducibility import versions

    if worst is not None:
        check_free(worst, "--worst")
    samples = chosen_samples(path, dataset, data_dir, split, options)
    check_columns(samples, by)
    predictor = Predictor(path, image_size=image_size, **refinement)
    rows, summary = evaluate(predictor, samples, console, surface=surface, spacing=spacing)
    result = {**summary, "model": str(path), "dataset": dataset, "split": split or "all", "versions": versions()}
    used = {**predictor.refinement.stated(), "threshold": refinement.get("threshold")}
    if stated := {name: value for name, value in used.items() if value is not None}:
        result["refinement"] = stated
    if find_threshold:
        scores = dice_by_threshold(predictor, samples, console)
        result |= {"thresholds": scores, "best_threshold": best_threshold(scores)}
    if by:
        result["by"] = {column: breakdown(rows, samples, column) for column in by}
    if worst is not None:
        write_worst(predictor, samples, rows, worst)
    return rows, result


def chosen_samples(
    path: Path, dataset: str, data_dir: Path, split: str | None, options: Mapping[str, Any] | None = None
) -> list[Sample]:
    """Samples of the set that a model was trained, chosen or to be tested on; `options` are those of `datasets.load`.

    All for `"all"`, with a warning when some were trained on; all for `None`, if none was.
    """
    from keras_rau.export import read_sidecar

    # A missing folder of phantoms would be drawn.
    samples = load(dataset, existing_folder(data_dir), **(options or {}))
    info = read_sidecar(path)
    if split in (None, "all"):
        _check_not_seen(info, samples, path, asked=split == "all")
        return samples
    if "split" not in info:
        raise RauError(f"No lists of images came with {path}, so that its {split} set is unknown. Use --split all.")
    if info.get("dataset") != dataset:
        raise UsageError(
            f"{path} was trained on {info.get('dataset')}; its {split} set says nothing about {dataset}. Use --split all."
        )
    return apply_split({split: info["split"][split]}, samples, f"the {split} set of {path.name}")[split]


def _check_not_seen(info: dict[str, Any], samples: Sequence[Sample], path: Path, asked: bool) -> None:
    """Scores on images a model was trained or chosen on say nothing; ids of the archive tell across data sets."""
    from keras_rau.export.seen import chosen_by, trained_on

    seen = trained_on(info) | chosen_by(info)
    known = [sample.id for sample in samples if identity(sample.id, sample.source) in seen]
    if not known:
        return
    text = f"{len(known)} of these {len(samples)} images were trained on or used to choose the model {path.name}"
    if asked:
        warnings.warn(f"{text}: the scores say little about new images.", stacklevel=2)
        return
    kept_aside = "--split test for the images kept aside, or " if samples[0].source == info.get("dataset") else ""
    raise RauError(f"{text}, among them {', '.join(known[:3])}. Name {kept_aside}--split all to score them anyway.")

"""Scoring a model on samples."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.decoding import read_image, read_mask
from keras_rau.datasets.preprocessing import resize_map
from keras_rau.datasets.registry import load
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.splits import apply_split
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation.scores import image_scores
from keras_rau.evaluation.summary import summarise

_BATCH = 8


def evaluate(
    predictor: Any, samples: Sequence[Sample], console: Any = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a predictor on every sample, at the size of its mask.

    Args:
        predictor: a `keras_rau.export.Predictor`, or anything with its `predict_batch` and `threshold`.
        samples: samples with masks.
        console: `rich.console.Console` for a progress bar.

    Returns:
        Scores per image with their ids, and their summary.

    Raises:
        RauError: a sample has no mask or cannot be read.

    Example:
        >>> rows, result = evaluate(Predictor("model.tflite"), test)
    """
    from rich.progress import track

    rows = []
    batches = track(list(_batches(samples)), "scoring", console=console, transient=True, disable=console is None)
    with ThreadPoolExecutor() as pool:
        for batch in batches:
            pairs = list(pool.map(_read, batch))
            maps = predictor.predict_batch([image for image, _ in pairs])
            for sample, (_, truth), probability in zip(batch, pairs, maps, strict=True):
                found = resize_map(probability, truth.shape) >= predictor.threshold
                rows.append({"id": sample.id, **image_scores(truth, found)})
    return rows, summarise(rows)


def _batches(samples: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    for start in range(0, len(samples), _BATCH):
        yield samples[start : start + _BATCH]


def _read(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    if sample.mask is None:
        raise RauError(f"The sample {sample.id} has no mask to score against.")
    return read_image(sample.image), read_mask(sample.mask)


def evaluate_file(
    path: Path, dataset: str, data_dir: Path, split: str = "all", image_size: int | None = None, console: Any = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a model file on a data set; arguments as of `keras-rau evaluate`.

    Raises:
        RauError: the model or the data cannot be used, or `split` is not `"all"` and no split came with the model.
    """
    from keras_rau.export import Predictor
    from keras_rau.training.reproducibility import versions

    samples = chosen_samples(path, dataset, data_dir, split)
    rows, summary = evaluate(Predictor(path, image_size=image_size), samples, console)
    return rows, {**summary, "model": str(path), "dataset": dataset, "split": split, "versions": versions()}


def chosen_samples(path: Path, dataset: str, data_dir: Path, split: str) -> list[Sample]:
    """Samples of the set that a model was trained, chosen or to be tested on; all for `"all"`."""
    from keras_rau.export import read_sidecar

    samples = load(dataset, data_dir)
    if split == "all":
        return samples
    info = read_sidecar(path)
    if "split" not in info:
        raise RauError(f"No lists of images came with {path}, so that its {split} set is unknown. Use --split all.")
    if info.get("dataset") != dataset:
        raise UsageError(
            f"{path} was trained on {info.get('dataset')}; its {split} set says nothing about {dataset}. Use --split all."
        )
    return apply_split({split: info["split"][split]}, samples, f"the {split} set of {path.name}")[split]

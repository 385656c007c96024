"""Scoring a model on samples."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.classes.samples import check_fits
from keras_rau.datasets.files import listed
from keras_rau.datasets.geometry import resize_map
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError, RauError
from keras_rau.evaluation.class_scores import classes_of, mask_scores, occurring
from keras_rau.evaluation.summary import summarise
from keras_rau.evaluation.surface import Spacing
from keras_rau.outputs import Outputs

_BATCH = 8
# Batches decoded ahead of the model, and batches that may wait to be scored behind it.
_AHEAD = 2


class IncompleteScores(DataError):
    """Some images could not be scored, so that there is no mean over all.

    Attributes:
        rows: scores of the others, as `evaluate` returns them.
    """

    def __init__(self, message: str, rows: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.rows = rows


def evaluate(
    predictor: Any,
    samples: Sequence[Sample],
    console: Any = None,
    surface: bool = False,
    spacing: Spacing | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a predictor on every sample, at the size of its mask.

    While the model works on a batch, threads read the next ones and score the last.

    Args:
        predictor: a `keras_rau.export.Predictor`, or anything with its `predict_batch` and `to_mask`.
        samples: samples with masks.
        console: `rich.console.Console` for a progress bar.
        surface: add the scores of the outline, see `surface_scores`.
        spacing: millimetres per pixel of the masks, for `surface`.

    Returns:
        Scores per image with their ids, in the order of the samples; and their summary, which under `seconds` says how
        long it took in all (`total`) and how much of it was spent waiting for `predict_batch` (`model`). Of several classes
        see `mask_scores`; the summary holds the scores of each under `by_class`, and in how many images it occurs
        (`n_present`).

    Raises:
        IncompleteScores: samples have no mask, cannot be read, or the model gives no probabilities for them. All are named,
            after the others have been scored.
        UsageError: the predictor gives other classes than those of the masks.

    Example:
        >>> rows, result = evaluate(Predictor("model.tflite"), test)
    """
    from rich.progress import Progress

    started, in_model = time.monotonic(), 0.0
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    batches = [samples[start : start + _BATCH] for start in range(0, len(samples), _BATCH)]
    outputs = getattr(predictor, "outputs", Outputs())
    check_fits(outputs, samples)
    names, present = classes_of(samples), Counter()
    reading: deque[list[Future]] = deque()
    scoring: deque[list[Future]] = deque()

    def score(sample: Sample, truth: np.ndarray, probability: np.ndarray) -> dict[str, Any]:
        found = predictor.to_mask(resize_map(probability, truth.shape[:2]))
        return {"id": sample.id, **mask_scores(truth, found, outputs, surface=surface, spacing=spacing)}

    pool = ThreadPoolExecutor()
    try:
        with Progress(console=console, transient=True, disable=console is None) as progress:
            task = progress.add_task("scoring", total=len(samples))
            for number, batch in enumerate(batches):
                for later in batches[number + len(reading) : number + 1 + _AHEAD]:
                    reading.append([pool.submit(_read, sample) for sample in later])
                read = [future.result() for future in reading.popleft()]
                problems += [found for found in read if isinstance(found, str)]
                sound = [
                    (sample, *found) for sample, found in zip(batch, read, strict=True) if not isinstance(found, str)
                ]
                present.update(name for _, _, truth in sound if names for name in occurring(truth, outputs))
                asked = time.monotonic()
                maps = _maps(predictor, sound)
                in_model += time.monotonic() - asked
                problems += [found for found in maps if isinstance(found, str)]
                scoring.append(
                    [
                        pool.submit(score, sample, truth, found)
                        for (sample, _, truth), found in zip(sound, maps, strict=True)
                        if not isinstance(found, str)
                    ]
                )
                # Otherwise maps would pile up behind a model that is faster than the scoring.
                while len(scoring) > _AHEAD:
                    rows += [future.result() for future in scoring.popleft()]
                progress.advance(task, len(batch))
            rows += [future.result() for futures in scoring for future in futures]
    finally:
        pool.shutdown(cancel_futures=True)
    if problems:
        raise IncompleteScores(
            listed(
                f"{len(problems)} of {len(samples)} images cannot be scored, and a mean of the others says little",
                problems,
            ),
            rows,
        )
    result = summarise(rows, classes=names)
    for name in names:
        result["by_class"][name]["n_present"] = present[name]
    result["seconds"] = {"total": time.monotonic() - started, "model": in_model}
    return rows, result


def _read(sample: Sample) -> tuple[np.ndarray, np.ndarray] | str:
    """Image and mask of a sample, or why there are none."""
    if sample.mask is None:
        return f"the sample {sample.id} has no mask to score against"
    try:
        return read_sample(sample)
    except (RauError, MemoryError) as error:
        return str(error) or f"{sample.image}: out of memory"


def _maps(predictor: Any, sound: Sequence[tuple[Sample, np.ndarray, np.ndarray]]) -> list[np.ndarray | str]:
    """Probabilities of each sample, or why the model gives none."""
    if not sound:
        return []
    try:
        return list(predictor.predict_batch([image for _, image, _ in sound]))
    except RauError as error:
        if len(sound) == 1:
            return [f"{sound[0][0].image}: {error}"]
        # Of a batch one at a time, so that each image has its own error.
        return [each for one in sound for each in _maps(predictor, [one])]

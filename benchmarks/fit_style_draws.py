"""How often a style fitted on a few images helps, harms, or is rightly left alone, on simulated clinics.

    nice -n 10 python -P benchmarks/fit_style_draws.py --model styles.tflite --isic ISIC2018 --ph2 PH2Dataset

A clinic is a set of images outlined in one way: PH2; images of ISIC 2018 by the tool of the outline (T1, T2, T3); or a sample
of all of ISIC, which has no shift. Many times some images of a clinic are drawn, a style is fitted and cross-validated as
`keras-rau fit-style` does it, and the fit is scored on the clinic's other images. Of ISIC only images that came with the model
as its `test` list are read, which must be images that neither training nor choice has seen; a list that holds images of
`--never` is refused. Intervals are those of a mean over draws; draws of one clinic share images, so that they are too narrow.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from keras_rau import datasets
from keras_rau.environment import versions
from keras_rau.evaluation import write_json
from keras_rau.evaluation.style_fit import MARGIN, PENALTY, cross_validated, dice, fitted, style_mask
from keras_rau.evaluation.style_images import StyleImage, default_masks, style_images
from keras_rau.export import Predictor

TOOLS = ("T1", "T2", "T3")
PENALTIES = (0.01, PENALTY, 0.2)
MARGINS = (0.0, 0.0025, MARGIN, 0.0075, 0.01)
_THINNED = 3  # every third pixel says as much, in a third of the time
_NEVER = Path(__file__).parent / "splits/isic2018/test.txt"
_RESULT = Path(__file__).parent / "results/models/fit_style_draws.json"


def main() -> None:
    """Draw, fit, score, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help=".keras, or the TFLite file of all styles")
    parser.add_argument("--isic", type=Path, required=True, help="folder of ISIC 2018 with outlines.csv")
    parser.add_argument("--ph2", type=Path, required=True, help="folder of PH2")
    parser.add_argument("--never", type=Path, default=_NEVER, help="list of images that must not be read")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20], help="outlined images of a clinic")
    parser.add_argument("--penalties", type=float, nargs="+", default=PENALTIES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=_RESULT)
    arguments = parser.parse_args()
    started, predictor = time.monotonic(), Predictor(arguments.model)
    clinics = dict(_clinics(predictor, arguments))
    about = {
        "model": arguments.model.name,
        "draws": arguments.draws,
        "seed": arguments.seed,
        "pools": {name: len(images) for name, images in clinics.items()},
        "margin_of_the_library": MARGIN,
        "penalty_of_the_library": PENALTY,
        "versions": versions(),
    }
    rows = []
    for name, images in clinics.items():
        before = _before(images, predictor.threshold)
        for size in arguments.sizes:
            for penalty in arguments.penalties:
                rng = np.random.default_rng([arguments.seed, size])
                draws = [_draw(images, before, size, penalty, rng) for _ in range(arguments.draws)]
                rows.append({"clinic": name, "images": size, "penalty": penalty, **_summary(draws)})
                print(json.dumps(rows[-1]), flush=True)
                # What is finished stays when the rest is stopped.
                seconds = round(time.monotonic() - started)
                write_json({**about, "seconds": seconds, "rows": rows}, arguments.output)


def _clinics(predictor: Predictor, arguments: argparse.Namespace) -> Iterator[tuple[str, list[StyleImage]]]:
    console = Console(stderr=True)
    unseen, never = set(predictor.info["split"]["test"]), set(arguments.never.read_text().split())
    if unseen & never:
        raise SystemExit(f"{len(unseen & never)} images of the model's test list are in {arguments.never}.")
    samples = [sample for sample in datasets.load("isic2018", arguments.isic) if sample.id in unseen]
    tools = {sample.id: sample.metadata.get("tool") for sample in samples}
    isic = [_thin(one) for one in style_images(predictor, samples, console)]
    yield "ph2", [_thin(one) for one in style_images(predictor, datasets.load("ph2", arguments.ph2), console)]
    for tool in TOOLS:
        yield tool, [one for one in isic if tools[one.id] == tool]
    yield "no shift", isic


def _thin(image: StyleImage) -> StyleImage:
    return StyleImage(image.id, image.logits[::_THINNED].copy(), image.truth[::_THINNED].copy())


def _before(images: list[StyleImage], threshold: float) -> np.ndarray:
    return np.array([dice(*one) for one in zip(default_masks(images, threshold), images, strict=True)])


def _draw(
    images: list[StyleImage], before: np.ndarray, size: int, penalty: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the gain that cross-validation sees, and the gain on all other images of the clinic."""
    order = rng.permutation(len(images))
    drawn, rest = order[:size], order[size:]
    chosen = [images[place] for place in drawn]
    seen = float((cross_validated(chosen, penalty) - before[drawn]).mean())
    choice = fitted(chosen, penalty)
    true = float(np.mean([dice(style_mask(images[place], choice), images[place]) - before[place] for place in rest]))
    return seen, true


def _summary(draws: list[tuple[float, float]]) -> dict[str, Any]:
    seen, true = np.array(draws).T
    by_margin = {}
    for margin in MARGINS:
        accepted = seen > margin
        by_margin[str(margin)] = {
            "accepted": _share(accepted),
            "accepted_and_harmful": _share(accepted & (true < 0)),
            "gain": _mean(np.where(accepted, true, 0.0)),
        }
    return {"gain_if_always_taken": _mean(true), "gain_seen": _mean(seen), "by_margin": by_margin}


def _mean(values: np.ndarray) -> dict[str, float]:
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return {"mean": float(values.mean()), "low": float(values.mean() - half), "high": float(values.mean() + half)}


def _share(accepted: np.ndarray) -> dict[str, float]:
    """Return a share with its Wilson interval of 95 %."""
    count, share, z = len(accepted), float(accepted.mean()), 1.96
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return {"share": share, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}


if __name__ == "__main__":
    main()

"""What hair removal finds, what it damages, and whether preprocessing helps a segmentation.

Hairs of known place are drawn over hair-poor images of the training set and over phantoms; `find_hair` and `remove_hair` are
scored on them over a grid of parameters. With `--model`, the validation images of that model are segmented with and
without each preprocessing step. The model's test images are never read. Prints tables and writes JSON.
"""

import itertools
import json
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from keras_rau import datasets
from keras_rau.datasets import preprocessing
from keras_rau.datasets.preprocessing.hair import find_hair, remove_hair

GRID = {"kernel": (0.02, 0.035, 0.05), "threshold": (12, 16, 20, 24), "length": (0.04, 0.08, 0.12)}
PAINTS = [(method, radius) for method in ("telea", "navier_stokes") for radius in (1, 3, 5, 9)]
CHAINS = ["hair", "vignette", "shades_of_grey", "grey_world", "contrast", "hair vignette shades_of_grey"]
Pairs = list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


def main(
    data_dir: Annotated[Path, typer.Option(help="ISIC 2018 images and masks.")],
    model: Annotated[Path, typer.Option(help="Model trained on them; the lists of its images come with it.")],
    output: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/hair_removal.json"),
    images: Annotated[int, typer.Option(help="Hair-poor images, and phantoms, per setting.")] = 40,
    pool: Annotated[int, typer.Option(help="Images of the training set these are chosen from.")] = 160,
    scored: Annotated[int, typer.Option(help="Validation images to segment.")] = 150,
    seed: int = 0,
) -> None:
    """Measure everything."""
    from keras_rau.environment import machine, versions
    from keras_rau.export import read_sidecar

    cv2.setNumThreads(1)
    started, console = time.monotonic(), Console()
    samples = {sample.id: sample for sample in datasets.load("isic2018", data_dir)}
    info, rng = read_sidecar(model), np.random.default_rng(seed)
    split = info["split"]
    chosen = rng.permutation(split["train"])[:pool]
    real = [datasets.read_image(samples[name].image) for name in chosen]
    drawn = [datasets.draw_phantom(seed, index, 512)[0] for index in range(pool)]
    rows, paints, speeds = [], [], {}
    for size in (128, 256, 512):
        pairs = {"real": _pairs(real, size, images, seed), "phantom": _pairs(drawn, size, images, seed)}
        found = [_row(pairs[kind], kind, size, setting) for kind in pairs for setting in _settings()]
        rows += found
        paints += [_paint(pairs["real"], size, method, radius) for method, radius in PAINTS]
        console.print(_grid_table([row for row in found if row["images"] == "real"], size))
        if size == 256:
            speeds = {name: _milliseconds(name, pairs["real"]) for name in preprocessing.names()}
    console.print(_plain_table("inpainting inside drawn hair, real images", paints))
    console.print(_plain_table("milliseconds per 256×256 image, one thread", [speeds]))
    chosen = rng.permutation(split["val"])[:scored]
    effects = _effects(model, [samples[name] for name in chosen], seed)
    console.print(_plain_table("Dice of the segmentation", effects))
    record = {
        "command": f"python -P benchmarks/hair_removal.py --data-dir ISIC2018 --model {model.name} "
        f"--images {images} --pool {pool} --scored {scored} --seed {seed}",
        "model": {key: info.get(key) for key in ("name", "dataset", "image_size", "preprocess")},
        "seed": seed,
        "seconds": round(time.monotonic() - started),
        "detection": rows,
        "inpainting": paints,
        "milliseconds_at_256": speeds,
        "segmentation": effects,
        "machine": machine(),
        "versions": versions(),
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(record, indent=1) + "\n")


def draw_hair(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw 4 to 20 bent dark hairs, some of them faint and thinner than a pixel.

    Returns:
        The image, and how much of each pixel is hair, float `(H, W)` in [0, 1].
    """
    height, width = image.shape[:2]
    side, fine = min(height, width), 4
    canvas = np.zeros((height * fine, width * fine), np.uint8)
    lean, along = rng.uniform(0, math.pi), np.linspace(0, 1, 32)
    for _ in range(rng.integers(4, 21)):
        heading = lean + rng.normal(0, 0.6) + rng.normal(0, 0.8) * along + rng.normal(0, 0.5) * along**2
        steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * rng.uniform(0.15, 0.9) * side * fine / 32
        path = np.cumsum(steps, axis=0)
        path += rng.uniform(0, 1, 2) * (width * fine, height * fine) - path[16]
        thick = max(1, round(rng.uniform(0.4, 3.6) * side / 256 * fine))
        hair = np.zeros_like(canvas)
        cv2.polylines(hair, [np.round(path).astype(np.int32)], False, round(255 * rng.uniform(0.35, 0.95)), thick)
        np.maximum(canvas, hair, out=canvas)
    share = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA) / 255
    colour = rng.uniform(15, 60) * np.array([1.2, 1, 0.9])
    return np.rint(image + share[..., None] * (colour - image)).astype(np.uint8), share


def _ridges(image: np.ndarray) -> float:
    """Share of pixels on a dark ridge by the Hessian: another way of finding lines than the one that is measured."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    xx, yy, xy = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((2, 0), (0, 2), (1, 1)))
    return float(((xx + yy) / 2 + np.hypot((xx - yy) / 2, xy) > 6).mean())


def _pairs(originals: list[np.ndarray], size: int, count: int, seed: int) -> Pairs:
    """The images with the fewest ridges: clean, with drawn hair, where hair covers a pixel, where it touches one."""
    scores = [_ridges(datasets.fit_image(image, (256, 256))) for image in originals]
    pairs = []
    for index in np.argsort(scores)[:count]:
        clean = datasets.fit_image(originals[index], (size, size))
        hairy, share = draw_hair(clean, np.random.default_rng([seed, int(index)]))
        pairs.append((clean, hairy, share >= 0.25, share > 0))
    return pairs


def _settings() -> list[dict[str, float]]:
    return [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]


def _row(pairs: Pairs, kind: str, size: int, setting: dict[str, float]) -> dict[str, Any]:
    hit = found_pixels = covered = right = 0
    inside, outside, hairless, false = [], [], [], []
    for clean, hairy, truth, touched in pairs:
        found = find_hair(hairy, **setting) > 0
        # The mask is a pixel wider than hair on purpose.
        near = cv2.dilate(touched.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        right, found_pixels = right + (found & near).sum(), found_pixels + found.sum()
        hit, covered = hit + (found & truth).sum(), covered + truth.sum()
        error = np.abs(remove_hair(hairy, **setting).astype(np.float32) - clean).mean(axis=2)
        inside.append(error[truth].mean())
        outside.append(error[~touched].mean())
        false.append((find_hair(clean, **setting) > 0).mean())
        hairless.append(np.abs(remove_hair(clean, **setting).astype(np.float32) - clean).mean())
    precision, recall = right / max(found_pixels, 1), hit / covered
    values = {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "untreated_inside": np.mean([np.abs(b.astype(float) - a).mean(axis=2)[t].mean() for a, b, t, _ in pairs]),
        "error_inside": np.mean(inside),
        "damage_outside": np.mean(outside),
        "false_positive_rate": np.mean(false),
        "damage_hairless": np.mean(hairless),
    }
    rounded = {name: round(float(value), 4) for name, value in values.items()}
    return {"images": kind, "n": len(pairs), "size": size, **setting, **rounded}


def _paint(pairs: Pairs, size: int, method: str, radius: int) -> dict[str, Any]:
    errors, seconds = [], []
    for clean, hairy, truth, _ in pairs:
        started = time.perf_counter()
        painted = remove_hair(hairy, radius=radius, method=method)
        seconds.append(time.perf_counter() - started)
        errors.append(np.abs(painted.astype(np.float32) - clean).mean(axis=2)[truth].mean())
    milliseconds = round(1e3 * statistics.median(seconds), 1)
    return {"size": size, "method": method, "radius": radius, "error": _round(np.mean(errors)), "ms": milliseconds}


def _milliseconds(name: str, pairs: Pairs) -> float:
    """Median over images, half of them with drawn hair."""
    step, seconds = preprocessing.parse_steps(name), []
    for image in (image for pair in pairs for image in pair[:2]):
        started = time.perf_counter()
        preprocessing.preprocess(image, step)
        seconds.append(time.perf_counter() - started)
    return round(1e3 * statistics.median(seconds), 2)


def _effects(model: Path, samples: Sequence[Any], seed: int) -> list[dict[str, Any]]:
    """Dice with each chain against none, on the images as they are and with drawn hair."""
    from keras_rau.evaluation.paired import compare_scores
    from keras_rau.export import Predictor

    predictor = Predictor(model)
    pairs = [(datasets.read_image(sample.image), datasets.read_mask(sample.mask)) for sample in samples]
    hairy = [draw_hair(image, np.random.default_rng([seed, number]))[0] for number, (image, _) in enumerate(pairs)]
    masks, rows = [mask for _, mask in pairs], []
    for kind, images in (("as they are", [image for image, _ in pairs]), ("with drawn hair", hairy)):
        fitted = [datasets.fit_image(image, predictor.size, predictor.resize) for image in images]
        plain = _dice(predictor, images, masks, "")
        for chain in ["", *CHAINS]:
            steps = preprocessing.parse_steps(chain.split())
            changed = sum(not np.array_equal(image, preprocessing.preprocess(image, steps)) for image in fitted)
            compared = compare_scores(_dice(predictor, images, masks, chain), plain, "dice", seed)
            low, high = (_round(value) for value in compared["ci95"])
            mean, difference = _round(compared["mean_a"]), _round(compared["difference"])
            counts = {name: compared[name] for name in ("n", "wins", "losses")}
            rows.append(
                {"images": kind, "steps": chain or "none", "dice": mean, "difference": difference}
                | {"low": low, "high": high, "changed": changed, **counts}
            )
    return rows


def _dice(predictor: Any, images: list[np.ndarray], masks: list[np.ndarray], chain: str) -> list[dict[str, Any]]:
    from keras_rau.evaluation.scores import image_scores

    predictor.preprocess = preprocessing.parse_steps(chain.split())
    found = [
        probability >= predictor.threshold
        for start in range(0, len(images), 8)
        for probability in predictor.predict_batch(images[start : start + 8])
    ]
    return [
        {"id": str(number), **image_scores(mask, one)}
        for number, (mask, one) in enumerate(zip(masks, found, strict=True))
    ]


def _round(value: Any) -> float:
    return round(float(value), 4)


def _grid_table(rows: list[dict[str, Any]], size: int) -> Table:
    best = sorted(rows, key=lambda row: -row["f1"])[:12]
    return _plain_table(f"best of {len(rows)} settings by F1, real images with drawn hair, {size}×{size}", best)


def _plain_table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table


if __name__ == "__main__":
    typer.run(main)

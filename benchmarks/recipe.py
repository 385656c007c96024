"""Compare changes to the recipe of the shipped models on the images kept for choosing, in two folds.

    python -P benchmarks/recipe.py --data-dir ISIC2018 --output runs/recipe

The 1,660 training and validation images of `benchmarks/splits/isic2018` are divided into two folds (near duplicates together).
Every variant is trained twice, on one fold each, for the same number of image-steps, and its moving average after the last
epoch, which no image chose, is scored on the other fold. Differences are paired, image by image. The 415 test images are
never read. What is finished is not trained again, and what was stopped goes on.
"""

import argparse
import csv
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

from keras_rau import datasets
from keras_rau.environment import versions
from keras_rau.evaluation import compare_scores

_HERE = Path(__file__).parent
_SPLIT = _HERE / "splits/isic2018"
_FOLDS = _HERE / "splits/isic2018-two-folds"
_RESULT = _HERE / "results/models/recipe.json"
_IMAGE_STEPS = 30_000
_BASE = [
    "model.name=rau_net_lite",
    "model.encoder_weights=imagenet",
    "data.image_size=192",
    "data.augment=strong",
    "optimizer.learning_rate=2e-3",
    "optimizer.ema=0.99",
    "batch_size=16",
    "seed=0",
    "tensorboard.every=null",
    "checkpoints.every_steps=100",
]
# T1 polygons by hand, T2 unrecorded and tight, T3 filled automatically and corrected.
_STYLES = [
    "model.outline_styles=[tight, loose, automatic]",
    "model.style_offsets=[-2.0, 1.2, -0.5]",
    "data.style_column=tool",
    "data.style_values={T1: loose, T2: tight, T3: automatic}",
]
# What is changed, why it was tried, and the further data sets that are trained on.
VARIANTS: dict[str, tuple[str, list[str], list[str]]] = {
    "base": ("the recipe of the model that ships, 192 px, one map", [], []),
    "styles": ("three outline styles beside the default map", _STYLES, []),
    "ham1000": ("1,000 images of HAM10000 besides", [], ["HAM10000"]),
    "ham": (
        "HAM10000 besides, 2,000 of its 10,015 images drawn for each epoch",
        ["also_train_images=2000"],
        ["HAM10000_full"],
    ),
}


def main() -> None:
    """Train what is missing, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of ISIC 2018")
    parser.add_argument("--ham10000", type=Path, help="folder that holds HAM10000 and HAM10000_full")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run directories")
    parser.add_argument("--variants", nargs="+", default=["base"], choices=VARIANTS, help="what to train")
    parser.add_argument("--report-only", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    _write_folds(arguments.data_dir)
    for name in arguments.variants:
        for fold in (0, 1):
            if not arguments.report_only:
                _train(name, fold, arguments)
    _report(arguments.output)


def _write_folds(data_dir: Path) -> None:
    """Write the lists of both folds unless they are there."""
    if (_FOLDS / "1/test.txt").exists():
        return
    wanted = {line for name in ("train", "val") for line in (_SPLIT / f"{name}.txt").read_text().split()}
    samples = [sample for sample in datasets.load("isic2018", data_dir) if sample.id in wanted]
    samples = datasets.with_groups(samples, _SPLIT / "near_duplicates.csv")

    for fold, sets in enumerate(datasets.folds(samples, 2, seed=0, val_fraction=0.02)):
        (_FOLDS / str(fold)).mkdir(parents=True, exist_ok=True)
        datasets.save_split(_FOLDS / str(fold), *sets)


def _train(name: str, fold: int, arguments: argparse.Namespace) -> None:
    what, settings, more = VARIANTS[name]
    run = arguments.output / f"{name}-{fold}"
    scores = run.with_name(f"{run.name}.csv")
    if scores.exists():
        return
    images = len((_FOLDS / str(fold) / "train.txt").read_text().split())
    images += sum({"HAM10000": 1000, "HAM10000_full": 2000}[folder] for folder in more)
    epochs = round(_IMAGE_STEPS / images)
    words = [
        *_BASE,
        *settings,
        f"epochs={epochs}",
        f"checkpoints.keep_epochs=[{epochs}]",
        f"data.split_dir={_FOLDS / str(fold)}",
    ]
    words += [f"also_train.ham10000={arguments.ham10000 / folder}" for folder in more]
    started = time.monotonic()
    data = ["--dataset", "isic2018", "--data-dir", str(arguments.data_dir)]
    _command("train", *data, "--output", run, "--resume", *(word for one in words for word in ("--set", one)))
    model = run / f"checkpoints/epoch_{epochs:03}.keras"
    part = scores.with_suffix(".part")
    _command("evaluate", "--model", model, *data, "--split", "test", "--csv", part)
    part.rename(scores)
    about = {"what": what, "settings": words, "epochs": epochs, "seconds_of_last_start": time.monotonic() - started}
    scores.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


def _command(*words: object) -> None:
    code = "from keras_rau.cli import main; main()"
    subprocess.run([sys.executable, "-P", "-c", code, *map(str, words)], check=True)


def _report(output: Path) -> None:
    rows = []
    for name, (what, settings, more) in VARIANTS.items():
        tables = [output / f"{name}-{fold}.csv" for fold in (0, 1)]
        there = [fold for fold, table in enumerate(tables) if table.exists()]
        if not there:
            continue
        found = [row for fold in there for row in csv.DictReader(tables[fold].open())]
        base = [row for fold in there for row in csv.DictReader((output / f"base-{fold}.csv").open())]
        paired = {} if name == "base" else compare_scores(found, base)
        means = {
            key: sum(float(row[key]) for row in found) / len(found) for key in ("dice", "iou", "threshold_jaccard")
        }
        kept = {key: paired[key] for key in ("difference", "ci95", "p_value") if key in paired}
        rows.append(
            {
                "name": name,
                "what": what,
                "settings": settings,
                "also": more,
                "folds": there,
                "images": len(found),
                **means,
                **kept,
            }
        )
        print(f"{name:12} folds {there} n {len(found)} Dice {means['dice']:.4f} {kept}")
    result = {
        "command": "python -P benchmarks/recipe.py --data-dir ISIC2018 --output runs/recipe",
        "data": "ISIC 2018, the 1,660 training and validation images of benchmarks/splits/isic2018 in two folds; copies of "
        "512×512, resized by the shorter side and centre-cropped",
        "image_steps": _IMAGE_STEPS,
        "base": _BASE,
        "versions": versions(),
        "machine": f"{platform.machine()}, two cores shared with other work",
        "rows": rows,
    }
    _RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

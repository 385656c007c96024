"""The trainings that the design of `rau_net_lite` was chosen by, compared on validation images.

    python -P benchmarks/lite_ablation.py --data-dir ISIC2018 --ham10000 HAM10000 --output runs/lite

Each line of the table is a `keras-rau train` with one change to the first; what is finished is not trained again, what was
stopped goes on. Scores are of the validation images at their own size; the test images are not looked at.
"""

import argparse
import csv
import json
import platform
import subprocess
import sys
from pathlib import Path

from keras_rau.environment import versions
from keras_rau.evaluation import compare_scores

_RESULT = Path(__file__).parent / "results/models/lite_ablation.json"
_SPLIT = Path(__file__).parent / "splits/isic2018"
_UNET = ["model.separable=true", "model.upsampling=bilinear", "model.deep_supervision=true", "model.width=16"]
_ENCODER = ["model.encoder=efficientnet_lite0", "model.encoder_weights=imagenet"]
_BASE = [
    "model.name=rau_net_lite",
    "model.encoder_weights=imagenet",
    "data.image_size=192",
    "data.augment=light",
    "optimizer.learning_rate=2e-3",
    "batch_size=16",
    "epochs=8",
    "seed=0",
    "tensorboard.every=null",
]
# What is changed, and why it was tried.
VARIANTS: dict[str, tuple[str, list[str]]] = {
    "ba_ra": ("BA-RA in every skip connection, the first design", []),
    "none": ("no attention", ["model.name=unet", *_UNET, *_ENCODER]),
    "gate": ("attention gates", ["model.name=attention_unet", *_UNET, *_ENCODER]),
    "ra": ("reverse attention alone", ["model.boundary_depth=0"]),
    "ba": ("boundary attention alone", ["model.reverse_depth=0"]),
    "strong": ("augmentation: strong instead of light", ["data.augment=strong"]),
    "ema": ("moving average of the weights, 0.99", ["optimizer.ema=0.99"]),
    "ham": ("HAM10000 as further training images, as many steps", ["epochs=5"]),
    # How far two trainings are apart that differ in nothing but chance.
    "ba_ra_1": ("BA-RA, seed 1", ["seed=1"]),
    "none_1": ("no attention, seed 1", ["model.name=unet", *_UNET, *_ENCODER, "seed=1"]),
}


def main() -> None:
    """Train what is missing, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of ISIC 2018")
    parser.add_argument("--ham10000", type=Path, required=True, help="folder of HAM10000")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run directories")
    parser.add_argument("--report-only", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    rows = []
    for name, (what, settings) in VARIANTS.items():
        run = arguments.output / name
        scores = run.with_name(f"{name}.val.csv")
        if not scores.exists() and not arguments.report_only:
            extra = [f"also_train.ham10000={arguments.ham10000}"] if name == "ham" else []
            _train(run, arguments.data_dir, [*_BASE, *settings, *extra])
            _command("evaluate", "--model", run, *_data(arguments.data_dir), "--split", "val", "--csv", scores)
        if scores.exists():
            rows.append(_row(name, what, settings, run, scores, arguments.output / "ba_ra.val.csv"))
    result = {
        "command": "python -P benchmarks/lite_ablation.py --data-dir ISIC2018 --ham10000 HAM10000 --output runs/lite",
        "data": "ISIC 2018, benchmarks/splits/isic2018: 1,452 images trained on, 208 to choose by; 512×512 copies, resized by "
        "the shorter side and centre-cropped",
        "base": _BASE,
        "versions": versions(),
        "machine": f"{platform.machine()}, two cores; two trainings at once, one core each",
        "rows": rows,
    }
    _RESULT.parent.mkdir(parents=True, exist_ok=True)
    _RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print("| | parameters | Dice | IoU | threshold Jaccard | Dice points against BA-RA | fit, minutes |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        low, high = (100 * value for value in row["ci95"])
        print(
            f"| {row['what']} | {row['parameters']:,} | {row['dice']:.4f} | {row['iou']:.4f} | {row['threshold_jaccard']:.4f} "
            f"| {100 * row['difference']:+.2f} ({low:+.2f} to {high:+.2f}) | {row['minutes']:.0f} |"
        )


def _train(run: Path, data_dir: Path, settings: list[str]) -> None:
    _command(
        "train", *_data(data_dir), "--output", run, "--resume", "--set", f"data.split_dir={_SPLIT}", *_sets(settings)
    )


def _sets(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _data(folder: Path) -> list[str]:
    return ["--dataset", "isic2018", "--data-dir", str(folder)]


def _command(*words: object) -> None:
    code = "from keras_rau.cli import main; main()"
    subprocess.run([sys.executable, "-P", "-c", code, *map(str, words)], check=True)


def _row(name: str, what: str, settings: list[str], run: Path, scores: Path, reference: Path) -> dict:
    rows, base = ([*csv.DictReader(path.open())] for path in (scores, reference))
    training = json.loads((run / "metrics.json").read_text())["training"]
    paired = compare_scores(rows, base)
    means = {key: sum(float(row[key]) for row in rows) / len(rows) for key in ("dice", "iou", "threshold_jaccard")}
    return {
        "name": name,
        "what": what,
        "settings": settings,
        "parameters": training["parameters"],
        **means,
        "difference": paired["difference"],
        "ci95": paired["ci95"],
        "p_value": paired["p_value"],
        "best_epoch": training["best_epoch"],
        "minutes": training["seconds_in_fit_of_last_start"] / 60,
    }


if __name__ == "__main__":
    main()

"""Does attention help `rau_net_lite`? The same design with BA-RA, with attention gates and without, on the test images.

    python -P benchmarks/lite_twins.py --runs runs/lite

The trainings are those of `lite_ablation.py`, whose test scores per image lie in their run directories. Seeds of a design are
averaged image by image before designs are compared in pairs; the interval is over images, the seeds stand on their own.
"""

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path

from keras_rau.environment import versions
from keras_rau.evaluation import compare_scores

_RESULT = Path(__file__).parent / "results/models/lite_twins.json"
_DESIGNS = {
    "none": ("no attention", ["none", "none_1"]),
    "gate": ("attention gates", ["gate"]),
    "ba_ra": ("BA-RA", ["ba_ra", "ba_ra_1"]),
}
_KEYS = ("dice", "iou", "threshold_jaccard")


def main() -> None:
    """Compare and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True, help="folder of the run directories")
    folder = parser.parse_args().runs
    designs = []
    scores = {}
    for name, (what, runs) in _DESIGNS.items():
        by_seed = [_rows(folder, run) for run in runs]
        scores[name] = _average(by_seed)
        designs.append(
            {
                "name": name,
                "what": what,
                "seeds": [_means(rows) for rows in by_seed],
                **_means(scores[name]),
                "against_none": compare_scores(scores[name], scores["none"]),
            }
        )
        if name == "gate":
            designs[-1]["note"] = "one seed, against the same seed of the others"
            designs[-1]["against_none"] = compare_scores(scores[name], _rows(folder, "none"))
    designs.append(
        {"name": "ba_ra against gate, seed 0", "against_gate": compare_scores(_rows(folder, "ba_ra"), scores["gate"])}
    )
    result = {
        "command": "python -P benchmarks/lite_twins.py --runs runs/lite",
        "data": "ISIC 2018, benchmarks/splits/isic2018: 415 test images, 512×512 copies, resized by the shorter side and "
        "centre-cropped; scores at their own size",
        "versions": versions(),
        "designs": designs,
    }
    _RESULT.parent.mkdir(parents=True, exist_ok=True)
    _RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print("| | seeds | Dice of each | Dice | Dice points against no attention | Wilcoxon p |")
    print("|---|---:|---|---:|---:|---:|")
    for row in designs[:-1]:
        pair = row["against_none"]
        low, high = (100 * value for value in pair["ci95"])
        each = ", ".join(f"{seed['dice']:.4f}" for seed in row["seeds"])
        gain = "" if row["name"] == "none" else f"{100 * pair['difference']:+.2f} ({low:+.2f} to {high:+.2f})"
        chance = "" if row["name"] == "none" else f"{pair['p_value']:.2f}"
        print(f"| {row['what']} | {len(row['seeds'])} | {each} | {row['dice']:.4f} | {gain} | {chance} |")


def _rows(folder: Path, run: str) -> list[dict]:
    return [*csv.DictReader((folder / run / "scores.csv").open())]


def _means(rows: list[dict]) -> dict[str, float]:
    return {key: sum(float(row[key]) for row in rows) / len(rows) for key in _KEYS}


def _average(by_seed: list[list[dict]]) -> list[dict]:
    values = defaultdict(list)
    for rows in by_seed:
        for row in rows:
            values[row["id"]].append(row)
    return [{"id": name, **_means(rows)} for name, rows in values.items()]


if __name__ == "__main__":
    main()

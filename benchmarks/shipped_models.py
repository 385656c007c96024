"""Score the models that come with the package, and what each test-time option changes.

    python -P benchmarks/shipped_models.py --isic2018 ISIC2018 --ph2 PH2Dataset

Every score is one `keras-rau evaluate` (the command stands in its JSON file in `benchmarks/results/models/NAME`); this
script only calls it and prints the tables of README and model cards as Markdown. What is there already is not scored again.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from keras_rau import pretrained

_RESULTS = Path(__file__).parent / "results/models"
_KEYS = ("dice", "iou", "threshold_jaccard")
_OPTIONS = {
    "": [],
    "flips": ["--augment", "flips"],
    "dihedral": ["--augment", "dihedral"],
    "largest": ["--largest"],
    "holes": ["--fill-holes"],
    "all": ["--augment", "dihedral", "--largest", "--fill-holes"],
}


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--isic2018", type=Path, required=True, help="its folder")
    parser.add_argument("--ph2", type=Path, required=True, help="its folder")
    folders = parser.parse_args()
    for name in pretrained.names():
        thresholds = _score(
            name, "val_thresholds", "isic2018", folders.isic2018, ["--split", "val", "--find-threshold"]
        )
        best = thresholds["best_threshold"]
        options = {**_OPTIONS, "threshold": ["--threshold", str(best)]}
        sets = {
            "val": ("isic2018", folders.isic2018, ["--split", "val"]),
            "test": ("isic2018", folders.isic2018, ["--split", "test", "--by", "diagnosis", "--by", "lesion_size"]),
            "ph2": ("ph2", folders.ph2, ["--by", "diagnosis", "--by", "lesion_size"]),
        }
        for part, (dataset, folder, words) in sets.items():
            found = {
                label: _score(name, "_".join(filter(None, (part, label))), dataset, folder, [*words, *more])
                for label, more in options.items()
            }
            print(f"\n{name}, {part}, {found['']['n_images']} images\n\n{_table(found)}")
            for column, groups in found[""].get("by", {}).items():
                print(f"\n{name}, {part}, by {column}\n\n{_table(groups, images=True)}")


def _score(name: str, label: str, dataset: str, folder: Path, words: list[str]) -> dict:
    path = _RESULTS / name / f"{label}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        words = ["evaluate", "--model", name, "--dataset", dataset, "--data-dir", folder.name, *words]
        placed = [str(folder) if word == folder.name else word for word in words]
        part = path.with_suffix(".part")
        subprocess.run(
            [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", *placed, "--json", str(part)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        result = {"command": shlex.join(["keras-rau", *words]), **json.loads(part.read_text())}
        result["model"] = name
        path.write_text(json.dumps(result, indent=1) + "\n")
        part.unlink()
    return json.loads(path.read_text())


def _table(results: dict[str, dict], images: bool = False) -> str:
    heads = [*(["images"] if images else []), "Dice", "IoU", "threshold Jaccard"]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for label, scores in results.items():
        cells = [str(scores["n_images"])] if images else []
        cells += [f"{scores[key]:.4f} ({scores['ci95'][key][0]:.3f}–{scores['ci95'][key][1]:.3f})" for key in _KEYS]
        lines.append(f"| {label or 'plain'} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

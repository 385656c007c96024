"""U-Net, Attention U-Net and RAU-Net at one width, one recipe, one seed: a smoke comparison, not a verdict.

Trains each on ISIC 2018 (or another source), scores it on the test images, prints a table and writes JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

MODELS = ("unet", "attention_unet", "rau_net_paper")


def main(
    data_dir: Annotated[Path, typer.Option(help="Folder of the data set.")],
    output: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/architectures.json"),
    runs: Annotated[Path, typer.Option(help="Folder for the run directories.")] = Path("runs"),
    dataset: str = "isic2018",
    near_duplicates: Annotated[Path | None, typer.Option(help="CSV of id pairs to keep together.")] = None,
    width: int = 8,
    image_size: int = 128,
    epochs: int = 5,
    seed: int = 0,
) -> None:
    """Train, score and compare."""
    results = []
    for model in MODELS:
        run = runs / f"{model}_w{width}_s{seed}"
        settings = [f"model.width={width}"]
        if near_duplicates is not None:
            settings.append(f"data.near_duplicates={near_duplicates}")
        command = ["keras-rau", "train", "--dataset", dataset, "--data-dir", str(data_dir), "--model", model]
        command += ["--image-size", str(image_size), "--epochs", str(epochs), "--seed", str(seed), "--output", str(run)]
        command += [word for setting in settings for word in ("--set", setting)] + ["--resume"]
        started = time.monotonic()
        launch = [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()"]
        subprocess.run([*launch, *command[1:]], check=True)
        metrics = json.loads((run / "metrics.json").read_text())
        wall = round(time.monotonic() - started, 1)
        results.append({"name": model, "width": width, "wall_seconds": wall, **metrics})
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps({"command": _command(), "results": results}, indent=2) + "\n")
    Console().print(_table(results))


def _command() -> str:
    return "python -P benchmarks/architectures.py " + " ".join(
        word if "/" not in word else f".../{Path(word).name}" for word in sys.argv[1:]
    )


def _table(results: list[dict]) -> Table:
    table = Table("model", "parameters", "test Dice (95 %)", "IoU", "threshold Jaccard", "seconds")
    for row in results:
        low, high = row["ci95"]["dice"]
        table.add_row(
            f"{row['name']}, width {row['width']}",
            f"{row['training']['parameters']:,}",
            f"{row['dice']:.4f} ({low:.4f} to {high:.4f})",
            f"{row['iou']:.4f}",
            f"{row['threshold_jaccard']:.4f}",
            f"{row['wall_seconds']:.0f}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)

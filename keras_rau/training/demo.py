"""The whole way on drawn images: phantoms, training, scores, exports, report."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau.evaluation import KEYS, evaluate
from keras_rau.export import Predictor, from_file
from keras_rau.files import check_free
from keras_rau.markdown import table
from keras_rau.training.config import load_config
from keras_rau.training.data.split import load_split
from keras_rau.training.experiment import train
from keras_rau.training.run_directory import RunDirectory


def run_demo(output: Path, images: int, epochs: int, image_size: int, console: Console) -> Path:
    """Train `rau_net_nano` on phantoms, score it, export it both ways, check the exports, write a report.

    Args:
        output: folder to write; new or empty.
        images: how many phantoms.
        epochs: how long to train.
        image_size: side in pixels.
        console: where progress goes.

    Returns:
        The report, `report.md`.

    Raises:
        RauError: the folder is taken, or an export differs from the model.
    """
    check_free(output)
    started = time.monotonic()
    config = load_config(
        overrides={
            "data.dataset": "phantom",
            "data.data_dir": str(output / "phantoms"),
            "data.options": {"n": images, "seed": 0, "size": 2 * image_size},
            "data.image_size": image_size,
            "model.name": "rau_net_nano",
            "optimizer.learning_rate": 3e-3,
            "epochs": epochs,
            "seed": 0,
        }
    )
    run = RunDirectory(output / "run")
    scores = {"Keras": train(config, run.path, console=console)}
    test = load_split(config).test
    parity = {}
    for name, kind, target in (
        ("SavedModel", "saved_model", output / "export" / "saved_model"),
        ("TFLite", "tflite", output / "export" / "rau_net_nano.tflite"),
    ):
        parity[name] = from_file(run.best, kind, target, check_dir=[sample.image for sample in test])
        _, scores[name] = evaluate(Predictor(target), test, console)
    report = output / "report.md"
    report.write_text(_report(scores, parity, images, time.monotonic() - started))
    return report


def _report(scores: dict[str, Any], parity: dict[str, Any], images: int, seconds: float) -> str:
    training = scores["Keras"]["training"]
    lines = [
        "# rau_net_nano on phantoms",
        "",
        f"{training['parameters']:,} parameters, {training['epochs']} epochs on {training['images']['train']} of "
        f"{images} drawn images; scored on {scores['Keras']['n_images']} images it has not seen. "
        f"{seconds:.0f} seconds in all on {training['machine']['cores']} cores ({training['machine']['cpu']}).",
        "",
        table(
            ["model", *KEYS, "largest difference to Keras"],
            [
                [
                    name,
                    *(f"{result[key]:.4f}" for key in KEYS),
                    f"{parity[name].max_abs:.1e}" if name in parity else "–",
                ]
                for name, result in scores.items()
            ],
        ),
        "",
        "Means over the test images, each scored at its own size.",
        "",
        "![learning curves](run/curves.png)",
        "",
        "![test images from the worst to the best](run/overlays.png)",
        "",
        "Phantoms are drawn. What a model learns from them says nothing about patients.",
        "",
    ]
    return "\n".join(lines)

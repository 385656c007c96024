"""Dice and Tversky losses of this package, Keras, MONAI and two segmentation_models on twelve edge cases.

Needs an environment with torch, monai, segmentation-models-pytorch and segmentation-models; the last two are taken by their
files (`pip install --no-deps`), because the packages around them do not import beside Keras 3. What is missing is shown
as missing. Prints the table and writes it as Markdown.

    KERAS_BACKEND=torch python -P benchmarks/loss_edge_cases.py
"""

import importlib.util
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any

import numpy as np
import typer

SIDE = 32
Loss = Callable[[np.ndarray, np.ndarray], float]


def _square(side: int, top: int = 1, left: int = 1) -> np.ndarray:
    mask = np.zeros((1, SIDE, SIDE, 1), "float32")
    mask[:, top : top + side, left : left + side] = 1
    return mask


def cases() -> dict[str, tuple[str, np.ndarray, np.ndarray, str]]:
    """Name -> loss, truth, prediction, what is right."""
    empty, full, square, dot = _square(0), np.ones((1, SIDE, SIDE, 1), "float32"), _square(16), _square(1)
    big = np.ones((1, 512, 512, 1), "float16")
    return {
        "perfect mask": ("dice", square, square, "0"),
        "empty mask, predicted empty": ("dice", empty, empty, "0: nothing is wrong"),
        "empty mask, one pixel predicted": ("dice", empty, dot, "above 0 and below 1: one pixel of 1,024 is wrong"),
        "full mask, predicted full": ("dice", full, full, "0"),
        "full mask, predicted empty": ("dice", full, empty, "about 1"),
        "one pixel, missed by one": ("dice", dot, _square(1, left=2), "about 1, below by smoothing"),
        "0.5 everywhere": ("dice", square, 0.5 * full, "1 − 256 / (512 + 256) = 0.667"),
        "a large lesion found and a small one missed, in one batch": (
            "dice",
            np.concatenate([_square(24), dot]),
            np.concatenate([_square(24), empty]),
            "0.5, less by smoothing: one of two images is wrong",
        ),
        "a healthy image beside a perfect one, in one batch": (
            "dice",
            np.concatenate([empty, square]),
            np.concatenate([empty, square]),
            "0",
        ),
        "512×512 found, in float16": ("dice", big, big, "0: 262,144 exceeds float16"),
        "only false positives, α 0.3, β 0.7": ("tversky", square, full, "α: 1 − 256 / (256 + 0.3 · 768) = 0.474"),
        "only false negatives, α 0.3, β 0.7": ("tversky", full, square, "β: 1 − 256 / (256 + 0.7 · 768) = 0.677"),
    }


def libraries() -> dict[str, dict[str, Loss] | None]:
    """Losses by library; `None` where it is not installed."""
    makers = {
        "keras-rau": _keras_rau,
        "Keras": _keras,
        "MONAI": _monai,
        "segmentation_models.pytorch": _smp,
        "segmentation_models": _segmentation_models,
    }
    found: dict[str, dict[str, Loss] | None] = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except (ImportError, FileNotFoundError):
            found[name] = None
    return found


def _keras_rau() -> dict[str, Loss]:
    from keras_rau import losses

    return {
        "dice": lambda g, p: float(losses.DiceLoss()(g, p)),
        "tversky": lambda g, p: float(losses.TverskyLoss(alpha=0.3, beta=0.7)(g, p)),
    }


def _keras() -> dict[str, Loss]:
    import keras

    def same_type(loss: type, **arguments: Any) -> Loss:
        return lambda g, p: float(loss(**arguments, dtype=str(p.dtype))(g, p))

    return {
        "dice": same_type(keras.losses.Dice),
        "tversky": same_type(keras.losses.Tversky, alpha=0.3, beta=0.7),
    }


def _channels_first(loss: Any) -> Loss:
    import torch

    return lambda g, p: float(loss(*(torch.tensor(np.moveaxis(values, -1, 1)) for values in (p, g))))


def _monai() -> dict[str, Loss]:
    from monai.losses import DiceLoss, TverskyLoss

    return {"dice": _channels_first(DiceLoss()), "tversky": _channels_first(TverskyLoss(alpha=0.3, beta=0.7))}


def _smp() -> dict[str, Loss]:
    losses = _by_file("segmentation_models_pytorch", "losses/__init__.py")
    binary = {"mode": "binary", "from_logits": False}
    return {
        "dice": _channels_first(losses.DiceLoss(**binary)),
        "tversky": _channels_first(losses.TverskyLoss(**binary, alpha=0.3, beta=0.7)),
    }


def _segmentation_models() -> dict[str, Loss]:
    functional = _by_file("segmentation_models", "base/functional.py")
    backend = SimpleNamespace(
        image_data_format=lambda: "channels_last",
        sum=lambda values, axis: np.sum(values, axis=tuple(axis), dtype=values.dtype),
        mean=np.mean,
    )
    return {"dice": lambda g, p: float(1 - functional.f_score(g, p, backend=backend))}


def _by_file(package: str, file: str) -> ModuleType:
    """A part of a package that cannot be imported as a whole."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(package)
    path = Path(spec.submodule_search_locations[0]) / file
    name = f"{package}_part"
    part = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if part is None or part.loader is None:
        raise ImportError(package)
    module = importlib.util.module_from_spec(part)
    sys.modules[name] = module
    part.loader.exec_module(module)
    return module


def _cell(losses: dict[str, Loss] | None, loss: str, truth: np.ndarray, prediction: np.ndarray) -> str:
    if losses is None:
        return "missing"
    if loss not in losses:
        return "–"
    with np.errstate(all="ignore"):
        return f"{losses[loss](truth, prediction):.3f}".replace("-0.000", "0.000")


def _versions() -> str:
    names = ("keras", "monai", "segmentation-models-pytorch", "segmentation-models", "torch")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def main(
    output: Annotated[Path, typer.Option(help="Markdown file to write.")] = Path("docs/reference/losses-compared.md"),
) -> None:
    """Compute and write the table."""
    found = libraries()
    lines = [
        "# Dice and Tversky losses compared",
        "",
        f"Every library with its defaults, on {SIDE}×{SIDE} masks unless stated. Made by `KERAS_BACKEND=torch python -P "
        f"benchmarks/loss_edge_cases.py` with {_versions()}.",
        "",
        f"| case | {' | '.join(found)} | what is right |",
        f"|---|{'---|' * (len(found) + 1)}",
    ]
    for name, (loss, truth, prediction, right) in cases().items():
        cells = [_cell(losses, loss, truth, prediction) for losses in found.values()]
        lines.append(f"| {name} ({loss}) | {' | '.join(cells)} | {right} |")
    lines += [
        "",
        "Keras and both segmentation_models compute one value over the whole batch, MONAI and keras-rau one per image. "
        "segmentation_models has no Tversky loss. Keras weighs false negatives by α and false positives by β, "
        "the reverse of its documentation and of the source. Smoothing is 1 pixel in keras-rau, 1e-5 in MONAI and "
        "segmentation_models, 0 in segmentation_models.pytorch, and 1e-7 in the denominator alone in Keras.",
        "",
    ]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)

"""A parity report as tables, JSON and a picture."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from keras_rau.export.class_colours import coloured
from keras_rau.export.parity import ParityReport
from keras_rau.markdown import table as markdown_table
from keras_rau.outputs import Outputs

_STRIP, _GAP = 22, 4


def rows(report: ParityReport) -> dict[str, str]:
    """What a report says, as titles and cells; what was not measured is left out."""
    found = {
        "largest difference": f"{report.max_abs:.1e}",
        "mean difference": f"{report.mean_abs:.1e}",
        "Dice of the masks": f"{report.dice_mean:.4f}",
        "smallest": f"{report.dice_min:.4f}",
    }
    for one in report.classes:
        found[f"Dice of {one.name} (pixels)"] = f"{one.dice:.4f} ({one.pixels})"
    if report.truth:
        found |= {
            "Dice to truth before": f"{report.truth.keras:.4f}",
            "after": f"{report.truth.exported:.4f}",
        }
        for name, (before, after) in report.truth.classes.items():
            found[f"{name}, before and after"] = f"{before:.4f}, {after:.4f}"
    if report.cost:
        found["size, MB"] = f"{report.cost.bytes / 1e6:.2f}"
        for one in report.cost.latency:
            found[f"ms, {one.threads} thread{'s' * (one.threads > 1)} (95 %)"] = (
                f"{one.median_ms:.1f} ({one.p95_ms:.1f})"
            )
        if report.cost.peak_memory_mb is not None:
            found["memory, MiB"] = f"{report.cost.peak_memory_mb:.0f}"
        if report.cost.operators:
            plain = [f"{kind} × {count}" for kind, count in report.cost.plain.items()]
            found["not in XNNPACK"] = ", ".join(plain) or "none"
    return found


def _grid(reports: dict[str, ParityReport]) -> list[list[str]]:
    columns = [rows(report) for report in reports.values()]
    titles = list(dict.fromkeys(title for column in columns for title in column))
    return [[title, *[column.get(title, "") for column in columns]] for title in titles]


def table(reports: dict[str, ParityReport]) -> Any:
    """A `rich.table.Table`, one export a column."""
    from rich.table import Table

    names = [name.removeprefix("model_").removesuffix(".tflite") for name in reports]
    found = Table("", *(names if len(names) > 1 else reports))
    for line in _grid(reports):
        found.add_row(*line)
    return found


def markdown(reports: dict[str, ParityReport]) -> str:
    """The same table in Markdown, and on what it was measured."""
    notes = "".join(f"{note}\n" for note in _notes(list(reports.values())))
    return f"{markdown_table(['', *reports], _grid(reports))}\n\n{notes}"


def _notes(reports: Sequence[ParityReport]) -> list[str]:
    notes = sorted({f"Masks were compared on {report.n_images} {report.images}." for report in reports})
    notes += sorted(
        {f"Truth: masks of {one.truth.n_images} images of {one.truth.images}." for one in reports if one.truth}
    )
    return notes + sorted({f"Measured on {one.cost.processor}." for one in reports if one.cost and one.cost.latency})


def write_report(folder: Path, reports: dict[str, ParityReport]) -> None:
    """Write `parity.json` and `parity.md` into an existing folder."""
    content = {name: report.as_dict() for name, report in reports.items()}
    (folder / "parity.json").write_text(json.dumps(content, indent=1) + "\n")
    (folder / "parity.md").write_text(markdown(reports))


def draw_differences(
    path: Path | str,
    report: ParityReport,
    reference: Callable[[np.ndarray], np.ndarray],
    candidate: Callable[[np.ndarray], np.ndarray],
    images: Sequence[np.ndarray],
    outputs: Outputs = Outputs(),
) -> None:
    """Write a PNG of the images whose masks differ most: image, both maps, and where they differ.

    Of several classes the masks are shown instead, in the colours of `class_colours`.

    Args:
        path: file to write.
        report: of the comparison on `images`.
        reference: maps float32 `(1, H, W, 3)` to probabilities `(1, H, W, K)`.
        candidate: the same.
        images: those that were compared.
        outputs: what the K channels are.
    """
    lines = []
    for index, dice in report.worst:
        batch = np.asarray(images[index], np.float32)[None]
        maps = [np.asarray(run(batch), np.float32)[0] for run in (reference, candidate)]
        tiles = _of_lesion(*maps) if outputs.kind == "lesion" else _of_classes(*maps, outputs)
        lines.append(_line(images[index], tiles, f"image {index}: Dice {dice:.4f}"))
    head = np.full((_STRIP, lines[0].shape[1], 3), 255, np.uint8)
    step = images[0].shape[1] + _GAP
    for column, title in enumerate(("image", "Keras", "exported", "difference")):
        _write(head, title, (_GAP + column * step, _STRIP - 7))
    Image.fromarray(np.vstack([head, *lines])).save(path)


def _of_lesion(wanted: np.ndarray, found: np.ndarray) -> list[np.ndarray]:
    grey = [_grey(one[..., 0]) for one in (wanted, found)]
    # Red where only the Keras model sees lesion, blue where only the exported one does.
    change = _grey(np.abs(wanted - found)[..., 0])
    only = ((wanted >= 0.5) != (found >= 0.5))[..., 0]
    change[only & (wanted[..., 0] >= 0.5)] = (220, 40, 40)
    change[only & (found[..., 0] >= 0.5)] = (60, 110, 255)
    return [*grey, change]


def _of_classes(wanted: np.ndarray, found: np.ndarray, outputs: Outputs) -> list[np.ndarray]:
    masks = [outputs.decide(one) for one in (wanted, found)]
    change = _grey(np.abs(wanted - found).max(axis=-1))
    differ = masks[0] != masks[1]
    change[differ.any(axis=-1) if outputs.kind == "overlapping" else differ] = (220, 40, 40)
    return [*(coloured(mask, outputs) for mask in masks), change]


def _grey(values: np.ndarray) -> np.ndarray:
    return np.repeat((255 * np.clip(values, 0, 1)).astype(np.uint8)[..., None], 3, 2)


def _line(image: np.ndarray, tiles: Sequence[np.ndarray], title: str) -> np.ndarray:
    height, width = image.shape[:2]
    line = np.full((height + _STRIP, 4 * (width + _GAP) + _GAP, 3), 255, np.uint8)
    for column, tile in enumerate((np.clip(image, 0, 255).astype(np.uint8), *tiles)):
        left = _GAP + column * (width + _GAP)
        line[:height, left : left + width] = tile
    _write(line, title, (_GAP, height + 15))
    return line


def _write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)

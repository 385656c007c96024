"""What the compared architectures cost, and what their publications report."""

from typing import Any

from keras_rau.markdown import table


def pareto(points: dict[str, tuple[float, float]]) -> list[str]:
    """Labels of the points (cost, score) to which no other is equal or better in both, from the cheapest on.

    Example:
        >>> pareto({"a": (1.0, 0.8), "b": (2.0, 0.7), "c": (3.0, 0.9)})
        ['a', 'c']
    """
    front: list[str] = []
    best = float("-inf")
    for label, (_, score) in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if score > best:
            front.append(label)
            best = score
    return front


def latency(row: dict[str, Any], threads: int = 2) -> dict[str, float]:
    """Median `milliseconds` of the float32 file of a row, and `ratio` to that of the reference."""
    return row["cost"]["latency"][str(threads)]


def cost_table(results: dict[str, Any]) -> str:
    """Parameters, multiply-adds, training time, size and latency, and which rows no other beats.

    Rows whose cost is not known are named below; without any that is, the text is empty.
    """
    rows = [row for row in results["rows"] if "cost" in row]
    if not rows:
        return ""
    unknown = [row["label"] for row in results["rows"] if "cost" not in row]
    missing = f"\n\nNot measured yet: {', '.join(unknown)}." if unknown else ""
    front = pareto({row["label"]: (latency(row)["ratio"], row["chosen"]["dice"]) for row in rows})
    lines = [
        [
            f"**{row['label']}**" if row["label"] in front else row["label"],
            f"{row['parameters']:,}",
            f"{row['cost']['multiply_adds'] / 1e9:.3f}",
            _with_ratio(row["cost"]["training"]),
            *(f"{row['cost']['bytes'][precision] / 1e6:.2f}" for precision in ("float32", "float16")),
            *(_with_ratio(latency(row, threads)) for threads in (1, 2)),
            f"{row['chosen']['dice']:.4f}",
        ]
        for row in rows
    ]
    settings = results["settings_of_first"]
    size = "×".join(str(side) for side in settings["data"]["image_size"])
    processors = sorted({row["cost"]["processor"] for row in rows})
    text = (
        f"One image of {size} pixels on {', '.join(processors)}: multiply-adds of convolutions and matrix products; its "
        f"share of a training step of {settings['batch_size']} images{_precision(settings)}, on all cores; TFLite files in "
        "float32 and float16; the float32 file on one and two threads (median of 50 runs). In brackets the ratio to "
        f"{results['reference']}, which ran in turns with each: trust these, milliseconds depend on what else the machine "
        "does. Bold: no other row is as fast (two threads) and as good."
    )
    header = [
        "",
        "parameters",
        "10⁹ multiply-adds",
        "training, ms",
        "float32, MB",
        "float16, MB",
        "1 thread, ms",
        "2 threads, ms",
        "Dice",
    ]
    return f"## Cost\n\n{text}\n\n" + table(header, lines) + missing


def _precision(settings: dict[str, Any]) -> str:
    chosen = settings["hardware"]["mixed_precision"]
    return f" in {'float16' if chosen is True else chosen}" if chosen else ""


def _with_ratio(time: dict[str, float]) -> str:
    return f"{time['milliseconds']:.1f} ({time['ratio']:.2f})"


def published_table(results: dict[str, Any]) -> str:
    """Our scores beside those of the publications."""
    lines = []
    for row in results["rows"]:
        one = results["published"].get(row["model"]["name"])
        printed = ["", "", ""] if one is None else [f"{one['dice']:.4f}", f"{one['iou']:.4g}", one["where"]]
        ours = [f"{row['chosen']['dice']:.4f}", f"{row['chosen']['iou']:.4f}"]
        lines.append([row["label"], *ours, *printed])
    text = (
        "Published figures are of other splits, resolutions, budgets and protocols: they say what was reported, not what to "
        "expect here. IoU is of the lesion throughout."
    )
    header = ["", "Dice, ours", "IoU, ours", "Dice, published", "IoU, published", "where"]
    return f"## What was published\n\n{text}\n\n" + table(header, lines)

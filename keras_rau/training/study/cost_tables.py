"""What the compared architectures cost, and what their publications report."""

from typing import Any

from keras_rau.training.study.layout import table


def pareto(points: dict[str, tuple[float, float]]) -> list[str]:
    """Labels of the points (cost, score) that no other beats in both, from the cheapest on.

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


def latency(row: dict[str, Any], threads: int = 2) -> float:
    """Median milliseconds of the float32 file of a row."""
    found = {one["threads"]: one["median_ms"] for one in row["cost"]["exports"]["float32"]["latency"]}
    return found[threads]


def cost_table(results: dict[str, Any]) -> str:
    """Parameters, multiply-adds, training time, size and latency, and which rows no other beats."""
    rows = results["rows"]
    front = pareto({row["label"]: (latency(row), row["chosen"]["dice"]) for row in rows})
    lines = [
        [
            f"**{row['label']}**" if row["label"] in front else row["label"],
            f"{row['parameters']:,}",
            f"{row['cost']['multiply_adds'] / 1e9:.3f}",
            f"{1000 * row['cost']['seconds_per_image']:.1f}",
            f"{row['cost']['exports']['float32']['bytes'] / 1e6:.2f}",
            f"{row['cost']['exports']['float16']['bytes'] / 1e6:.2f}",
            *(f"{latency(row, threads):.1f}" for threads in (1, 2)),
            f"{row['chosen']['dice']:.4f}",
        ]
        for row in rows
    ]
    size = "×".join(str(side) for side in results["settings_of_first"]["data"]["image_size"])
    processors = sorted({row["cost"]["exports"]["float32"]["processor"] for row in rows})
    text = (
        f"One image of {size} pixels. Multiply-adds of convolutions and matrix products; milliseconds of training with its "
        "share of validation; TFLite files in float32 and float16; median of 50 runs of the float32 file after 10 to warm up, "
        f"on one and two threads of {', '.join(processors)}. Bold: no other row is both faster (two threads) and better."
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
    return f"## Cost\n\n{text}\n\n" + table(header, lines)


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

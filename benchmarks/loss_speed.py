"""How long each loss takes, forward and backward, against Keras's own binary cross-entropy on the same tensors.

The two are timed in turns, so that a busy machine slows both; a speed is the median of the ratios. Prints a table and writes
JSON.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table


def main(
    output: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/loss_speed.json"),
    batch: int = 8,
    size: int = 256,
    rounds: Annotated[int, typer.Option(help="Pairs of timings per loss.")] = 40,
) -> None:
    """Time every loss of `keras_rau.losses.names()`."""
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_rau import datasets, losses
    from keras_rau.environment import machine, versions

    masks = np.stack([datasets.draw_phantom(0, index, size)[1] for index in range(batch)])[..., None].astype("float32")
    distance = np.stack([datasets.signed_distance(mask[..., 0]) for mask in masks])[..., None]
    logits = tf.constant(np.random.default_rng(0).normal(size=masks.shape), tf.float32)
    reference = _step(keras.losses.BinaryCrossentropy(from_logits=True), tf.constant(masks), logits)
    rows = []
    for name in losses.names():
        if name == "cce":
            continue  # for several classes
        truth = tf.constant(np.concatenate([masks, distance], -1) if name == "boundary" else masks)
        step = _step(losses.get(name, from_logits=True), truth, logits)
        for _ in range(5):
            step(), reference()
        pairs = [(_seconds(step), _seconds(reference)) for _ in range(rounds)]
        ratios = sorted(mine / keras_bce for mine, keras_bce in pairs)
        rows.append(
            {
                "loss": name,
                "ratio": round(statistics.median(ratios), 3),
                "ratio_quartiles": [round(ratios[rounds // 4], 3), round(ratios[3 * rounds // 4], 3)],
                "milliseconds": round(1e3 * statistics.median(mine for mine, _ in pairs), 3),
                "keras_bce_milliseconds": round(1e3 * statistics.median(other for _, other in pairs), 3),
            }
        )
    content = {
        "command": f"python -P benchmarks/loss_speed.py --batch {batch} --size {size} --rounds {rounds}",
        "what": f"forward and backward of a batch of {batch}×{size}×{size} logits in a tf.function, {rounds} rounds in turns",
        "versions": versions(),
        "machine": machine(),
        "results": rows,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(content, indent=2) + "\n")
    table = Table("loss", "× Keras BCE", "quartiles", "ms", "Keras BCE, ms")
    for row in rows:
        low, high = row["ratio_quartiles"]
        table.add_row(
            row["loss"],
            f"{row['ratio']:.2f}",
            f"{low:.2f} to {high:.2f}",
            str(row["milliseconds"]),
            str(row["keras_bce_milliseconds"]),
        )
    Console().print(table)


def _step(loss: Any, truth: Any, logits: Any) -> Any:
    import tensorflow as tf

    @tf.function
    def forward_and_backward() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(truth, logits)
        return tape.gradient(value, logits)

    return forward_and_backward


def _seconds(step: Any) -> float:
    started = time.perf_counter()
    step().numpy()
    return time.perf_counter() - started


if __name__ == "__main__":
    typer.run(main)

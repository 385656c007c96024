"""What the checks of masks and predictions cost of a training step, in turns with steps without them.

    python -P benchmarks/mask_checks.py

Two copies of `rau_net_nano` are compiled in one process, one of them with the checks taken out; they train on one batch in
turns. Printed are the median step of each and the median of the ratios of neighbouring steps.
"""

import argparse
import time
from contextlib import ExitStack
from unittest import mock

import numpy as np
from keras import ops

from keras_rau import losses, metrics, models


def _model(size: int, checked: bool, batch: tuple[np.ndarray, np.ndarray]) -> models.SegmentationModel:
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(size, size, 3))
    model.compile("adam", losses.CompoundLoss(), metrics=[metrics.DiceScore(), metrics.IoU()])
    with ExitStack() as stack:
        if not checked:
            for place in ("keras_rau.losses.maps", "keras_rau.metrics.inputs"):
                stack.enter_context(mock.patch(f"{place}.check_pixels", _every_image))
            for place in ("keras_rau.losses.base", "keras_rau.metrics.image_metric"):
                stack.enter_context(mock.patch(f"{place}.poisoned", lambda _, values: values))
        # The first step is traced here, the second with variables that the first has made.
        for _ in range(3):
            model.train_on_batch(*batch)
    return model


def _every_image(truth: object, *_: object, **__: object) -> object:
    return ops.ones(ops.shape(truth)[:1], "bool")


def _seconds(model: models.SegmentationModel, batch: tuple[np.ndarray, np.ndarray]) -> float:
    start = time.perf_counter()
    model.train_on_batch(*batch)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=60)
    arguments = parser.parse_args()
    shape = (arguments.batch_size, arguments.size, arguments.size)
    rng = np.random.default_rng(0)
    batch = rng.uniform(0, 255, (*shape, 3)).astype("float32"), (rng.random((*shape, 1)) > 0.7).astype("float32")
    with_checks, without = (_model(arguments.size, checked, batch) for checked in (True, False))
    times = []
    for step in range(arguments.steps):
        # Whichever comes second finds warmer caches.
        pair = [with_checks, without][:: 1 if step % 2 else -1]
        taken = {id(model): _seconds(model, batch) for model in pair}
        times.append((taken[id(with_checks)], taken[id(without)]))
    checked, plain = np.array(times).T
    print(f"step with checks {np.median(checked) * 1e3:.2f} ms, without {np.median(plain) * 1e3:.2f} ms")
    ratios = checked / plain
    low, high = np.quantile(
        [np.median(np.random.default_rng(seed).choice(ratios, len(ratios))) for seed in range(500)], (0.025, 0.975)
    )
    print(f"median ratio {np.median(ratios):.4f} (95 % bootstrap interval {low:.4f} to {high:.4f})")


if __name__ == "__main__":
    main()

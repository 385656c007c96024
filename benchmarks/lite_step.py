"""What a training step of `rau_net_lite` costs, and what changes to it would.

    python -P benchmarks/lite_step.py

Seconds per image of forward, backward and update at 192×192 pixels, batch 16; each variant in a process of its own, one
after the other in several rounds, the best of which counts.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_RESULT = Path(__file__).parent / "results/lite_step.json"
_ROUNDS, _STEPS, _BATCH, _SIZE = 3, 5, 16, 192
# Model and arguments, threads, dtype policy.
VARIANTS: dict[str, tuple[str, dict, int, str]] = {
    "rau_net_lite": ("RAUNet", {}, 2, "float32"),
    "the same on one thread": ("RAUNet", {}, 1, "float32"),
    "plain convolutions in the decoder": ("RAUNet", {"separable": False}, 2, "float32"),
    "plain convolutions, one thread": ("RAUNet", {"separable": False}, 1, "float32"),
    "no attention": ("UNet", {}, 2, "float32"),
    "attention gates": ("AttentionUNet", {}, 2, "float32"),
    "mixed_bfloat16": ("RAUNet", {}, 2, "mixed_bfloat16"),
}


def main() -> None:
    """Measure and print."""
    if len(sys.argv) > 1:
        print(_seconds(*VARIANTS[sys.argv[1]]))
        return
    best: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for name, (*_, threads, _) in VARIANTS.items():
            environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": "1"}
            found = subprocess.run(
                [sys.executable, "-P", __file__, name], env=environment, capture_output=True, check=True
            )
            seconds = float(found.stdout.split()[-1])
            best[name] = min(seconds, best.get(name, seconds))
    from keras_rau.environment import machine, versions

    relation = {name: seconds / best["rau_net_lite"] for name, seconds in best.items()}
    result = {"command": "python -P benchmarks/lite_step.py", "seconds_per_image": best, "relation": relation}
    _RESULT.write_text(json.dumps({**result, "versions": versions(), "machine": machine()}, indent=1) + "\n")
    for name, seconds in best.items():
        print(f"| {name} | {seconds:.4f} | {relation[name]:.2f} |")


def _seconds(kind: str, arguments: dict, threads: int, dtype: str) -> float:
    import keras
    import numpy as np

    from keras_rau import losses, models

    attention = {"boundary_depth": 1, "reverse_depth": 1} if kind == "RAUNet" else {}
    shared = {"width": 16, "separable": True, "upsampling": "bilinear", "deep_supervision": True, "dtype": dtype}
    model = getattr(models, kind)(
        input_shape=(_SIZE, _SIZE, 3), encoder="efficientnet_lite0", **attention, **{**shared, **arguments}
    )
    model.compile(keras.optimizers.AdamW(1e-3), losses.CompoundLoss(), jit_compile=False)
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (_BATCH, _SIZE, _SIZE, 3)).astype("float32")
    masks = (random.random((_BATCH, _SIZE, _SIZE, 1)) > 0.5).astype("float32")
    model.train_on_batch(images, masks)
    times = []
    for _ in range(_STEPS):
        started = time.perf_counter()
        model.train_on_batch(images, masks)
        times.append(time.perf_counter() - started)
    return min(times) / _BATCH


if __name__ == "__main__":
    main()

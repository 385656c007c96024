"""Run a model many times and print how long it took, as JSON: the child process of `cost_of`."""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np


def main(path: Path, threads: int, warm_up: int, runs: int) -> None:
    """Time a `.tflite` file or a SavedModel folder."""
    if path.suffix != ".tflite":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    else:
        import ai_edge_litert.interpreter  # noqa: F401  its memory is not the model's
    from keras_rau.export.backends import open_backend
    from keras_rau.export.sidecar import read_sidecar

    before = _peak()
    backend = open_backend(path, threads, trust=True)
    size = backend.size or tuple(read_sidecar(path).get("image_size", (256, 256)))
    batch = np.random.default_rng(0).integers(0, 256, (1, *size, 3)).astype(np.float32)
    times = []
    for _ in range(warm_up + runs):
        start = time.perf_counter()
        backend.run(batch)
        times.append(1000 * (time.perf_counter() - start))
    measured = times[warm_up:]
    found = {
        "median_ms": float(np.median(measured)),
        "p95_ms": float(np.percentile(measured, 95)),
        "peak_memory_mb": (_peak() - before) / 1024,
    }
    print(json.dumps(found))


def _peak() -> int:
    # Linux counts what the parent held at the fork into getrusage's figure, but not into this one.
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak  # KiB, but bytes on macOS


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))

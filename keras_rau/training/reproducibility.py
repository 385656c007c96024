"""What must be set before TensorFlow starts, and what a run records about its surroundings."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from keras_rau.errors import RauError


def prepare_tensorflow(seed: int | None) -> None:
    """With a `seed`, make everything that follows repeatable.

    Deterministic operations alone are not enough: with several inter-op threads two runs on a CPU differ.

    Raises:
        RauError: TensorFlow has already started with other settings.
    """
    if seed is None:
        return
    import keras
    import tensorflow as tf

    if tf.config.threading.get_inter_op_parallelism_threads() != 1:
        try:
            tf.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError as error:
            raise RauError(
                "TensorFlow has already started, too late for a seed: train in a new process, or without one."
            ) from error
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that figures depend on."""
    found = {"python": platform.python_version()}
    for name in ("keras-rau", "keras", "tensorflow", "numpy", "opencv-python-headless", "ai-edge-litert"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """The processor and how many cores this process may use."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpu": model, "cores": cores}


def git_revision(folder: Path | None = None) -> str | None:
    """Commit of the working directory, with `+changes` when files differ from it; `None` outside a repository."""
    command = ["git", "-C", str(folder or Path.cwd()), "describe", "--always", "--abbrev=40", "--dirty=+changes"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None

"""What must be set before TensorFlow starts, and what a run records about its surroundings."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from keras_rau.errors import RauError

# Beginnings of names; none of them holds a secret.
_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "JAX_PLATFORMS",
    "KERAS_BACKEND",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "PYTHONHASHSEED",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_JOB_ID",
    "SLURM_PROCID",
    "TF_CONFIG",
    "TF_CUDNN_",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "TF_GPU_",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)


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


def computing() -> dict[str, Any]:
    """How Keras computes in this process: backend, threads, determinism, devices."""
    import keras
    import tensorflow as tf

    threads = tf.config.threading
    return {
        "backend": keras.backend.backend(),
        "deterministic": os.environ.get("TF_DETERMINISTIC_OPS") in ("1", "true") or _op_determinism(),
        "inter_op_threads": threads.get_inter_op_parallelism_threads(),
        "intra_op_threads": threads.get_intra_op_parallelism_threads(),
        "devices": [_device(device) for device in tf.config.list_physical_devices()],
    }


def _op_determinism() -> bool:
    from tensorflow.python.framework import config

    return bool(config.is_op_determinism_enabled())


def _device(device: Any) -> str:
    import tensorflow as tf

    if device.device_type != "GPU":
        return device.device_type
    return str(tf.config.experimental.get_device_details(device).get("device_name", "GPU"))


def environment_variables() -> dict[str, str]:
    """Variables that change how a training computes, or say which job it was."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)}


def git_revision(folder: Path | None = None) -> str | None:
    """Commit of the working directory, with `+changes` when files differ from it; `None` outside a repository."""
    command = ["git", "-C", str(folder or Path.cwd()), "describe", "--always", "--abbrev=40", "--dirty=+changes"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None

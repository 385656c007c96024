"""The machine and the versions that figures depend on."""

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("keras-rau", "keras", "tensorflow", "numpy", "opencv-python-headless", "ai-edge-litert")

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


def versions(packages: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """Versions of Python and of those packages that are installed.

    Args:
        packages: names of distributions; those that figures depend on if left out.

    Example:
        >>> versions(["numpy"])
        {'python': '3.11.7', 'numpy': '1.26.4'}
    """
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """Name of this machine's processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """The processor and how many cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpu": processor(), "cores": cores}


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

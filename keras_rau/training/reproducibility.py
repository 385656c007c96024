"""Seeds and deterministic operations, and what a run records about its surroundings."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from keras_rau.environment import environment_variables, git_revision, machine, versions
from keras_rau.errors import DataError, RauError
from keras_rau.files import write_text
from keras_rau.strangers import read_json
from keras_rau.training.run_directory import RunDirectory


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


def computing() -> dict[str, Any]:
    """Return how Keras computes in this process: backend, threads, determinism, devices."""
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


def record_start(run: RunDirectory, precision: str, more: dict[str, Any]) -> list[str]:
    """Write the surroundings of this start; those of the starts before move to `earlier_starts`.

    Args:
        run: the run.
        precision: name of the policy that the model computes by.
        more: what else belongs to the start, such as the fingerprint of the data.

    Returns:
        What is another than at the start before and may change figures, such as `"tensorflow: 2.16.2 then, 2.21.0 now"`.

    Example:
        >>> record_start(run, "float32", {"epoch": 3})
        []
    """
    now: dict[str, Any] = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
        "versions": versions(),
        "git": git_revision(),
        "machine": machine(),
        "computing": {**computing(), "precision": precision},
        "environment_variables": environment_variables(),
        **more,
    }
    before = _read(run)
    earlier = []
    if before:
        starts = before.pop("earlier_starts", [])
        earlier = [*(starts if isinstance(starts, list) else []), before]
    write_text(run.environment, json.dumps({**now, "earlier_starts": earlier}, indent=2) + "\n")
    return _differences(before, now) if before else []


def _read(run: RunDirectory) -> dict[str, Any]:
    try:
        return read_json(run.environment) if run.environment.exists() else {}
    except DataError:
        # Cut short by a version that did not write it at once.
        return {"unreadable": True}


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    lines = []
    for section in ("versions", "computing", "machine"):
        then = before.get(section, {})
        changed = {key: value for key, value in now[section].items() if then.get(key, value) != value}
        lines += [f"{key}: {then[key]} then, {value} now" for key, value in changed.items()]
    if before.get("git", now["git"]) != now["git"]:
        lines.append(f"git: {before['git']} then, {now['git']} now")
    return lines

"""environment.json: the surroundings of every start of a training."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from keras_rau.files import write_text
from keras_rau.training.reproducibility import computing, environment_variables, git_revision, machine, versions
from keras_rau.training.run_directory import RunDirectory


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
        earlier = [*before.pop("earlier_starts", []), before]
    write_text(run.environment, json.dumps({**now, "earlier_starts": earlier}, indent=2) + "\n")
    return _differences(before, now) if before else []


def _read(run: RunDirectory) -> dict[str, Any]:
    try:
        return json.loads(run.environment.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
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

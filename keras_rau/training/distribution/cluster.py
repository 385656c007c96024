"""Hosts that train together, from the environment that a scheduler gives their processes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from keras_rau.errors import UsageError
from keras_rau.strangers import parse_json, shown

_PORT = 12355
_KNOWN = "KERAS_RAU_COORDINATOR (HOST:PORT), KERAS_RAU_PROCESSES and KERAS_RAU_PROCESS; TF_CONFIG; or SLURM's variables"


@dataclass(frozen=True)
class Cluster:
    """The processes of one training, one on each host.

    Attributes:
        coordinator: address of the process 0, `HOST:PORT`, which all others can reach.
        count: number of processes.
        index: number of this one, from 0.
    """

    coordinator: str
    count: int
    index: int


def cluster_from_environment(environment: Mapping[str, str]) -> Cluster:
    """Read the processes of a training from the environment.

    The first of these that is there: our own `KERAS_RAU_COORDINATOR`, `KERAS_RAU_PROCESSES` and `KERAS_RAU_PROCESS` (in an
    indexed job of Kubernetes the last is `JOB_COMPLETION_INDEX` and may be left out); `TF_CONFIG` with workers;
    SLURM's `SLURM_NTASKS`, `SLURM_PROCID` and `SLURM_STEP_NODELIST`, with `KERAS_RAU_PORT` (12355) of the first node.

    Args:
        environment: `os.environ`, or what shall stand for it.

    Raises:
        UsageError: there is none of them, or one is not as it should be.

    Example:
        >>> cluster_from_environment({"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_STEP_NODELIST": "n[7-8]"})
        Cluster(coordinator='n7:12355', count=2, index=1)
    """
    if "KERAS_RAU_COORDINATOR" in environment:
        index = environment.get("KERAS_RAU_PROCESS", environment.get("JOB_COMPLETION_INDEX"))
        return _cluster(environment["KERAS_RAU_COORDINATOR"], environment.get("KERAS_RAU_PROCESSES"), index)
    if "TF_CONFIG" in environment:
        return _from_tf_config(environment["TF_CONFIG"])
    if "SLURM_PROCID" in environment and "SLURM_NTASKS" in environment:
        nodes = environment.get("SLURM_STEP_NODELIST", environment.get("SLURM_JOB_NODELIST", ""))
        address = f"{_first_node(nodes)}:{environment.get('KERAS_RAU_PORT', _PORT)}"
        return _cluster(address, environment["SLURM_NTASKS"], environment["SLURM_PROCID"])
    raise UsageError(f"Nothing in the environment says which hosts train together. Set {_KNOWN}.")


def _cluster(coordinator: str, count: str | None, index: str | None) -> Cluster:
    if not re.fullmatch(r".+:\d+", coordinator):
        raise UsageError(f"The address of the first host is written HOST:PORT. Received: {coordinator!r}")
    try:
        found = Cluster(coordinator, int(str(count)), int(str(index)))
    except ValueError as error:
        raise UsageError(
            f"The number of processes and the number of this one must be known. Received: {count!r} and {index!r}"
        ) from error
    if not 0 <= found.index < found.count:
        raise UsageError(f"Of {found.count} processes the last is number {found.count - 1}. Received: {found.index}")
    return found


def _from_tf_config(text: str) -> Cluster:
    tree = parse_json(text, "TF_CONFIG", UsageError)
    try:
        cluster, task = tree["cluster"], tree["task"]
        # The chief, where there is one, is the process 0.
        addresses = [*cluster.get("chief", []), *cluster.get("worker", [])]
        offset = len(cluster.get("chief", [])) if task["type"] == "worker" else 0
        index = int(task["index"]) + offset
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"TF_CONFIG must hold 'cluster' with 'worker' addresses and 'task'. Received: {shown(text)}"
        ) from error
    if not addresses:
        raise UsageError(f"TF_CONFIG names no workers. Received: {shown(text)}")
    return _cluster(addresses[0], str(len(addresses)), str(index))


def _first_node(nodes: str) -> str:
    """`gpu[03-05,9],login` begins with `gpu03`."""
    found = re.match(r"([^,\[]+)(?:\[([^\],-]+)[^\]]*\]([^,\[]*))?", nodes)
    if found is None:
        raise UsageError(f"SLURM's list of nodes cannot be read. Received: {nodes!r}")
    name, number, rest = found.groups()
    return f"{name}{number or ''}{rest or ''}"

"""What an exported model costs: bytes, milliseconds, memory, and which of its operators run in plain kernels."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from keras_rau.environment import processor
from keras_rau.errors import ExportError
from keras_rau.export.programs.opening import check_program

WARM_UP, RUNS = 10, 50


@dataclass(frozen=True)
class Latency:
    """Time of one image, in a process of its own.

    Attributes:
        threads: how many threads.
        median_ms: median of 50 runs after 10 to warm up, milliseconds.
        p95_ms: 95th percentile.
    """

    threads: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Cost:
    """What a model file costs.

    Attributes:
        bytes: size of the file, or of all files of a folder.
        operators: how often each TFLite operator occurs.
        plain: those of them that XNNPACK does not take over, and how often; they run in slower kernels.
        latency: by number of threads; empty when not measured.
        peak_memory_mb: most memory that the process needed beyond that of its libraries, MiB; `None` when not measured.
        processor: on what it was measured.
    """

    bytes: int
    operators: dict[str, int] = field(default_factory=dict)
    plain: dict[str, int] = field(default_factory=dict)
    latency: tuple[Latency, ...] = ()
    peak_memory_mb: float | None = None
    processor: str = ""


def cost_of(path: Path | str, measure: bool = True, threads: tuple[int, ...] = (1, 2), *, trust: bool = False) -> Cost:
    """Size and operators of a model, and with `measure` its latency and memory.

    Args:
        path: `.tflite` file or SavedModel folder.
        measure: run it, too.
        threads: numbers of threads to measure with.
        trust: run it whatever it does, see `Predictor`.

    Raises:
        ExportError: it is refused, or does not run.

    Example:
        >>> cost_of(Path("model.tflite")).latency[0].median_ms
    """
    path = Path(path)
    check_program(path, trust)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    operators, plain = _operators(path) if path.suffix == ".tflite" else ({}, {})
    if not measure:
        return Cost(size, operators, plain)
    found = [_measured(path, count) for count in threads]
    times = tuple(Latency(count, one["median_ms"], one["p95_ms"]) for count, one in zip(threads, found, strict=True))
    return Cost(size, operators, plain, times, max(one["peak_memory_mb"] for one in found), processor())


def _measured(path: Path, threads: int) -> dict:
    command = [sys.executable, "-P", "-m", "keras_rau.export.timing", str(path), str(threads), str(WARM_UP), str(RUNS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ExportError(f"{path} cannot be run to measure it: {reason}")
    return json.loads(done.stdout.splitlines()[-1])


def _operators(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    # No public call tells what a delegate took over; a test holds this one to what the file says.
    nodes = interpreter._get_ops_details()
    own = [node for node in nodes if node["op_name"] != "DELEGATE"]
    taken = _delegated(own, [node for node in nodes if node["op_name"] == "DELEGATE"])
    everything = Counter(node["op_name"] for node in own)
    plain = Counter(node["op_name"] for node in own if node["index"] not in taken)
    return dict(sorted(everything.items())), dict(sorted(plain.items()))


def _delegated(own: list[dict], delegates: list[dict]) -> set[int]:
    # What lies between the inputs of a delegate and its results.
    makers = {int(tensor): node for node in own for tensor in node["outputs"]}
    taken: set[int] = set()
    for delegate in delegates:
        known = {int(tensor) for tensor in delegate["inputs"]}
        open_ = [int(tensor) for tensor in delegate["outputs"]]
        while open_:
            tensor = open_.pop()
            node = makers.get(tensor)
            if tensor in known or node is None or node["index"] in taken:
                continue
            taken.add(node["index"])
            open_ += [int(tensor) for tensor in node["inputs"] if tensor >= 0]
    return taken

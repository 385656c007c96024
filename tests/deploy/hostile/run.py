"""Make hostile model files, open each in a process of its own as a user would, and print what happened as JSON lines.

`python -P tests/deploy/hostile/run.py FOLDER [WORD]`: only cases with the word in their name. Lines hold `name`, `error`
(class and message; `null` where the file was opened), `expected` (it is an error for users), `seconds` of work, `passed`
seconds, which a busy machine takes, `megabytes` beyond what importing the package took, `events` (what Python was asked to do
besides: processes, connections, files opened that are another's or for writing) and `executed`.
"""

import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[3]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _report(name: str, make: Any, folder: Path) -> dict[str, Any]:
    from tests.deploy.hostile.attack import canary, open_attack

    attack = make(folder)
    events: list[str] = []
    sys.addaudithook(lambda event, arguments: _listen(event, arguments, folder, events))
    before = _peak()
    start, worked, error, expected = time.perf_counter(), _processor_seconds(), None, False
    try:
        open_attack(attack)
    except BaseException as failure:
        from keras_rau.errors import RauError

        expected = isinstance(failure, RauError) or type(failure) is ValueError
        error = f"{type(failure).__name__}: {failure}"
        if not expected:
            error += "\n" + traceback.format_exc()
    return {
        "name": name,
        "error": error,
        "expected": expected,
        "seconds": round(_processor_seconds() - worked, 2),
        "passed": round(time.perf_counter() - start, 2),
        "megabytes": round((_peak() - before) / 1024),
        "events": events,
        "executed": canary(folder).exists() or (folder.parent / "executed").exists(),
    }


def _listen(event: str, arguments: tuple[Any, ...], folder: Path, events: list[str]) -> None:
    if event in ("os.system", "os.exec", "socket.connect", "socket.getaddrinfo"):
        events.append(event)
    if event == "subprocess.Popen" and "keras_rau.export.programs.trial" not in arguments[1]:
        events.append(f"{event} {arguments[1]}")
    if event == "open" and isinstance(arguments[0], str):
        path, mode = arguments[0], arguments[1] or ""
        writes = any(letter in mode for letter in "wax+") and path != os.devnull
        if "secret" in path or (writes and "__pycache__" not in path and not path.startswith("/proc")):
            events.append(f"open {path} {mode}")


def _processor_seconds() -> float:
    """Return the processor time of this process and of those that it has tried files in."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(folder: Path, word: str = "") -> None:
    """Run the cases."""
    import keras
    import tensorflow  # noqa: F401

    import keras_rau.export.predictor
    import keras_rau.training.config
    import keras_rau.training.fine_tuning.initial_weights  # noqa: F401
    from tests.deploy.hostile import checkpoints, keras_archives, saved_models, tflite_files

    @keras.saving.register_keras_serializable("hostile")
    def danger(x: Any) -> Any:
        (folder / "executed").write_text("")
        return x

    cases = {**keras_archives.CASES, **checkpoints.CASES, **tflite_files.CASES, **saved_models.CASES}
    for number, (name, make) in enumerate(cases.items()):
        if word not in name:
            continue
        place = folder / str(number)
        place.mkdir(parents=True)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            report = _report(name, make, place)
            os.write(writing, json.dumps(report).encode()[:60_000])
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        died = {"name": name, "error": None, "expected": False, "died": status}
        print(json.dumps(json.loads(said) if said else died), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])

"""Running a `.tflite` file once in a process of its own, which may die of it.

As a module: `python -m keras_rau.export.programs.trial FILE BYTES`.
"""

import subprocess
import sys
from pathlib import Path

from keras_rau.errors import ModelFileError

_SECONDS = 60
_SLACK = 128 << 20  # bytes for the interpreter itself


def try_tflite(path: Path, size: int) -> None:
    """Refuse a `.tflite` file that a process does not survive.

    The process loads it, and runs it on one image, with little more memory than its tensors need.

    Args:
        path: the file, already looked at by `check_tflite`.
        size: bytes of all its tensors.

    Raises:
        ModelFileError: the process died, failed, or took longer than a minute.
    """
    words = [sys.executable, "-P", "-m", __name__, str(path.resolve()), str(2 * size + 3 * path.stat().st_size)]
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(
            f"{path} did not finish one image in {_SECONDS} seconds in a trial; it was not opened."
        ) from error
    if done.returncode < 0:
        raise ModelFileError(
            f"{path} took a trial process down (signal {-done.returncode}): it is damaged, or made to harm. It was not opened."
        )
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise ModelFileError(f"{path} cannot be run: {lines[-1][:300]}")


def main(path: str, size: int) -> None:
    """Load the file, and run it on one image."""
    import resource

    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    if pages:
        limit = pages * resource.getpagesize() + size + _SLACK
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    run = interpreter.get_signature_runner("serving_default")
    ((name, detail),) = run.get_input_details().items()
    image = np.random.default_rng(0).integers(0, 256, detail["shape"]).astype(detail["dtype"])
    run(**{name: image})


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except Exception as failure:
        print(f"{type(failure).__name__}: {failure}".replace("\n", " "), file=sys.stderr)
        sys.exit(1)

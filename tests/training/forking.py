"""Trainings as processes of their own that start fast: forked from one that has imported everything and done nothing."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_SERVER = """
import json, os, sys
import cv2, keras, matplotlib.pyplot, tensorflow
from keras_rau.cli import main
from keras_rau.evaluation import plot_curves, table
from keras_rau.export import Predictor
from keras_rau.training import load_config, train
from keras_rau.training.experiment import datasets, models

for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        null = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        sys.argv = ["keras-rau", *order["words"]]
        main()
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Trainings:
    """Runs one training after the other.

    Example:
        >>> with Trainings(tmp_path / "log") as trainings:
        ...     status, text = trainings.run("train", "--epochs", 3)
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.pid = 0

    def __enter__(self) -> "Trainings":
        self.server: Any = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait()

    def start(self, *words: Any) -> None:
        """Start `keras-rau` with these words."""
        self.server.stdin.write(json.dumps({"words": [str(word) for word in words], "log": str(self.log)}) + "\n")
        self.server.stdin.flush()
        self.pid = int(self.server.stdout.readline())

    def wait(self) -> tuple[int, str]:
        """Exit status, negative for a signal, and what was printed."""
        status = int(self.server.stdout.readline())
        return status, self.log.read_text()

    def run(self, *words: Any) -> tuple[int, str]:
        """Start and wait."""
        self.start(*words)
        return self.wait()

    def signal(self, number: int) -> None:
        """Send a signal to the training, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait_for(self, path: Path, seconds: float = 120) -> None:
        """Wait until a file is there."""
        end = time.monotonic() + seconds
        while not path.exists():
            assert time.monotonic() < end, f"{path} did not appear:\n{self.log.read_text()}"
            time.sleep(0.005)

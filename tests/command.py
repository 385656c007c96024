"""Running the command line inside the test process."""

import sys
from typing import Any

from keras_rau.cli import main


def run_command(monkeypatch: Any, capsys: Any, *words: Any) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `keras-rau` with these words."""
    monkeypatch.setattr(sys, "argv", ["keras-rau", *map(str, words)])
    monkeypatch.setenv("COLUMNS", "200")
    try:
        main()
    except SystemExit as stop:
        status = stop.code or 0
    else:
        status = 0
    out, err = capsys.readouterr()
    return status, out, err

"""How work is handed to Apache Beam."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from keras_rau.errors import RauError


def beam_options(runner: str, words: Sequence[str] = ()) -> Any:
    """Options of a pipeline.

    Args:
        runner: name of a Beam runner, such as `"DirectRunner"`, `"FlinkRunner"` or `"DataflowRunner"`.
        words: further options, `NAME=VALUE`, as Beam and the runner name them.

    Raises:
        RauError: Beam is not installed.
    """
    if find_spec("apache_beam") is None:
        raise RauError("Apache Beam is not installed; it comes with '.[beam]'. Leave --runner out to work without it.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from apache_beam.options.pipeline_options import PipelineOptions

    flags = [f"--{word.removeprefix('--')}" for word in words]
    return PipelineOptions([f"--runner={runner}", *flags])


@contextmanager
def worker_environment() -> Iterator[None]:
    """What worker processes on this machine inherit."""
    # They repeat the remarks of what they import on standard error; and a folder called like a package where the command
    # was started is not the package.
    wanted = {"PYTHONWARNINGS": "ignore", "PYTHONSAFEPATH": "1"}
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]

"""The validation of the data before a training."""

import shlex
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from keras_rau import datasets
from keras_rau.datasets.files import listed
from keras_rau.datasets.findings import remedies
from keras_rau.errors import DataError
from keras_rau.training.config import Config


def validate_data(
    config: Config, split: Callable[[], dict[str, Sequence[Any]]], console: Console
) -> datasets.Validation:
    """Validate the images that a configuration names, in the sets in which they would be trained on.

    Args:
        config: the experiment.
        split: gives the samples by set; not called while samples are missing.
        console: where the outcome goes.

    Raises:
        DataError: something is wrong; the message lists the first ten errors.
    """
    data = config.data

    def quietly(_: Sequence[Any]) -> dict[str, Sequence[Any]]:
        # What loading warns of is among the findings already.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return split()

    result = datasets.validate(data.dataset, data.data_dir, options=data.load_options, split=quietly)
    allowed = {"leakage"} if data.allow_leakage else set()
    wrong = [finding for finding in result.errors if finding.kind not in allowed]
    if wrong:
        lines = listed(f"{len(wrong)} error(s) in {data.data_dir}", [finding.message for finding in wrong])
        end = f"Nothing was trained. {_command(config)} --report DIR shows all."
        raise DataError("\n".join([lines, *remedies(wrong), end]))
    counts = ", ".join(f"{count} {severity}s" for severity, count in result.counts().items())
    console.print(f"validated {len(result.rows)} images: {counts}", highlight=False)
    for remark in result.remarks:
        console.print(remark, highlight=False, markup=False, soft_wrap=True)
    return result


def _command(config: Config) -> str:
    """The command that validates the same folder."""
    data = config.data
    words = ["keras-rau", "validate", "--dataset", data.dataset, "--data-dir", str(data.data_dir)]
    for name, value in data.options.items():
        words += ["--option", f"{name}={value}"]
    return shlex.join(words)

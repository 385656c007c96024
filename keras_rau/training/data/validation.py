"""The validation of the data before a training."""

import shlex
import warnings
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from keras_rau import datasets
from keras_rau.datasets.files import listed
from keras_rau.datasets.findings import remedies
from keras_rau.errors import DataError
from keras_rau.training.config import Config
from keras_rau.training.data.split import Split, check_split, load_split


def load_validated(config: Config, console: Console) -> tuple[Split, datasets.Validation]:
    """Load and split the images of a configuration, and validate them in the sets in which they will be trained on.

    Args:
        config: the experiment.
        console: where the outcome goes.

    Raises:
        DataError: something is wrong; the message lists the first ten errors.
    """
    data = config.data
    loaded: list[Split] = []
    warned: list[warnings.WarningMessage] = []

    def split(_: Sequence[Any]) -> dict[str, list[Any]]:
        # What loading warns of is among the findings already; without errors it is said below.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loaded.append(load_split(config, check=False))
        warned.extend(caught)
        return loaded[0].looked_at()

    result = datasets.validate(data.dataset, data.data_dir, options=data.load_options, split=split)
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
    if not loaded:
        return load_split(config), result
    for one in warned:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    check_split(config, loaded[0])
    return loaded[0], result


def _command(config: Config) -> str:
    """The command that validates the same folder."""
    data = config.data
    words = ["keras-rau", "validate", "--dataset", data.dataset, "--data-dir", str(data.data_dir)]
    for name, value in data.options.items():
        words += ["--option", f"{name}={value}"]
    return shlex.join(words)

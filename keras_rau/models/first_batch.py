"""The search for what is wrong with masks, after a step went wrong."""

import re
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau.models.of_keras import known_targets
from keras_rau.models.styles import style_fault
from keras_rau.pixel_values import NO_RESULT

_AT_ONCE = 32
# The assertion of keras_rau.pixel_values in what TensorFlow says of it.
_ASSERTED = re.compile(r"assertion failed: \[((?:Loss|Metric) .*?)\]((?: \[[^\]]*\])*)")


class FirstBatch:
    """Explains, in a `with` statement, a `fit` or `evaluate` that fails on masks.

    A sound training costs one look at the first loss. XLA and JAX cannot fail within a step: there a first loss or metric
    that is not a number leads to the masks. In TensorFlow's graphs the assertion of any step does.

    Args:
        model: a compiled model.
        x: its data: arrays, a dataset of any kind, or a generator.
        y: masks, when `x` are arrays.
        sample_weight: likewise.
    """

    def __init__(self, model: keras.Model, x: Any, y: Any, sample_weight: Any) -> None:
        self.model = model
        self.data = x, y, sample_weight

    def look(self, result: Any) -> None:
        """Look at what a step returned, logs or (logs, state).

        Raises:
            ValueError: a value is NaN, and masks hold values that are not labels.
        """
        logs = result[0] if isinstance(result, tuple) else result
        if not isinstance(logs, dict) or not any(np.isnan(_number(value)) for value in logs.values()):
            return
        fault = self.fault()
        if fault is not None:
            raise ValueError(fault)

    def fault(self) -> str | None:
        """Find out what is wrong with the masks; `None` if nothing is found."""
        return next((fault for batch in self._batches() if (fault := self._fault_of(*batch)) is not None), None)

    def __enter__(self) -> "FirstBatch":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.model._first_batch = None
        asserted = None if error is None or isinstance(error, ValueError) else _ASSERTED.search(str(error))
        if asserted is None:
            return
        plain = asserted[1] + asserted[2].replace(" [", " ").replace("]", "")
        raise ValueError(self.fault() or plain) from None

    def _batches(self) -> Iterator[tuple[Any, Any]]:
        """Masks and weights: all of arrays, the first of a dataset, the next of a generator."""
        x, y, weight = self.data
        if y is not None:
            for start in range(0, len(y), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                yield y[part], None if weight is None else weight[part]
            return
        batch = x[0] if isinstance(x, keras.utils.PyDataset) else next(iter(x), None)
        if batch is not None:
            yield keras.utils.unpack_x_y_sample_weight(batch)[1:]

    def _fault_of(self, y: Any, weight: Any) -> str | None:
        model = self.model
        if y is None or isinstance(y, (dict, tuple)):
            return None
        y, style = model.split_target(y)
        if style is not None and (fault := style_fault(np.asarray(style), len(model.outline_styles))):
            return fault
        y, weight = np.asarray(y), None if weight is None else np.asarray(weight)
        prediction = ops.full((*y.shape[:3], model.output.shape[-1]), 1 / max(model.output.shape[-1], 2), "float32")
        with warnings.catch_warnings():
            # Metrics warn.
            warnings.simplefilter("error", UserWarning)
            try:
                for one in keras.tree.flatten(model.loss):
                    if hasattr(one, "reads_distance"):
                        one(y, prediction, sample_weight=weight)
                known_targets(model.loss, y, prediction, weight)
                for metric in model.metrics:
                    self._try_metric(metric, y, prediction)
            except (ValueError, UserWarning) as error:
                return str(error).removesuffix(NO_RESULT)
        return None

    def _try_metric(self, metric: Any, y: Any, prediction: Any) -> None:
        for one in getattr(metric, "metrics", None) or [metric]:
            if hasattr(one, "pixels"):
                one.pixels(y, prediction)


def _number(value: Any) -> float:
    return float(np.mean(ops.convert_to_numpy(value)))

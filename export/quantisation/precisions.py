"""How a TFLite file stores its numbers."""

from typing import Any

import tensorflow as tf

from keras_rau.errors import ExportError
from keras_rau.export.parity import Limits

# A probability at an outline jumps with the least change: of quantised models whole masks are compared, not single pixels.
LIMITS = {
    "float32": Limits(max_abs=1e-4),
    "float16": Limits(dice_mean=0.999, class_dice=0.99),
    "dynamic": Limits(dice_mean=0.99, dice_min=0.95, class_dice=0.95),
    "int8": Limits(dice_mean=0.99, dice_min=0.95, class_dice=0.95),
}


def check_precision(precision: str, calibration: Any, integer_only: bool = False) -> None:
    """Refuse what is unknown, or lacks the images that it needs.

    Raises:
        ExportError: so it is.
    """
    if precision not in LIMITS:
        raise ExportError(f"Supported precisions: {', '.join(LIMITS)}. Received: precision={precision!r}")
    if integer_only and precision != "int8":
        raise ExportError(f"`integer_only` is for int8. Received: precision={precision!r}")
    if precision == "int8" and calibration is None:
        raise ExportError(
            "int8 needs images to measure ranges on, some hundred of those that the model will see: give calibration "
            "(--calibration-dir)."
        )
    if precision != "int8" and calibration is not None:
        raise ExportError(f"Calibration is for int8. Received: precision={precision!r}")


def configure(converter: tf.lite.TFLiteConverter, precision: str) -> None:
    """Tell a converter how to store numbers; built-in operators alone. For `"int8"` it makes the file of float32 first."""
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision in ("float16", "dynamic"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]

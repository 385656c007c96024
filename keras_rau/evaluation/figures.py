"""Figures of matplotlib, which is an extra."""

from typing import Any

from keras_rau.errors import RauError


def new_figure(purpose: str, size: tuple[float, float]) -> Any:
    """An empty `matplotlib.figure.Figure`, drawn without a display.

    Args:
        purpose: beginning of the error message, such as `"Learning curves need"`.
        size: width and height in inches.

    Raises:
        RauError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RauError(f"{purpose} matplotlib: pip install 'keras-rau[plots]'.") from error
    return Figure(figsize=size, layout="constrained")

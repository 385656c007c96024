"""A limit for the weights that a model may make while it is built."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_rau.errors import ModelFileError

_LOCK = threading.RLock()
_BYTES = {"float64": 8, "int64": 8, "uint64": 8, "float16": 2, "bfloat16": 2, "int8": 1, "uint8": 1, "bool": 1}


@contextmanager
def limited_weights(largest: int, most: int, name: str) -> Iterator[None]:
    """Refuse to make more weights than a file holds, before their memory is taken.

    A configuration of a few bytes can ask for a layer of terabytes. Holds for variables of Keras made by this thread.

    Args:
        largest: bytes of all weights together.
        most: how many.
        name: of the file, for messages.

    Raises:
        ModelFileError: the model asks for more.
    """
    # Keras makes all weights through this one class and offers no hook; another thread's are passed on.
    with _LOCK:
        mine, original = threading.get_ident(), keras.Variable.__init__
        made = {"bytes": 0, "count": 0}

        def counted(
            self: Any, initializer: Any, shape: Any = None, dtype: Any = None, *others: Any, **named: Any
        ) -> None:
            if threading.get_ident() == mine:
                made["count"] += 1
                made["bytes"] += math.prod(shape or (1,)) * _BYTES.get(str(dtype), 4)
                if made["bytes"] > largest or made["count"] > most:
                    raise ModelFileError(
                        f"{name} describes a model of more weights than it holds ({largest:,} bytes at most were expected). "
                        "It was not opened."
                    )
            original(self, initializer, shape, dtype, *others, **named)

        keras.Variable.__init__ = counted
        try:
            yield
        finally:
            keras.Variable.__init__ = original

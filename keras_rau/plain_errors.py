"""Our one line about a file, out of what TensorFlow makes of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from keras_rau.errors import DataError, RauError

# An assertion shows its text in brackets, with escapes; what is raised in Python comes as it is.
_SHOWN = re.compile(r"\[DataError: (.+)\]\s*$", re.MULTILINE)
_RAISED = re.compile(r"\bDataError: (.+)")
_ESCAPED = re.compile(r"\\(n|.)")


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what TensorFlow makes of a file that vanished or broke in mid-training back into the one line that names it.

    Our models do so in `fit`, `evaluate` and `predict`; other models need it said.

    Raises:
        DataError: such a file was met.

    Example:
        >>> with plain_errors():
        ...     foreign_model.fit(pipeline(train))
    """
    try:
        yield
    except Exception as error:
        line = None if isinstance(error, RauError) else our_line(str(error))
        if line is None:
            raise
        raise DataError(line) from None


def our_line(text: str) -> str | None:
    """Find our line about a file in the message of an error of TensorFlow; `None` if it is about something else.

    Example:
        >>> our_line("assertion failed: [DataError: a.png does not exist.]")
        'a.png does not exist.'
    """
    shown = _SHOWN.search(text)
    if shown is not None:
        return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], shown[1])
    raised = _RAISED.search(text)
    return None if raised is None else raised[1]

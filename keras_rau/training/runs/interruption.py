"""Ctrl-C and the signals of a cluster."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interruption(KeyboardInterrupt):
    """The user or the cluster stopped the training.

    Args:
        number: the signal.
        kept: what was saved of the training, if it is known.
    """

    def __init__(self, number: int, kept: str = "") -> None:
        super().__init__(kept)
        self.number = number
        self.kept = kept

    @property
    def status(self) -> int:
        """Exit status of the process, as shells give it: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + self.number


class Signals:
    """A context in which SIGINT and SIGTERM raise `Interruption`, or are noted at first.

    Signals that the process was started to ignore stay ignored; in other threads than the main one nothing changes.

    Args:
        note: called at the first signal, which is then only noted in `received`; the second raises. `None`: the first raises.

    Example:
        >>> with Signals(note=lambda: print("finishing the step")) as signals:
        ...     while signals.received is None:
        ...         step()
    """

    def __init__(self, note: Callable[[], None] | None = None) -> None:
        self.note = note
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.note is None or self.received is not None:
            raise Interruption(number)
        self.received = number
        self.note()

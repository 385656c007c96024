"""For all tests."""

import random
import signal
from typing import Any

import pytest

# What takes minutes goes first, so that no core waits for it at the end; pytest sorts what a command line names.
_LONGEST = ("test_all_four_studies", "tests/study/", "tests/training/", "tests/deploy/")


def pytest_configure() -> None:
    """Hear Ctrl-C also where a shell started the tests in the background, with SIGINT ignored: tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Start with the longest."""
    items.sort(
        key=lambda item: next((place for place, part in enumerate(_LONGEST) if part in item.nodeid), len(_LONGEST))
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin each test, and what it shares with others, with the same weights: Keras draws its seeds from `random`."""
    random.seed(0)

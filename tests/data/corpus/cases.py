"""The list of cases, and how they are drawn."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# Pixels that must come out, by id: image and mask.
Pixels = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Case:
    """One data set.

    Attributes:
        name: name of its folder.
        odd: what is odd about it.
        dataset: name of the source.
        root: what to name as its folder.
        options: of the source.
        expected: kinds of findings and what their messages must match, one entry a finding; empty if nothing is wrong.
        related: the same of what only a look at all images together shows: near duplicates and leakage.
        refused: what the error must match if nothing can be listed at all.
        pixels: what must come out of `read_pair`.
        tolerance: how far colours may be from that.
    """

    name: str
    odd: str
    dataset: str
    root: Path
    options: dict[str, Any]
    expected: tuple[tuple[str, str], ...]
    related: tuple[tuple[str, str], ...]
    refused: str | None
    pixels: Pixels = field(repr=False)
    tolerance: int = 0


_DRAWERS: dict[str, Callable[[Path], Case]] = {}


def case(
    dataset: str,
    odd: str,
    *expected: tuple[str, str],
    related: tuple[tuple[str, str], ...] = (),
    refused: str | None = None,
    within: str = "",
    tolerance: int = 0,
    **options: Any,
) -> Callable[[Callable[[Path], Pixels | None]], Callable[[Path], Pixels | None]]:
    """Add a case; the decorated function draws it into an empty folder."""

    def register(draw: Callable[[Path], Pixels | None]) -> Callable[[Path], Pixels | None]:
        def drawn(folder: Path) -> Case:
            root = folder / draw.__name__ / within
            root.mkdir(parents=True)
            pixels = draw(root) or {}
            return Case(draw.__name__, odd, dataset, root, options, expected, related, refused, pixels, tolerance)

        _DRAWERS[draw.__name__] = drawn
        return draw

    return register


def names() -> list[str]:
    """Names of all cases."""
    # The modules add their cases when imported.
    from tests.data.corpus import (  # noqa: F401
        class_masks,
        faults,
        folders,
        kinds_of_files,
        layouts,
        mask_faults,
        relations,
    )

    return list(_DRAWERS)


def make(root: Path) -> list[Case]:
    """Draw all cases into a new folder, and `corpus.json`, a table of them, beside."""
    names()
    root.mkdir(parents=True, exist_ok=True)
    cases = [draw(root) for draw in _DRAWERS.values()]
    table = [
        {
            "name": one.name,
            "odd": one.odd,
            "dataset": one.dataset,
            "root": str(one.root.relative_to(root)),
            "options": one.options,
            "expected": [{"kind": kind, "message": pattern} for kind, pattern in (*one.expected, *one.related)],
            "refused": one.refused,
        }
        for one in cases
    ]
    (root / "corpus.json").write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return cases

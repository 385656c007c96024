"""Files that are nearly right, drawn by hypothesis."""

import json
import struct
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

_ODD_NUMBERS = [0, 1, -1, 0.5, 2, -(2**31), 2**31, 2**63, 2**64, 10**40, 1e308, float("nan"), float("inf")]
_ODD_WORDS = [
    "",
    "\0",
    "\n",
    "../x",
    "é",
    "\ud800".encode("utf-8", "replace").decode(),
    "a" * 5000,
    "=1+1",
    "null",
    "🦠",
]
_ODD_INTEGERS = [0, 1, 255, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF]


@st.composite
def damaged(draw: Any, samples: Sequence[bytes]) -> bytes:
    """One of the samples with bytes changed, cut, doubled, or put in from another."""
    content = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(st.integers(0, 6))
        if kind == 0 and content:
            content[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == 1:
            content[place : place + 4] = struct.pack("<I", draw(st.sampled_from(_ODD_INTEGERS)))
        elif kind == 2:
            content[place : place + 4] = struct.pack(">I", draw(st.sampled_from(_ODD_INTEGERS)))
        elif kind == 3:
            del content[place : place + draw(st.sampled_from([1, 7, 100, 10**6]))]
        elif kind == 4:
            content[place:place] = content[place : place + draw(st.sampled_from([1, 8, 300]))]
        elif kind == 5:
            content[place:place] = draw(st.binary(max_size=12))
        else:
            other = draw(st.sampled_from(samples))
            start = draw(st.integers(0, max(0, len(other) - 1)))
            content[place : place + 64] = other[start : start + 64]
    return bytes(content)


def odd_values(depth: int = 3) -> st.SearchStrategy[Any]:
    """Values of any JSON type, odd numbers and words among them."""
    plain = st.sampled_from([None, True, False, *_ODD_NUMBERS, *_ODD_WORDS]) | st.integers() | st.text(max_size=8)
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=2**depth,
    )


@st.composite
def odd_json(draw: Any, sample: dict[str, Any]) -> bytes:
    """A JSON object with some values replaced, anywhere in it."""
    tree = json.loads(json.dumps(sample))
    for _ in range(draw(st.integers(0, 3))):
        target: Any = tree
        while True:
            keys = list(target) if isinstance(target, dict) else list(range(len(target)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(target[key], (dict, list)) and target[key] and draw(st.booleans()):
                target = target[key]
                continue
            target[key] = draw(odd_values())
            break
    return json.dumps(tree).encode("utf-8", "surrogatepass")


@st.composite
def odd_table(draw: Any, columns: Sequence[str]) -> bytes:
    """A table as text, with odd cells, encodings, separators and lengths of rows."""
    cells = st.sampled_from(["a", "img_1", "1", "0.5", "-", '"', "a\nb", *_ODD_WORDS]) | st.text(max_size=6)
    rows = draw(st.lists(st.lists(cells, max_size=5), max_size=8))
    separator = draw(st.sampled_from([",", ";", "\t"]))
    header = draw(st.permutations([*columns, "more"]))
    text = "\n".join(separator.join(row) for row in [header, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, "replace")

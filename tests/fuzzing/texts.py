"""Random damage to the texts that strangers send: YAML, JSON, tables, lists.

Whatever happens must be a `RauError` of few lines.
"""

import random
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.ph2_tables import read_ph2_text
from keras_rau.errors import RauError
from keras_rau.strangers import parse_json
from keras_rau.training.config import load_config, parse_setting
from keras_rau.yaml_text import parse_yaml

_TABLES = [
    b"image_id,patient\na,1\nb.png,2\ntrain/images/c.png,3\n",
    b"id;group\na;x\nb;y\n",
    b'"a","b\n,c"\0',
    b"isic_id,patient_id\nISIC_0000001,IP_1\n",
]
_YAML = [b"a: 1\nb: [1, {c: 2}]\nd: &x {e: 1}\nf: *x\n", b"model: {name: x}\ndata: {options: {n: 3}}\n"]
_JSON = [b'{"a": [1, 2, {"b": null}], "c": "d"}']
_PH2 = [b"|| IMD001 || || 0 || 0 | T | A | A | A | A || 3 4 ||\n"]
_PIECES = [
    *(
        b",",
        b";",
        b"\n",
        b"\r",
        b"\0",
        b'"',
        b"'",
        b"\xff",
        b"\xfe\xff",
        b"\xe2\x80\xa8",
        b"/",
        b"\\",
        b"..",
        b"||",
        b"\t",
    ),
    *(
        b"&a",
        b"*a",
        b"!!",
        b"!!int ",
        b"!!timestamp ",
        b"<<: ",
        b"? ",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"|",
        b">",
        b"%",
        b"#",
    ),
    *(
        b"0x",
        b"1e999",
        b":59" * 5,
        b"9" * 50,
        b"+.inf",
        b"2001-99-01",
        b"=: 1",
        b"\x1b[31m",
        b"a" * 200,
        b"~",
        b"@",
        b"`",
    ),
]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return the content with one to six places changed."""
    found = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        place, how = rng.randint(0, len(found)), rng.random()
        if how < 0.5:
            found[place:place] = rng.choice(_PIECES)
        elif how < 0.7:
            del found[place : place + rng.randint(1, 8)]
        elif how < 0.9 and place < len(found):
            found[place] = rng.randrange(256)
        else:
            found += found[place:]
    return bytes(found)


class Attacks:
    """One method a kind of text; each reads it as the package does."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self._root, self._rng = root, rng
        for name in "abc":
            for kind in ("images", "masks"):
                path = root / "train" / kind / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)
        self._samples = datasets.load("folder", root / "train")

    def _one(self, contents: list[bytes]) -> bytes:
        return damaged(self._rng.choice(contents), self._rng)

    def table(self) -> None:
        (self._root / "m.csv").write_bytes(self._one(_TABLES))
        column = {"group_column": "patient"} if self._rng.random() < 0.5 else {}
        self._printable(datasets.survey("folder", self._root, ids="path", metadata="m.csv", **column))

    def ph2(self) -> None:
        (self._root / "p.txt").write_bytes(self._one(_PH2))
        listing = Listing()
        read_ph2_text(self._root / "p.txt", listing)
        self._printable(listing)

    def lists(self) -> None:
        folder = self._root / "lists"
        folder.mkdir(exist_ok=True)
        for name in ("train", "val", "test"):
            (folder / f"{name}.csv").write_bytes(self._one(_TABLES))
        datasets.apply_split(datasets.read_split(folder), self._samples, "the lists", "drop")

    def configuration(self) -> None:
        (self._root / "c.yaml").write_bytes(self._one(_YAML))
        load_config(self._root / "c.yaml")

    def yaml(self) -> None:
        parse_yaml(self._one(_YAML).decode("latin-1"))

    def setting(self) -> None:
        parse_setting("a=" + self._one(_YAML).decode("latin-1"))

    def json(self) -> None:
        parse_json(self._one(_JSON), "it")

    @staticmethod
    def _printable(listing: Listing) -> None:
        assert all(finding.message.isprintable() for finding in listing.findings)


def fuzz(seconds: float, seed: int) -> Counter[str]:
    """Attack for some time; returns how often each kind was tried.

    Raises:
        AssertionError: a message is long or moves the cursor. Any other exception than `RauError` passes through.
    """
    rng, counts, end = random.Random(seed), Counter[str](), time.monotonic() + seconds
    kinds = ("table", "ph2", "lists", "configuration", "yaml", "setting", "json")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attacks = Attacks(Path(folder), rng)
        while time.monotonic() < end:
            kind = rng.choice(kinds)
            counts[kind] += 1
            try:
                getattr(attacks, kind)()
            except RauError as error:
                said = str(error)
                assert len(said) < 6000, said[:300]
                assert said.replace("\n", "").isprintable(), ascii(said[:300])
    return counts

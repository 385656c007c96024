"""Cells that are safe in a spreadsheet."""

import csv
import io
import os

import numpy as np
import pytest

from keras_rau.csv_text import csv_text, plain, printable, safe

WORDS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "'=1",
    "''=1",
    "'tis",
    "a=1",
    "",
    " =1",
    "'",
    "'@",
]


@pytest.mark.parametrize("word", WORDS)
def test_text_is_no_formula_and_comes_back(word):
    cell = safe(word)
    assert not cell.startswith(tuple("=+-@\t\r\n＝"))
    assert plain(cell) == word


def test_numbers_stay_numbers():
    values = [-1, -0.5, np.float32(-2), np.int64(-3), None, True]
    assert [safe(value) for value in values] == values


def test_a_table_is_read_back():
    rows = [{"id": word, "dice": -0.5} for word in WORDS]
    found = list(csv.DictReader(io.StringIO(csv_text(["id", "dice"], rows), newline="")))
    assert [plain(row["id"]) for row in found] == WORDS
    assert all(float(row["dice"]) == -0.5 for row in found)


def test_names_that_are_no_text_can_be_written():
    assert printable(os.fsdecode(b"a\xff.jpg")) == "a\\xff.jpg"
    assert printable("\ud800") == "\\ud800"
    csv_text(["id"], [{"id": os.fsdecode(b"=\xff")}]).encode()

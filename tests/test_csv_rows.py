"""Tables with rows that are cut off, too long, or never end."""

import json

import pytest

from keras_rau.csv_rows import csv_rows
from keras_rau.errors import DataError


def _metadata(path):
    from keras_rau.datasets.findings import Listing
    from keras_rau.datasets.sources.tables import read_table

    table = read_table(path, ["image_id"], listing := Listing())
    if listing.findings:
        assert table == {}
        raise DataError(listing.findings[0].message)


def _split(path):
    from keras_rau.datasets.splitting.split_files import read_split

    path.rename(path.parent / "train.csv")
    for name in ("val", "test"):
        (path.parent / f"{name}.txt").write_text(name)
    read_split(path.parent)


def _pairs(path):
    from keras_rau.datasets.splitting.groups import known_pairs

    known_pairs([], path)


def _scores(path):
    from keras_rau.evaluation import read_csv

    read_csv(path)


def _regions(path):
    from keras_rau.evaluation import read_regions

    read_regions(path)


def _history(path):
    from keras_rau.training.runs.history import read_history

    read_history(path)


def _fingerprint(path):
    from keras_rau.training.runs.fingerprint import Fingerprint, check_same_files

    check_same_files(Fingerprint({"a": ("1", "2", "", "")}), path, path.parent)


def _downloaded(path):
    from keras_rau.datasets.downloading.unpacking import check_table

    check_table(path)


# Reader, heading, a good row.
TABLES = {
    "metadata": (_metadata, "image_id,sex,age", "a,female,1"),
    "split list": (_split, "sex,image_id,age", "female,a,1"),
    "pairs": (_pairs, "id,other,distance", "a,b,1"),
    "scores": (_scores, "id,dice,iou", "a,0.5,0.5"),
    "regions": (_regions, "image,mask,area,error", "a,b,1,x"),
    "history": (_history, "epoch,loss,dice", "0,1,0.5"),
    "fingerprint": (_fingerprint, "id,image_bytes,image_sha256,mask_bytes,mask_sha256", "a,1,2,,"),
    "downloaded": (_downloaded, "image_id,sex,age", "a,female,1"),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("row", ["1", "x,1,1,1,1,1", '1,"1,1', '"1"1,1,1'])
def test_a_row_of_another_length_is_named(tmp_path, kind, row):
    read, heading, good = TABLES[kind]
    path = tmp_path / "t.csv"
    path.write_text(f"{heading}\n{good}\n\n{row}\n")
    with pytest.raises(DataError, match=r"\.csv, line 4 ") as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_row_that_goes_over_several_lines_and_padding_are_taken():
    text = 'id,note,,\r\na,"one\ntwo"\r\nb,x,,,,\r\n'
    assert csv_rows(text, "t") == [(1, ["id", "note"]), (2, ["a", "one\ntwo"]), (4, ["b", "x"])]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "dice\n0.5\n", "id,dice,dice\na,1,1\n", "id,dice\na,high\n", "id\0,dice\na,1\n"]
)
def test_tables_that_are_no_scores(tmp_path, text):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(DataError, match=r"Not a table of scores .*scores\.csv"):
        _scores(tmp_path / "scores.csv")


@pytest.mark.parametrize("text", ["epoch,loss\n,1\n", "epoch,loss\n0,x\n", "loss\n1\n"])
def test_a_damaged_history_is_named(tmp_path, text):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(DataError, match=r"history\.csv"):
        _history(tmp_path / "history.csv")


def test_a_split_list_without_a_name_in_a_row(tmp_path):
    (tmp_path / "t.csv").write_text("image_id,sex\na,f\n,m\n")
    with pytest.raises(DataError, match=r"train\.csv, line 3: it names no image"):
        _split(tmp_path / "t.csv")


def test_a_list_of_pairs_in_quotes_over_lines(tmp_path):
    (tmp_path / "t.csv").write_text(json.dumps("a") + ",b\n")
    with pytest.raises(DataError, match="names no pair"):
        _pairs(tmp_path / "t.csv")

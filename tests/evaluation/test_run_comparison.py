"""Trainings beside each other."""

import json

import numpy as np
import pytest
import yaml

from keras_rau.errors import DataError, UsageError
from keras_rau.evaluation import KEYS, compare_runs, compare_scores, summarise, write_csv
from tests.command import run_command


def _rows(shift=0.0, count=20, first=0):
    scores = np.random.default_rng(first).uniform(0.2, 0.8, count) + shift
    return [{"id": f"i{first + index:02}", **dict.fromkeys(KEYS, score)} for index, score in enumerate(scores)]


def _run(folder, config, rows=None, environment=None):
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    if rows is not None:
        write_csv(rows, folder / "scores.csv")
        (folder / "metrics.json").write_text(json.dumps({"training": {"epochs": 9, "best_epoch": 7}}))
    if environment is not None:
        (folder / "environment.json").write_text(json.dumps(environment))
    return folder


def _environment(version, started, sha):
    return {
        "started": started,
        "command": started,
        "versions": {"keras": version, "python": "3.11"},
        "data": {"images": {"sha256": sha}},
        "earlier_starts": [{"versions": {"keras": started}}],
    }


@pytest.fixture
def three(tmp_path):
    config = {"loss": {"name": "dice"}, "epochs": 9, "data": {"options": {}}}
    other = {**config, "loss": {"name": "tversky", "alpha": 0.3}}
    return [
        _run(tmp_path / "a" / "run", config, _rows(), _environment("3.13", "monday", "f00")),
        _run(tmp_path / "b" / "run", other, _rows(0.1)[::-1], _environment("3.15", "tuesday", "f00")),
        _run(tmp_path / "c" / "run", config, _rows(-0.001), _environment("3.13", "friday", "f01")),
    ]


def test_what_differs(three):
    found = compare_runs(three)
    assert found["config"] == {"loss.name": ["dice", "tversky", "dice"], "loss.alpha": [None, 0.3, None]}
    assert found["environment"] == {
        "versions.keras": ["3.13", "3.15", "3.13"],
        "data.images.sha256": ["f00", "f00", "f01"],
    }
    assert [run["best_epoch"] for run in found["runs"]] == [7, 7, 7]
    wanted = summarise(_rows())
    assert found["runs"][0]["mean"] == pytest.approx(wanted["dice"])
    np.testing.assert_allclose(found["runs"][0]["ci95"], wanted["ci95"]["dice"])


def test_every_other_run_against_the_first(three):
    second, third = compare_runs(three)["pairs"]
    assert second["difference"] == pytest.approx(0.1)
    assert third["difference"] == pytest.approx(-0.001)
    assert (second["wins"], third["losses"]) == (20, 20)
    alone = compare_scores(_rows(0.1)[::-1], _rows())
    assert {key: second[key] for key in alone} == alone
    assert second["against"] == str(three[0])


def test_several_comparisons_are_corrected(three, tmp_path):
    rows = [{**row, "dice": row["dice"] + (0.1 if index % 3 else -0.1)} for index, row in enumerate(_rows())]
    fourth = _run(tmp_path / "d", {}, rows)
    pairs = compare_runs([*three, fourth])["pairs"]
    p = [pair["p_value"] for pair in pairs]
    assert p[1] < p[0] < p[2] < 0.5
    assert [pair["p_holm"] for pair in pairs] == pytest.approx([max(3 * p[1], 2 * p[0]), 3 * p[1], p[2]])


def test_other_images(three, tmp_path):
    other = _run(tmp_path / "d", {}, _rows(count=30)[10:])
    with pytest.raises(DataError, match=r"20.*20; 10 in all of them.*--common"):
        compare_runs([three[0], other])
    found = compare_runs([three[0], other], common=True)
    assert (found["left_out"], found["runs"][0]["n_images"], found["pairs"][0]["n"]) == (20, 10, 10)
    strange = _run(tmp_path / "e", {}, _rows(first=50))
    with pytest.raises(DataError, match="No image was scored for all"):
        compare_runs([three[0], strange], common=True)


def test_runs_that_are_not_finished_and_tables(three, tmp_path):
    unfinished = _run(tmp_path / "d", {"epochs": 3})
    (unfinished / "metrics.json").write_text("null")
    found = compare_runs([unfinished, *three[:2]])
    assert found["without_scores"] == [str(unfinished)]
    assert [pair["against"] for pair in found["pairs"]] == [str(three[0])]
    assert found["config"]["epochs"] == [3, 9, 9]
    # A table of scores says nothing about settings.
    found = compare_runs([three[0], three[1] / "scores.csv", three[2]])
    assert found["config"] == {}
    assert len(found["pairs"]) == 2


def test_what_cannot_be_compared(three, tmp_path):
    for paths in (three[:1], [three[0], three[0]]):
        with pytest.raises(UsageError, match="two or more different"):
            compare_runs(paths)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty is not a run directory"):
        compare_runs([three[0], tmp_path / "empty"])
    with pytest.raises(DataError, match=r"no such column. Known: .*Received: 'foo'"):
        compare_runs(three, "foo")
    (three[1] / "config.yaml").write_text("a: [")
    with pytest.raises(DataError, match=r"Cannot read .*config.yaml"):
        compare_runs(three)


def test_on_the_command_line(monkeypatch, capsys, three, tmp_path):
    status, out, err = run_command(monkeypatch, capsys, "compare", *three, "--json", tmp_path / "c.json")
    assert status == 0, err
    for text in ("settings that differ", "loss.name", "a/run", "p (Holm)", "+0.1000", "versions.keras", "7 of 9"):
        assert text in out
    assert json.loads((tmp_path / "c.json").read_text()) == compare_runs(three)
    status, out, _ = run_command(monkeypatch, capsys, "compare", three[0], three[2])
    assert status == 0
    assert "the settings are the same" in out
    status, _, err = run_command(monkeypatch, capsys, "compare", three[0])
    assert (status, "two or more" in err) == (2, True)
    status, out, _ = run_command(monkeypatch, capsys, "compare", *(run / "scores.csv" for run in three[:2]))
    assert status == 0
    assert "A against B" in out

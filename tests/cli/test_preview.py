"""keras-rau preview."""

import numpy as np
import pytest
from PIL import Image

from tests.command import run_command


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: run_command(monkeypatch, capsys, "preview", *words)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return ["--dataset", "phantom", "--data-dir", tmp_path_factory.mktemp("preview") / "p", "--set", "data.options.n=8"]


def test_preview(run, source, tmp_path):
    small = [*source, "--image-size", 64, "--images", 2, "--variants", 2]

    def picture(name, *words):
        status, out, err = run(*small, *words, "--output", tmp_path / name)
        assert status == 0, err
        assert name in out
        return np.asarray(Image.open(tmp_path / name))

    first = picture("a.png", "--policy", "strong", "--seed", 3)
    assert first.shape[1] == 3 * 68 + 4
    np.testing.assert_array_equal(first, picture("deep/b.png", "--policy", "strong", "--seed", 3))
    assert not np.array_equal(first, picture("f.png", "--policy", "strong", "--seed", 4))
    settings = picture("c.png", "--policy", "strong", "--seed", 3, "--set", "data.augment.rotation=180")
    assert not np.array_equal(first, settings)
    (tmp_path / "t.yaml").write_text("seed: 3\ndata: {augment: {name: strong, rotation: 180}}\n")
    np.testing.assert_array_equal(settings, picture("d.png", "--config", tmp_path / "t.yaml"))
    assert picture("e.jpg", "--preprocess", "grey_world", "--preprocess", "contrast").shape[1] == 4 * 68 + 4


def test_what_is_there_stays_and_a_fresh_picture_is_made(run, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = [*source, "--image-size", 32, "--images", 1, "--variants", 1]
    (tmp_path / "preview.png").write_text("mine")
    status, out, err = run(*small)
    assert status == 0, err
    assert "preview.png is taken: writing to preview-2.png" in err
    assert "preview: preview-2.png" in out
    status, _, err = run(*small, "--output", "preview.png")
    assert status == 1
    assert "Name another with --output, such as preview-3.png" in err
    assert (tmp_path / "preview.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--data-dir", "p", "--output", "x.gif"], 2, "--output must end in .png"),
        (["--output", "x.png"], 2, "--data-dir"),
        (["--data-dir", "p", "--output", "x.png", "--policy", "storng"], 2, "Did you mean 'strong'"),
        (["--data-dir", "p", "--output", "x.png", "--set", "data.augment.vignete=1"], 2, "Did you mean 'vignette'"),
        (["--data-dir", "p", "--output", "x.png", "--preprocess", "hare"], 2, "Did you mean 'hair'"),
        (["--data-dir", "p", "--output", "x.png", "--images", "0"], 2, "--images"),
        (["--data-dir", "p", "--output", "x.png", "--config", "none.yaml"], 1, "none.yaml"),
        (["--data-dir", "p", "--output", "x.png", "--dataset", "isic2018"], 1, "p does not exist"),
    ],
)
def test_what_is_wrong_is_one_line(run, monkeypatch, tmp_path, words, status, message):
    monkeypatch.chdir(tmp_path)
    found, _, err = run(*words)
    assert found == status, err
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []

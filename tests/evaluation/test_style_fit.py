"""Fitting a clinic's own style to a few outlines."""

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, evaluation
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.evaluation.style_fit import FEW, cross_validated, fitted
from keras_rau.evaluation.style_images import StyleImage
from keras_rau.outline_styles import StyleChoice, choose_style
from keras_rau.outputs import Outputs

NAMES = ("tight", "loose")
ROWS, COLUMNS = np.mgrid[:40, :40] - 19.5


def _logits(radius):
    """Maps of a round lesion: the default, one smaller, one larger."""
    away = radius - np.hypot(ROWS, COLUMNS)
    return np.stack([away, away - 3, away + 3], axis=-1).astype("float32")


def _images(count, wider, seed=0):
    """Images whose people draw `wider` pixels wider than the default map, give or take one."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        radius = rng.uniform(8, 12)
        truth = np.hypot(ROWS, COLUMNS) < radius + wider + rng.normal(0, 1)
        found.append(StyleImage(str(number), _logits(radius).reshape(-1, 3), truth.ravel()))
    return found


@dataclass
class _Member:
    """Knows the radius of the lesion by the grey of the image."""

    path: str = "model"
    styles: tuple = NAMES
    style_key: str = "0123"
    style: None = None

    def style_logits(self, images, sizes):
        assert sizes == [(40, 40)] * len(images)
        return [_logits(image[0, 0, 0] / 10) for image in images]


def _predictor(**member):
    return SimpleNamespace(members=[_Member(**member)], outputs=Outputs(), threshold=0.5)


def _clinic(folder, count, wider, seed=0):
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for number in range(count):
        grey = rng.integers(80, 120)
        Image.fromarray(np.full((40, 40, 3), grey, np.uint8)).save(folder / f"images/a{number}.png")
        mask = np.hypot(ROWS, COLUMNS) < grey / 10 + wider + rng.normal(0, 0.5)
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / f"masks/a{number}.png")
    return datasets.load("folder", folder)


def test_the_fit_finds_where_people_draw_and_a_penalty_holds_it_back():
    images = _images(12, wider=3)
    moved = []
    for penalty in (0.0, 0.05, 1e6):
        choice = fitted(images, penalty)
        assert sum(choice.weights) == pytest.approx(1)
        # All maps are parallel here, so that only their sum is known: how much wider the lesion becomes.
        moved.append(choice.weights[2] * 3 - choice.weights[1] * 3 + choice.offset)
    assert moved[0] == pytest.approx(3, abs=0.5)
    assert moved[0] > moved[1] > 2
    assert abs(moved[2]) < 0.01


def test_the_fit_is_the_lowest_of_the_convex_loss():
    images = _images(5, wider=2)
    best = fitted(images, 0.1)

    def loss(choice):
        total = 0.1 / 5 * (choice.weights[1] ** 2 + choice.weights[2] ** 2 + choice.offset**2)
        for image in images:
            mixed = image.logits.astype(float) @ choice.weights + choice.offset
            total += np.mean(np.logaddexp(0, mixed) - image.truth * mixed) / 5
        return total

    for away in np.random.default_rng(1).normal(0, 0.05, (20, 3)):
        first, second = best.weights[1] + away[0], best.weights[2] + away[1]
        assert loss(StyleChoice((1 - first - second, first, second), best.offset + away[2])) >= loss(best)


def test_maps_that_are_all_alike_and_no_penalty_end():
    image = StyleImage("a", np.zeros((100, 3), np.float32), np.zeros(100, bool))
    assert np.isfinite(fitted([image], 0.0).offset)


def test_every_image_is_scored_by_a_fit_that_has_not_seen_it():
    # One image of another style cannot pull its own score up.
    images = [*_images(11, wider=0), *_images(1, wider=6, seed=3)]
    alone = cross_validated(images, 0.0)[-1]
    assert alone < cross_validated([*images, *[images[-1]] * 4], 0.0)[11]
    assert cross_validated(images[:1], 0.0) is None


def test_a_clinic_that_draws_wider_gets_a_file_that_its_model_takes(tmp_path):
    fit = evaluation.fit_style(_predictor(), _clinic(tmp_path / "clinic", 12, wider=3))
    assert fit.accepted
    assert fit.gain > 0.1
    assert fit.ci95[0] < fit.gain < fit.ci95[1]
    fit.write(tmp_path / "style.json")
    assert choose_style(tmp_path / "style.json", NAMES, key="0123") == fit.choice
    assert json.loads((tmp_path / "style.json").read_text())["images"] == 12
    with pytest.raises(DataError, match="made for another model"):
        choose_style(tmp_path / "style.json", NAMES, key="4567")
    assert "in cross-validation on 12 images" in str(fit)


def test_a_clinic_that_draws_like_everyone_keeps_the_default(tmp_path):
    fit = evaluation.fit_style(_predictor(), _clinic(tmp_path / "clinic", 12, wider=0))
    assert not fit.accepted
    assert "keep the default" in str(fit)
    with pytest.raises(RauError, match="No style file is written"):
        fit.write(tmp_path / "style.json")
    assert not (tmp_path / "style.json").exists()


def test_few_images_are_warned_of_one_is_kept_and_none_is_refused(tmp_path):
    with pytest.warns(UserWarning, match=f"fewer than {FEW}"):
        fit = evaluation.fit_style(_predictor(), _clinic(tmp_path / "one", 1, wider=4))
    assert not fit.accepted
    assert "one image cannot be cross-validated" in str(fit)
    with pytest.raises(DataError, match="None of 0 image"):
        evaluation.fit_style(_predictor(), [])


def test_what_cannot_be_fitted_is_refused(tmp_path):
    samples = _clinic(tmp_path / "clinic", 2, wider=1)
    with pytest.raises(UsageError, match="no outline styles to mix"):
        evaluation.fit_style(_predictor(styles=()), samples)
    with pytest.raises(UsageError, match="no outline styles to mix"):
        evaluation.fit_style(_predictor(style=StyleChoice((0.0, 1.0, 0.0))), samples)
    with pytest.raises(UsageError, match="one model"):
        evaluation.fit_style(SimpleNamespace(members=[_Member(), _Member()]), samples)
    with pytest.raises(UsageError, match="`margin`"):
        evaluation.fit_style(_predictor(), samples, margin=-1)
    samples[0].image.write_bytes(b"no image")
    with pytest.raises(DataError, match="1 of 2 images cannot be used"):
        evaluation.fit_style(_predictor(), samples)

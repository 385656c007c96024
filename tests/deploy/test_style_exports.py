"""Outline styles in model files: chosen by a predictor, folded into exports, combined over the file of all maps."""

import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import export, models
from keras_rau.errors import DataError, ExportError, UsageError
from keras_rau.export.cost import cost_of
from keras_rau.export.styles import StyledBackend
from keras_rau.layers import Upsample
from keras_rau.outline_styles import StyleChoice
from tests.command import run_command

pytestmark = pytest.mark.export
STYLES = ("tight", "loose")
MIXED = StyleChoice((0.5, 0.75, -0.25), offset=0.4)


@pytest.fixture(scope="module")
def styled():
    """A model of stride 1 whose maps differ by more than an offset."""
    keras.utils.set_random_seed(3)
    model = models.UNet(
        input_shape=(16, 24, 3), width=2, depth=1, outline_styles=STYLES, style_offsets=(-1.0, 1.0), normalization=None
    )
    maps = next(layer for layer in model._side_heads if layer.name == "style_logits")
    maps.kernel.assign(np.random.default_rng(2).normal(0, 0.05, maps.kernel.shape))
    return model


@pytest.fixture(scope="module")
def files(styled, tmp_path_factory):
    """The .keras file, and the TFLite file of all maps."""
    folder = tmp_path_factory.mktemp("styles")
    styled.save(folder / "m.keras")
    export.write_sidecar(folder / "m.keras", {"threshold": 0.3, "resize": "squash"})
    reports = export.all_styles_from_file(folder / "m.keras", folder / "all.tflite", precision="float32")
    assert list(reports) == ["default", *STYLES]
    return folder / "m.keras", folder / "all.tflite"


@pytest.fixture(scope="module")
def folded(files, tmp_path_factory):
    path = tmp_path_factory.mktemp("folded") / "tight.tflite"
    export.from_file(files[0], "tflite", path, style="tight")
    return path


def _wanted(model, style, photo):
    from keras_rau.datasets import fit_image, restore

    batch = fit_image(photo, (16, 24), "squash")[None].astype("float32")
    return restore(model.with_style(style).predict(batch, verbose=0)[0, ..., 0], photo.shape[:2], "squash")


@pytest.mark.parametrize("style", [None, "default", "tight", "loose", MIXED, (0.2, 0.3, 0.5)])
def test_every_style_is_the_same_from_both_files(styled, files, photo, style):
    wanted = _wanted(styled, style, photo)
    for path in files:
        np.testing.assert_allclose(export.Predictor(path, style=style).predict_proba(photo), wanted, atol=1e-4)


def test_maps_are_enlarged_as_the_model_enlarges_them():
    maps = np.random.default_rng(0).normal(0, 2, (2, 8, 12, 3)).astype("float32")
    small = SimpleNamespace(size=(16, 24), run=lambda batch: maps)
    found = StyledBackend(small, MIXED).run(None)
    logits = maps @ np.array(MIXED.weights, "float32")[:, None] + MIXED.offset
    wanted = keras.ops.sigmoid(Upsample(data_format="channels_last")(logits))
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(wanted), atol=1e-5)


def test_styles_differ_and_have_their_own_threshold(files, photo):
    for path in files:
        shares = [export.Predictor(path, style=style).predict_proba(photo).mean() for style in ("tight", None, "loose")]
        assert shares == sorted(shares)
        assert shares[0] < shares[2] - 0.1
        # That beside the model was chosen for the default map.
        thresholds = {style: export.Predictor(path, style=style).threshold for style in (None, "default", "tight")}
        assert thresholds == {None: 0.3, "default": 0.3, "tight": 0.5}
        assert export.Predictor(path, 0.7, style="tight").threshold == 0.7


def test_an_export_of_a_style_costs_what_a_model_without_styles_costs(styled, folded, tmp_path, photo):
    plain = models.UNet(input_shape=(16, 24, 3), width=2, depth=1, normalization=None)
    export.tflite(plain, tmp_path / "plain.tflite")
    costs = [cost_of(path) for path in (folded, tmp_path / "plain.tflite")]
    assert costs[0].operators == costs[1].operators
    np.testing.assert_allclose(
        export.Predictor(folded).predict_proba(photo), _wanted(styled, "tight", photo), atol=1e-4
    )
    info = export.read_sidecar(folded)
    assert info["style"] == {"name": "tight", "weights": {"default": 0.0, "tight": 1.0, "loose": 0.0}, "offset": 0.0}
    assert "threshold" not in info
    assert export.Predictor(folded).backend.channels == 1


def test_int8_is_calibrated_for_the_folded_file(styled, files, tmp_path):
    images = np.random.default_rng(5).integers(0, 255, (8, 16, 24, 3), np.uint8)
    limits = export.Limits(max_abs=0.1)
    found = export.from_file(
        files[0], "tflite", tmp_path / "t.tflite", precision="int8", calibration=images, style=MIXED, limits=limits
    )
    assert found.max_abs < 0.1
    with pytest.raises(ExportError, match="int8 is calibrated for one map"):
        export.tflite_of_all_styles(styled, tmp_path / "a.tflite", "int8")


def test_unknown_styles_and_models_without_styles_are_refused(files, folded, tmp_path, photo):
    for path in files:
        with pytest.raises(UsageError, match=r"Did you mean 'tight'.*Styles of this model: default, tight, loose"):
            export.Predictor(path, style="tigth")
    with pytest.raises(UsageError, match="exported for the outline style 'tight' and holds no other"):
        export.Predictor(folded, style="default")
    content = json.loads((folded.parent / f"{folded.name}.json").read_text())
    (tmp_path / "tight.tflite").write_bytes(folded.read_bytes())
    for style in ({"name": "clinic.json", "weights": {}}, {"name": "tight"}):
        (tmp_path / "tight.tflite.json").write_text(json.dumps({**content, "style": style}))
        with pytest.raises((UsageError, ExportError), match=r"holds no other|'style' must be"):
            export.Predictor(tmp_path / "tight.tflite", style="clinic.json")
    assert export.Predictor(folded, style="tight").predict(photo).shape == photo.shape[:2]
    with pytest.raises(UsageError, match="has no outline styles"):
        export.predict(photo, "rau_net_nano", style="tight")
    with pytest.raises(ExportError, match="has no outline styles"):
        export.tflite_of_all_styles(models.UNet(input_shape=(16, 16, 3), width=2, depth=1), tmp_path / "p.tflite")
    MIXED.write(tmp_path / "other.json", STYLES, key="of another model")
    with pytest.raises(DataError, match="made for another model"):
        export.Predictor(files[1], style=tmp_path / "other.json")


def test_a_file_that_names_other_styles_than_it_has_is_refused(files, tmp_path):
    content = {**export.read_sidecar(files[1]), "outline_styles": ["tight"]}
    (tmp_path / "all.tflite").write_bytes(files[1].read_bytes())
    (tmp_path / "all.tflite.json").write_text(json.dumps(content))
    with pytest.raises(ExportError, match="has 3 maps, but it says of itself that it has 2"):
        export.Predictor(tmp_path / "all.tflite")


def test_predict_with_a_style_needs_no_tensorflow(files, photo, tmp_path):
    Image.fromarray(photo).save(tmp_path / "a.png")
    script = (
        "import sys\n"
        "from keras_rau.cli import main\n"
        f"sys.argv = ['keras-rau', 'predict', 'a.png', '--model', r'{files[1]}', '--style', 'loose', '--output', 'masks']\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    wanted = export.Predictor(files[1], style="loose").predict(photo)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "masks/a_mask.png")) > 0, wanted > 0)


def test_the_commands_take_a_style(monkeypatch, capsys, files, photo, tmp_path):
    Image.fromarray(photo).save(tmp_path / "a.png")
    words = ["predict", tmp_path / "a.png", "--output", tmp_path / "masks", "--model", files[1]]
    assert run_command(monkeypatch, capsys, *words, "--style", "tight")[0] == 0
    # Another style is another setting.
    status, _, err = run_command(monkeypatch, capsys, *words, "--style", "loose", "--resume")
    assert (status, "style:" in err) == (1, True)
    status, _, err = run_command(monkeypatch, capsys, *words[:2], "--style", "x", "--model", files[1])
    assert (status, "default, tight, loose" in err) == (2, True)
    words = ["export", "--model", files[0], "--format", "tflite", "--all-styles"]
    status, out, err = run_command(monkeypatch, capsys, *words, "--output", tmp_path / "all.tflite")
    assert status == 0, err
    assert "all.tflite, loose: largest difference" in out
    assert run_command(monkeypatch, capsys, *words, "--style", "tight")[0] == 2


def test_both_files_give_the_same_maps_to_fit_on(files, photo):
    found = [export.Predictor(path).members[0] for path in files]
    assert found[0].style_key == found[1].style_key
    assert found[0].styles == found[1].styles == STYLES
    maps = [one.style_logits([photo, photo[:25]], [(20, 24), (10, 24)]) for one in found]
    for keras_maps, tflite_maps, size in zip(*maps, [(20, 24), (10, 24)], strict=True):
        assert keras_maps.shape == (*size, 3)
        np.testing.assert_allclose(keras_maps, tflite_maps, atol=1e-3)


def test_fit_style_writes_a_file_or_says_why_not_and_needs_no_tensorflow(monkeypatch, capsys, files, tmp_path):
    # People of this clinic outline what is above the median, which an offset can say.
    for name in ("images", "masks"):
        (tmp_path / "p" / name).mkdir(parents=True)
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 255, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"p/images/{number}.png")
        found = export.Predictor(files[1]).predict_proba(pixels)
        Image.fromarray((found >= np.median(found)).astype(np.uint8) * 255).save(tmp_path / f"p/masks/{number}.png")
    script = (
        "import sys\n"
        "from keras_rau.cli import main\n"
        f"sys.argv = ['keras-rau', 'fit-style', '--model', r'{files[1]}', '--dataset', 'folder', '--data-dir', 'p', "
        "'--output', 'style.json', '--margin', '0', '--penalty', '0.001']\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "style.json: default" in found.stdout
    for path in files:
        assert export.Predictor(path, style=tmp_path / "style.json").threshold == 0.5
    words = ["fit-style", "--model", files[1], "--dataset", "folder", "--data-dir", tmp_path / "p"]
    status, out, err = run_command(monkeypatch, capsys, *words, "--output", tmp_path / "no.json", "--margin", "0.99")
    assert status == 0, err
    assert out.startswith("nothing written: Dice")
    assert not (tmp_path / "no.json").exists()
    assert run_command(monkeypatch, capsys, *words, "--output", tmp_path / "style.json")[0] == 1

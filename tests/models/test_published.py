"""Published checkpoints compute here what they compute in the published code.

`published/*.json` holds, for each network, names and shapes of its state dict and logits that the public code gave on
`tests.models.seeded` weights and images; `benchmarks/published_agreement.py --write` made them with PyTorch, from the
repository and commit that stand in the file.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import models
from keras_rau.errors import ModelFileError
from keras_rau.models.published.tables import NETWORKS
from tests.models.seeded import image, seeded_state
from tests.models.torch_files import write_state

KINDS = {
    "ege_unet": (models.EGEUNet, {}),
    "malunet": (models.MALUNet, {}),
    "unet": (models.UNet, {}),
    "attention_unet": (models.AttentionUNet, {}),
    "pranet": (models.PraNet, {}),
    "caranet": (models.CaraNet, {}),
    "mfsnet": (models.MFSNet, {}),
    "mfsnet_train": (models.MFSNet, {"guidance": False}),
    "mcgff_net": (models.MCGFFNet, {}),
    "cpfnet": (models.CPFNet, {"classes": 2}),
    "gfanet": (models.GFANet, {"classes": 2}),
    "ms_red": (models.MsRED, {"classes": 2}),
    "ms_red_v2": (models.MsRED, {"classes": 2, "version": 2}),
}
# The one that takes a second stands for all.
_MARKS = (pytest.mark.slow, pytest.mark.matrix)
EACH = [pytest.param(name, marks=() if name == "ege_unet" else _MARKS) for name in KINDS]


def _reference(name):
    return json.loads((Path(__file__).parent / "published" / f"{name}.json").read_text())


def _model(name, size=(64, 64), **arguments):
    kind, own = KINDS[name]
    return kind(input_shape=(*size, 3), **{"conventions": "published", "output_activation": None, **own, **arguments})


def _maps(model, images):
    # JAX compiles every operation by itself unless they are traced, and each takes longer than computing it.
    jax = keras.backend.backend() == "jax"
    return model.predict(images, verbose=0) if jax else ops.convert_to_numpy(model(images))


@pytest.mark.parametrize("name", EACH)
def test_a_checkpoint_in_the_published_names_gives_the_published_logits(name, tmp_path):
    reference = _reference(name)
    write_state(tmp_path / "w.pth", seeded_state(reference["shapes"]), prefix="module.")
    state = None
    for size, expected in reference["outputs"].items():
        height, width = map(int, size.split("x"))
        model = _model(name, (height, width))
        if state is None:
            models.load_published(model, tmp_path / "w.pth")
            state = model.get_weights()
        model.set_weights(state)
        found = _maps(model, image(height, width))[0]
        for row, column, value in expected["logits"]:
            assert abs(found[row, column, -1] - value) < 1e-4 * expected["largest"]


def test_what_does_not_fit_is_listed(tmp_path):
    state = seeded_state(_reference("ege_unet")["shapes"])
    model = _model("ege_unet")
    before = model.get_weights()
    del state["final.bias"]
    state["final.weight"] = state["final.weight"][:, :4]
    state["extra.weight"] = np.ones(2)
    state["total_ops"] = np.array([3.0])
    write_state(tmp_path / "w.pth", state)
    with pytest.raises(ModelFileError) as error:
        models.load_published(model, tmp_path / "w.pth")
    for part in ("final.bias is missing", "final.weight has another shape", "extra.weight is unknown", "w.pth"):
        assert part in str(error.value)
    assert "total_ops" not in str(error.value)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_models_of_other_conventions_and_networks_without_code_are_refused(tmp_path):
    write_state(tmp_path / "w.pth", {"a": np.ones(2)})
    with pytest.raises(ValueError, match="conventions='published'"):
        models.load_published(_model("ege_unet", conventions="keras"), tmp_path / "w.pth")
    with pytest.raises(ValueError, match="ASNet follows no published code"):
        models.ASNet(input_shape=(32, 32, 3), width=0.125, conventions="published")
    with pytest.raises(ValueError, match="conventions"):
        models.EGEUNet(input_shape=(32, 32, 3), conventions="torch")


def test_every_network_with_names_has_reference_logits():
    assert {kind.__name__ for kind, _ in KINDS.values()} == set(NETWORKS)


def test_conventions_survive_saving(tmp_path):
    model = _model("ege_unet", (32, 32))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.get_config() == model.get_config()
    assert loaded.get_config()["conventions"] == "published"
    x = image(32, 32)
    np.testing.assert_allclose(_maps(model, x), _maps(loaded, x), atol=1e-6)

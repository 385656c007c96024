"""The losses of published code give its values.

The expected values were computed once with PyTorch 2.13 by the public code itself, on the probabilities and masks below as two
channels, background and lesion: `Multi_DiceLoss` and `nll_loss` of FENGShuanglang/CPFNet_Project@3ecf275, `SoftDiceLoss_git`
(of each image) of duweidai/Ms-RED@01dfb67, `SoftDiceLoss` of ozan-oktay/Attention-Gated-Networks@eee4881.
"""

import numpy as np
import pytest

from keras_rau import losses
from keras_rau.models.presets import PRESETS
from keras_rau.training.config import load_config

_GENERATOR = np.random.default_rng(0)
P = _GENERATOR.uniform(0.02, 0.98, (2, 5, 7)).astype("float32")
Y = (_GENERATOR.uniform(size=(2, 5, 7)) > 0.6).astype("float32")
NLL = 0.9938879013061523


def _published(name, **arguments):
    preset = PRESETS[name]
    return losses.get(preset.loss, **{**preset.loss_settings, **arguments})


def test_cpfnet():
    assert float(_published("cpfnet")(Y, P)) == pytest.approx(0.5115807056427002 + NLL, abs=1e-5)


@pytest.mark.parametrize("name", ["ms_red", "ms_red_v2"])
def test_ms_red(name):
    # The code gives −Dice where ours is 1 − Dice.
    assert float(_published(name)(Y, P)) == pytest.approx(1 - 0.4892798066139221 + NLL, abs=1e-5)


def test_attention_unet_up_to_the_smoothing_that_it_doubles():
    found = float(_published("attention_unet")(Y, P))
    assert found == pytest.approx(0.5256819725036621, abs=5e-4)
    # 2 (I + s) / (U + s) there: by s / (U + s) more than (2 I + s) / (U + s).
    sizes = [[mask[image].sum() for mask in (P + Y, 2 - P - Y)] for image in range(2)]
    doubled = np.mean([[0.01 / (size + 0.01) for size in image] for image in sizes])
    assert found - doubled == pytest.approx(0.5256819725036621, abs=1e-5)


def test_several_classes_are_averaged_as_they_are():
    both = losses.DiceLoss(both_classes=True)
    y, p = np.stack([1 - Y, Y], -1), np.stack([1 - P, P], -1)
    assert float(both(y, p)) == pytest.approx(float(both(Y, P)), abs=1e-6)
    assert float(losses.DiceLoss()(y, p)) == pytest.approx(float(both(Y, P)), abs=1e-6)
    logits = np.log(P / (1 - P))
    same = losses.DiceLoss(both_classes=True, from_logits=True)
    assert float(same(Y, logits)) == pytest.approx(float(both(Y, P)), abs=1e-5)
    assert losses.DiceLoss.from_config(both.get_config()).both_classes
    with pytest.raises(ValueError, match="`both_classes` must be True or False"):
        losses.DiceLoss(both_classes=1)


def test_the_published_loss_of_a_training_has_the_published_arguments():
    config = load_config(None, {"model": "attention_unet", "loss": "published"})
    assert config.loss.name == "dice"
    assert config.loss.model_dump()["both_classes"] is True
    config = load_config(None, {"model": "attention_unet", "loss": "published", "loss.smooth": 1.0})
    assert config.loss.model_dump()["smooth"] == 1.0
    config = load_config(None, {"model": "cpfnet", "loss": "published"})
    assert config.loss.model_dump()["average"] == "batch"

"""Losses against MONAI's, where it is installed (Keras must run on PyTorch then)."""

import keras
import numpy as np
import pytest

from keras_rau import losses

monai = pytest.importorskip("monai.losses")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="compared on the PyTorch backend")
SAME = {"reduction": "none", "smooth_nr": 1.0, "smooth_dr": 1.0}
PAIRS = {
    "dice": (losses.DiceLoss(smooth=1), lambda: monai.DiceLoss(**SAME)),
    "dice-squared": (losses.DiceLoss(smooth=1, squared=True), lambda: monai.DiceLoss(squared_pred=True, **SAME)),
    # MONAI writes the Jaccard index with twice the intersection, and so with twice the smoothing.
    "jaccard": (
        losses.JaccardLoss(smooth=1),
        lambda: monai.DiceLoss(jaccard=True, reduction="none", smooth_nr=2.0, smooth_dr=2.0),
    ),
    "tversky": (losses.TverskyLoss(0.2, 0.7, smooth=1), lambda: monai.TverskyLoss(alpha=0.2, beta=0.7, **SAME)),
}


def _images(count=1000):
    rng = np.random.default_rng(0)
    truth = (rng.random((count, 6, 5, 1)) < rng.random((count, 1, 1, 1))).astype("float32")
    truth[:20], truth[20:40] = 0, 1
    return truth, rng.random(truth.shape).astype("float32")


def _torch(values):
    import torch

    return torch.tensor(np.moveaxis(values, -1, 1))


@pytest.mark.parametrize("name", PAIRS)
def test_overlap(name):
    ours, theirs = PAIRS[name]
    truth, prediction = _images()
    found = type(ours).from_config({**ours.get_config(), "reduction": None})(truth, prediction)
    wanted = theirs()(_torch(prediction), _torch(truth)).reshape(len(truth), -1).mean(1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), wanted.numpy(), atol=1e-6)


def test_focal():
    truth, prediction = _images()
    logits = np.log(prediction / (1 - prediction) + 1e-6).astype("float32")
    ours = losses.FocalLoss(gamma=2, alpha=None, from_logits=True, reduction=None)(truth, logits)
    theirs = monai.FocalLoss(gamma=2, reduction="none")(_torch(logits), _torch(truth)).reshape(len(truth), -1).mean(1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), theirs.numpy(), rtol=1e-5, atol=1e-6)

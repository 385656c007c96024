"""Resizing with aligned corners, and layers of the published networks."""

import numpy as np
import pytest
from keras import ops

from keras_rau import layers
from keras_rau.layers.aligned import _weights, resize_aligned
from keras_rau.layers.axial_attention import AxialAttention
from keras_rau.layers.stretched_pixels import StretchedPixels


@pytest.mark.parametrize("size", [(9, 7), (3, 4), (1, 1), (5, 4), (40, 2)])
def test_the_backend_resizes_as_two_matrix_products(size):
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")
    expected = np.einsum("ih,bhwc,jw->bijc", _weights(5, size[0]), x, _weights(4, size[1]))
    np.testing.assert_allclose(ops.convert_to_numpy(resize_aligned(x, size, None)), expected, atol=1e-5)


def test_corners_stay_and_the_rest_is_spread_evenly():
    found = layers.Upsample(2, align_corners=True)(np.array([0.0, 3.0], "float32").reshape(1, 1, 2, 1))
    np.testing.assert_allclose(ops.convert_to_numpy(found)[0, :, :, 0], [[0, 1, 2, 3]] * 2, atol=1e-6)


def test_corners_cannot_be_aligned_otherwise():
    with pytest.raises(ValueError, match="bilinear"):
        layers.Upsample(2, interpolation="nearest", align_corners=True)
    with pytest.raises(ValueError, match="channels_last"):
        layers.Upsample(2, data_format="channels_first", align_corners=True)
    with pytest.raises(ValueError, match="`align_corners` must be True or False"):
        layers.Upsample(2, align_corners="yes")


def test_stretched_images_reach_from_0_to_255():
    x = np.stack([np.linspace(20, 60, 12), np.full(12, 7.0)]).reshape(2, 2, 2, 3).astype("float32")
    found = ops.convert_to_numpy(StretchedPixels()(x))
    np.testing.assert_allclose(found[0].ravel(), np.linspace(0, 255, 12), atol=1e-4)
    assert not found[1].any()


@pytest.mark.parametrize(("axis", "folded"), [("height", False), ("width", False), ("height", True)])
def test_axial_attention_has_one_map_an_image(axis, folded):
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 8)).astype("float32")
    layer = AxialAttention(axis, folded=folded)
    layer.build(x.shape)
    layer.scale.gamma.assign(0.5)
    query, key, value = (ops.convert_to_numpy(one(x))[0] for one in (layer.query, layer.key, layer.value))
    # On square maps the source's fold of the height attends among columns.
    if axis == "width" or folded:
        weights = 1 / (1 + np.exp(-np.einsum("hwc,hxc->wx", query, key)))
        moved = np.einsum("wx,hxc->hwc", weights, value)
    else:
        weights = 1 / (1 + np.exp(-np.einsum("hwc,xwc->hx", query, key)))
        moved = np.einsum("hx,xwc->hwc", weights, value)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x))[0], x[0] + 0.5 * moved, atol=1e-5)

"""What the layers of the compared systems compute, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import layers


def _random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def _softmax(x, axis):
    x = np.exp(x - x.max(axis, keepdims=True))
    return x / x.sum(axis, keepdims=True)


def test_attention_along_the_width_is_that_along_the_height_of_the_transpose():
    x = _random(2, 6, 5, 16)
    high, wide = layers.AxialAttention("height"), layers.AxialAttention("width")
    high.build(x.shape)
    wide.build(x.shape)
    high.scale.gamma.assign(0.5)
    wide.set_weights(high.get_weights())
    turned = ops.convert_to_numpy(wide(np.swapaxes(x, 1, 2)))
    np.testing.assert_allclose(ops.convert_to_numpy(high(x)), np.swapaxes(turned, 1, 2), atol=1e-5)


def test_attention_that_starts_at_zero_changes_nothing():
    x = _random(1, 6, 5, 16)
    np.testing.assert_allclose(ops.convert_to_numpy(layers.AxialAttention("width")(x)), x, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(layers.AffinityAttention()(x)), 2 * x, atol=1e-5)


def test_affinity_attention_over_channels():
    x = _random(1, 4, 3, 8)
    layer = layers.AffinityAttention()
    layer.build(x.shape)
    layer.channel_scale.gamma.assign(1.0)
    flat = x.reshape(12, 8)
    likeness = flat.T @ flat
    weights = _softmax(likeness.max(-1, keepdims=True) - likeness, -1)
    wanted = 2 * x + (flat @ weights.T).reshape(x.shape)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), wanted, atol=1e-4)


def test_soft_pooling_is_between_mean_and_maximum():
    x = _random(1, 4, 6, 3)
    windows = x.reshape(1, 2, 2, 3, 2, 3).transpose(0, 1, 3, 5, 2, 4).reshape(1, 2, 3, 3, 4)
    wanted = (_softmax(windows, -1) * windows).sum(-1)
    np.testing.assert_allclose(ops.convert_to_numpy(layers.SoftPooling2D(2)(x)), wanted, atol=1e-5)
    assert (wanted >= windows.mean(-1)).all()
    assert (wanted <= windows.max(-1)).all()


def test_soft_pooling_of_large_values_is_finite_in_half_precision():
    x = np.full((1, 4, 4, 1), 60000, "float16")
    found = ops.convert_to_numpy(layers.SoftPooling2D(2, dtype="float16")(x))
    np.testing.assert_array_equal(found, 60000)


def test_external_attention_normalises_twice():
    x = _random(1, 3, 4, 5)
    layer = layers.ExternalAttention(memory=2)
    found = ops.convert_to_numpy(layer(x))
    keys, values = (ops.convert_to_numpy(one) for one in (layer.keys, layer.values))
    np.testing.assert_array_equal(values, keys.T)
    weights = _softmax(x.reshape(12, 5) @ keys, 0)
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(found.reshape(12, 5), weights @ values, atol=1e-5)


def test_frequency_zero_is_the_mean():
    x = np.zeros((1, 14, 7, 16), "float32")
    x[..., 0] = 3.0
    layer = layers.SpectralAttention(reduction=1)
    layer.build(x.shape)
    layer.squeeze.kernel.assign(np.eye(16))
    layer.excite.kernel.assign(np.eye(16))
    weights = ops.convert_to_numpy(layer(np.ones_like(x) * x))[0, 0, 0] / np.maximum(x[0, 0, 0], 1e-9)
    # The sum over 14 × 7 pixels of an orthonormal transform, over √(14 · 7).
    np.testing.assert_allclose(weights[0], 1 / (1 + np.exp(-3.0 * np.sqrt(14 * 7))), atol=1e-6)


@pytest.mark.parametrize("channel", [1, 2, 6])
def test_other_frequencies_do_not_see_constants(channel):
    layer = layers.SpectralAttention(reduction=1)
    x = np.ones((1, 14, 14, 16), "float32")
    layer.build(x.shape)
    layer.squeeze.kernel.assign(np.eye(16))
    layer.excite.kernel.assign(np.eye(16))
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x))[0, 0, 0, channel], 0.5, atol=1e-4)


def test_channels_that_frequencies_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="16 frequencies"):
        layers.SpectralAttention()(keras.Input((8, 8, 24)))


def test_one_kernel_at_several_dilations():
    x = _random(1, 9, 9, 2)
    layer = layers.SharedDilation(3, (1, 2))
    near, far = layer(x)
    assert len(layer.weights) == 2
    wanted = ops.conv(x, layer.kernel, padding="same", dilation_rate=2, data_format="channels_last")
    np.testing.assert_allclose(ops.convert_to_numpy(far), ops.convert_to_numpy(wanted), atol=1e-5)
    layer.bias.assign([1.0, 2.0, 3.0])
    moved = ops.convert_to_numpy(layer(x)[0]) - ops.convert_to_numpy(near)
    np.testing.assert_allclose(moved[0, 0, 0], [1, 2, 3], atol=1e-5)


def test_learned_maps_fit_what_they_weigh(tmp_path):
    image = keras.Input((None, None, 4))
    model = keras.Model(image, image * layers.LearnedMap(8, 1)(image))
    x = _random(2, 8, 5, 4)
    np.testing.assert_allclose(model.predict(x, verbose=0), x, atol=1e-6)
    values = _random(1, 8, 1, 4, seed=1)
    model.layers[1].values.assign(values)
    np.testing.assert_allclose(model.predict(x, verbose=0), x * values, atol=1e-5)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), x * values, atol=1e-5)

"""What the layers compute, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import layers
from keras_rau.layers.weighted_refinement import lesion_probability


def _sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_reverse_attention_erases_what_is_predicted():
    layer = layers.ReverseAttention(2)
    weight = ops.convert_to_numpy(
        layer.attention_map(lesion_probability(np.float32([[[[40.0], [0.0], [-40.0]]]]), "channels_last"))
    )
    np.testing.assert_allclose(weight.ravel(), [0, 0.5, 1], atol=1e-6)


def test_boundary_attention_is_one_where_undecided():
    layer = layers.BoundaryAttention(2)
    logits = np.float32([[[[40.0], [0.0], [1.0], [-40.0]]]])
    weight = ops.convert_to_numpy(layer.attention_map(lesion_probability(logits, "channels_last")))
    np.testing.assert_allclose(weight.ravel(), [0, 1, 1 - abs(2 * _sigmoid(1.0) - 1), 0], atol=1e-6)


def test_edge_form_is_zero_away_from_the_edge_and_at_the_image_border():
    probability = np.zeros((1, 12, 12, 1), "float32")
    probability[:, :, 6:] = 1
    layer = layers.BoundaryAttention(2, form="edge", window=3)
    weight = ops.convert_to_numpy(layer.attention_map(ops.convert_to_tensor(probability)))[0, :, :, 0]
    np.testing.assert_allclose(weight[:, [0, 1, 4, 7, 11]], 0, atol=1e-6)
    np.testing.assert_allclose(weight[:, [5, 6]], 1 / 3, atol=1e-6)


def test_reverse_attention_residual_adds_the_coarse_logits():
    features, coarse = np.ones((1, 4, 4, 3), "float32"), np.full((1, 2, 2, 1), 1.5, "float32")
    with_residual = layers.ReverseAttention(2, return_logits=True)
    without = layers.ReverseAttention(2, return_logits=True, residual=False)
    with_residual([features, coarse]), without([features, coarse])
    without.set_weights(with_residual.get_weights())
    difference = with_residual([features, coarse])[1] - without([features, coarse])[1]
    np.testing.assert_allclose(ops.convert_to_numpy(difference), 1.5, atol=1e-6)


def test_several_classes_use_the_background():
    logits = np.float32(np.log([[[[0.7, 0.2, 0.1]]]]))
    np.testing.assert_allclose(ops.convert_to_numpy(lesion_probability(logits, "channels_last")), 0.3, atol=1e-6)


def test_grouped_convolution_sees_the_channels_of_its_group_only():
    layer = layers.GroupedConvolution(2, 3)
    layer.build((1, 5, 5, 6))
    layer.bias.assign([10.0, 20.0])
    image = np.random.default_rng(0).normal(size=(1, 5, 5, 6)).astype("float32")
    kernel = ops.convert_to_numpy(layer.kernel)
    found = ops.convert_to_numpy(layer(image))
    window = image[0, 1:4, 1:4]
    for output, bias in enumerate((10.0, 20.0)):
        group = slice(3 * output, 3 * output + 3)
        assert found[0, 2, 2, output] == pytest.approx(
            (window[..., group] * kernel[:, :, group, 0]).sum() + bias, rel=1e-4
        )


def test_gate_with_zero_psi_halves_the_features():
    gate = layers.AttentionGate(2, normalization=None)
    skip = np.ones((1, 4, 4, 3), "float32")
    gate([skip, skip])
    gate.psi.set_weights([np.zeros((1, 1, 2, 1)), np.zeros(1)])
    np.testing.assert_allclose(ops.convert_to_numpy(gate([skip, skip])), 0.5, atol=1e-6)


def test_upsample_uses_half_pixel_centres():
    row = np.float32([0, 1]).reshape(1, 1, 2, 1)
    found = ops.convert_to_numpy(layers.Upsample()(row))[0, 0, :, 0]
    np.testing.assert_allclose(found, [0, 0.25, 0.75, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Upsample(0), "factor=0"),
        (lambda: layers.Upsample(interpolation="cubic"), "interpolation='cubic'"),
        (lambda: layers.ReverseAttention(0), "filters=0"),
        (lambda: layers.BoundaryAttention(4, window=4), "window=4"),
        (lambda: layers.BoundaryAttention(4, form="x"), "form='x'"),
        (lambda: layers.AttentionGate(4, form="x"), "form='x'"),
        (lambda: layers.ConvBlock(4, normalization="x"), "normalization='x'"),
        (lambda: layers.ReverseAttention(4, data_format="x"), "data_format='x'"),
        (lambda: layers.ReverseAttention(4)(keras.Input((8, 8, 3))), "list \\[features, gating\\]"),
        (lambda: layers.AttentionGate(4)([keras.Input((8, 8, 3)), keras.Input((8, 3))]), "4-D"),
        (lambda: layers.AttentionGate(4)([keras.Input((8, 8, None)), keras.Input((8, 8, 3))]), "channels"),
        (
            lambda: layers.ReverseAttention(4, gating_is_logits=True)([keras.Input((8, 8, 3)), keras.Input((8, 8, 3))]),
            "coarse logit map",
        ),
    ],
)
def test_bad_arguments_say_what_was_received(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_branch_of_depth_zero_is_left_out():
    from keras_rau.layers import BoundaryReverseAttention

    features, gating = np.ones((1, 8, 8, 4), "float32"), np.ones((1, 4, 4, 6), "float32")
    whole, reverse, boundary = (
        BoundaryReverseAttention(4, boundary_depth=b, reverse_depth=r) for b, r in ((1, 1), (0, 1), (1, 0))
    )
    for layer in (whole, reverse, boundary):
        assert layer([features, gating]).shape == (1, 8, 8, 4)
    # A branch: projection and 3×3 convolution with batch normalisation; and half of the fusion's kernel.
    missing = whole.count_params() - reverse.count_params()
    assert missing == reverse.reverse.count_params() + 4 * 4 == whole.count_params() - boundary.count_params()
    with pytest.raises(ValueError, match="must be positive"):
        BoundaryReverseAttention(4, boundary_depth=0, reverse_depth=0)

"""Conventions of frameworks: one table, and the same pixels side by side."""

import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import models
from keras_rau.models.conventions import KERAS, PUBLISHED, conventions_of
from keras_rau.models.encoders.res2net import res2net
from keras_rau.models.encoders.resnet34 import resnet34
from keras_rau.models.net import Net
from keras_rau.models.published.tables import NETWORKS


def test_conventions_are_those_of_each_call():
    assert conventions_of("PraNet", "published").aligns("partial")
    assert not conventions_of("PraNet", "published").aligns("reverse_32")
    assert conventions_of("CaraNet", "published").epsilon("encoder_stem") == 1e-5
    assert conventions_of("CaraNet", "published").epsilon("reverse_8") == 1e-3
    assert conventions_of("PraNet", "keras") is KERAS
    assert set(PUBLISHED) == set(NETWORKS)


def test_the_table_in_the_documentation_is_the_one_in_the_code():
    script = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks/conventions_table.py"))
    assert script["PAGE"].read_text() == script["page"](), "run python benchmarks/conventions_table.py"


@pytest.mark.parametrize(("build", "size"), [(resnet34, 16), (res2net, 15)])
def test_paths_side_by_side_in_a_block_sit_on_the_same_pixels(build, size):
    image = keras.Input((32, 32, 3))
    net = Net(0.125)
    features = build(net, image)
    drawn = keras.Model(image, features)
    here = "encoder_stage2_block1"
    strided = [one for one in drawn.layers if one.name.startswith(f"{here}_conv") and one.strides == (2, 2)]
    assert strided
    assert {one.padding for one in strided} == {"valid"}
    # A 3×3 kernel that only sees its centre takes the pixels that a 1×1 one takes.
    x = np.random.default_rng(0).normal(size=(1, size, size, 1)).astype("float32")
    padded = keras.layers.ZeroPadding2D(1)(x)
    centre = np.zeros((3, 3, 1, 1), "float32")
    centre[1, 1] = 1
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.conv(padded, centre, 2, "valid")),
        ops.convert_to_numpy(ops.conv(x, np.ones((1, 1, 1, 1), "float32"), 2, "same")),
        atol=1e-6,
    )


def test_a_u_net_of_other_parts_than_the_published_one_is_refused():
    with pytest.raises(ValueError, match="batch normalisation"):
        models.UNet(input_shape=(32, 32, 3), width=2, depth=2, upsampling="bilinear", conventions="published")
    with pytest.raises(ValueError, match="RAUNet follows no published code"):
        models.RAUNet(input_shape=(32, 32, 3), width=2, depth=2, conventions="published")


@pytest.mark.slow
def test_sigmoids_of_two_classes_where_the_published_code_has_them():
    def output(**arguments):
        return models.GFANet(input_shape=(192, 192, 3), width=0.25, classes=2, **arguments).output_description.kind

    assert output(conventions="published") == "overlapping"
    assert output() == "exclusive"

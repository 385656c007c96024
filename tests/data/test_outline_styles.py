"""Outline styles from tables, in the target of pipelines, and images drawn for each epoch."""

from dataclasses import replace

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import DataError
from tests.data.source_files import write_isic2018


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("outlines.csv", "image,annotator,tool,skill"),
        ("IMAplusplus_seg_metadata.csv", "ISIC_id,annotator,tool,skill_level"),
    ],
)
def test_an_image_with_one_outline_says_who_drew_it(tmp_path, name, header):
    write_isic2018(tmp_path, ["ISIC_0000001", "ISIC_0000002", "ISIC_0000003"])
    rows = ["ISIC_0000001,A00,T2,S1", "ISIC_0000002,A01,T1,S2", "ISIC_0000002,A02,T3,S1"]
    (tmp_path / name).write_text("\n".join([header, *rows]) + "\n")
    found = {sample.id: sample.metadata for sample in datasets.load("isic2018", tmp_path)}
    assert found["ISIC_0000001"] == {"annotator": "A00", "tool": "T2", "skill": "S1", "outlines": "1"}
    assert found["ISIC_0000002"] == {"outlines": "2"}
    assert found["ISIC_0000003"] == {}


def test_style_numbers_follow_the_order_of_the_model(phantoms):
    samples = [replace(phantoms[0], metadata={"tool": tool}) for tool in ("T1", "T2", "T9", None)]
    samples.append(replace(phantoms[0], source="ph2"))
    values = {"T1": "loose", "T2": "tight"}
    numbers = datasets.style_numbers(samples, "tool", ("tight", "loose"), values=values, sources={"ph2": "tight"})
    assert numbers == [1, 0, -1, -1, 0]
    with pytest.raises(DataError, match="Unknown outline style 'wide'"):
        datasets.style_numbers(samples, "tool", ("tight",), values={"T1": "wide"})
    with pytest.raises(DataError, match="No image has a known outline style: column 'tool', its values are"):
        datasets.style_numbers(samples, "tool", ("tight",))


@pytest.mark.parametrize(("augment", "target"), [(False, "mask"), ("light", "mask"), (False, "distance")])
def test_styles_are_the_last_channel_of_the_target(phantoms, augment, target):
    styles = [place % 3 - 1 for place in range(len(phantoms))]
    data = datasets.pipeline(phantoms, 32, 4, styles=styles, augment=augment, target=target)
    masks = np.concatenate([mask for _, mask in data.as_numpy_iterator()])
    assert masks.shape == (12, 32, 32, 3 if target == "distance" else 2)
    np.testing.assert_array_equal(masks[:, :, :, -1], np.broadcast_to(np.reshape(styles, (-1, 1, 1)), (12, 32, 32)))
    with pytest.raises(ValueError, match="12 whole numbers from -1"):
        datasets.pipeline(phantoms, 32, styles=[0.5] * 12)


def test_an_epoch_draws_some_of_the_further_images(phantoms):
    arguments = {"image_size": 32, "batch_size": 5, "shuffle_seed": 3, "drawn": (4, 3), "styles": list(range(12))}
    data = datasets.pipeline(phantoms, **arguments)
    assert data.cardinality() == 2

    def epoch(dataset):
        return [int(number) for _, mask in dataset.as_numpy_iterator() for number in mask[:, 0, 0, -1]]

    epochs = [epoch(data) for _ in range(6)]
    for numbers in epochs:
        assert len(set(numbers)) == 7
        assert {0, 1, 2, 3} <= set(numbers)
    assert len({frozenset(numbers) for numbers in epochs}) > 2
    assert set().union(*epochs) == set(range(12))
    assert epoch(datasets.pipeline(phantoms, start_epoch=5, **arguments)) == epochs[5]
    with pytest.raises(ValueError, match="`drawn` must be"):
        datasets.pipeline(phantoms, 32, drawn=(4, 9))

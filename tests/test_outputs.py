"""The description of a model's output."""

import numpy as np
import pytest

from keras_rau.outputs import Outputs


@pytest.mark.parametrize(
    ("channels", "activation", "kind", "names", "labels"),
    [
        (1, "auto", "lesion", ("lesion",), ["background", "lesion"]),
        (3, "auto", "exclusive", ("background", "class_1", "class_2"), ["background", "class_1", "class_2"]),
        (2, "sigmoid", "overlapping", ("class_1", "class_2"), ["class_1", "class_2"]),
    ],
)
def test_names_follow_from_channels_and_activation(channels, activation, kind, names, labels):
    outputs = Outputs.of(channels, activation=activation)
    assert (outputs.kind, outputs.names, outputs.labels) == (kind, names, labels)
    assert Outputs.from_config(outputs.to_config()) == outputs


def test_logits_become_probabilities_without_overflow():
    logits = np.array([[-1000.0, 0.0], [0.0, 1000.0]])
    np.testing.assert_allclose(Outputs.of(2, activation=None).probabilities(logits), [[0, 1], [0, 1]], atol=1e-12)
    sigmoids = Outputs(("a", "b"), overlapping=True, logits=True).probabilities(logits)
    np.testing.assert_allclose(sigmoids, [[0, 0.5], [0.5, 1]], atol=1e-12)


def test_every_kind_of_output_gives_masks_by_class():
    probabilities = np.array([[[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]]])
    exclusive = Outputs.of(3)
    decided = exclusive.decide(probabilities)
    np.testing.assert_array_equal(decided, [[1, 0]])
    assert {name: mask.tolist() for name, mask in exclusive.class_masks(decided).items()} == {
        "class_1": [[1, 0]],
        "class_2": [[0, 0]],
    }
    overlapping = Outputs.of(3, activation="sigmoid")
    decided = overlapping.decide(probabilities, threshold=0.25)
    np.testing.assert_array_equal(decided, [[[0, 1, 0], [1, 1, 0]]])
    assert list(overlapping.class_masks(decided)) == ["class_1", "class_2", "class_3"]
    np.testing.assert_array_equal(Outputs().decide(probabilities[..., 0], 0.6), [[0, 1]])


@pytest.mark.parametrize("names", [(), ("a", "a"), ("a", " ")])
def test_names_must_tell_channels_apart(names):
    with pytest.raises(ValueError, match="distinct, non-empty name"):
        Outputs(names)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Outputs("abc"),
        lambda: Outputs.of(3, "abc"),
        lambda: Outputs.from_config({"names": "abc"}),
        lambda: Outputs.from_config({"names": {"a": 1, "b": 2}}),
    ],
)
def test_a_word_is_no_list_of_names(make):
    with pytest.raises(ValueError, match="must be a list, one name for each channel"):
        make()


@pytest.mark.parametrize("key", ["overlapping", "logits"])
def test_words_are_no_truth_values(key):
    with pytest.raises(ValueError, match=f"`{key}` must be True or False. Received: {key}='false'"):
        Outputs.from_config({"names": ["a", "b"], key: "false"})


def test_an_activation_may_be_a_function():
    def sigmoid(values):
        return values

    assert Outputs.of(3, activation=sigmoid) == Outputs.of(3, activation="sigmoid")

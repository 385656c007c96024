"""What users write of masks of several classes, and what is refused."""

import pytest

from keras_rau import datasets
from keras_rau.errors import DataError, UsageError

THREE = {0: "background", 1: "nevus", 2: "melanoma"}


@pytest.mark.parametrize(
    ("written", "names", "kind"),
    [
        (THREE, ("background", "nevus", "melanoma"), "exclusive"),
        ({"0": "background", "1": "nevus", "2": "melanoma"}, ("background", "nevus", "melanoma"), "exclusive"),
        ({3: "nevus", 0: "skin", 4: "melanoma", 255: None}, ("skin", "nevus", "melanoma"), "exclusive"),
        ({1: "nevus", 2: "melanoma", 9: "Background"}, ("Background", "nevus", "melanoma"), "exclusive"),
        ({0: "background", 1: "nevus", 2: "nevus"}, ("nevus",), "lesion"),
        ({0: [], 1: ["lesion"], 2: ["lesion", "globules"]}, ("lesion", "globules"), "overlapping"),
        ({"#000000": "background", "#FF0000": "a", "#00ff00": "b"}, ("background", "a", "b"), "exclusive"),
        ({"a": "masks/{id}_a.png", "b": "masks/{id}_b.png"}, ("a", "b"), "overlapping"),
        (
            {"files": {"a": "{id}_a.png", "b": "{id}_b.png"}, "overlapping": False},
            ("background", "a", "b"),
            "exclusive",
        ),
    ],
)
def test_every_form_of_description_says_which_classes_a_model_has(written, names, kind):
    classes = datasets.parse_classes(written)
    assert (classes.outputs.names, classes.outputs.kind) == (names, kind)
    assert datasets.parse_classes(classes.to_config()) == classes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (3, "Class masks are label images"),
        ({}, "Class masks are label images"),
        ({0: "background", "#ff0000": "a"}, "one form at a time"),
        ({0: "background", "0": "a"}, "each value once"),
        ({True: "background", 2: "a"}, "Class masks"),
        ({1: "a", 2: "b"}, "give one of the values the name 'background'"),
        ({0: "background"}, "at least one more"),
        ({0: "background", 1: "a/b"}, "letters, digits"),
        ({0: "background", 1: ""}, "letters, digits"),
        ({0: "background", 1: "A", 2: "a"}, "only in letter case"),
        ({0: ["background"], 1: ["a"]}, "what belongs to none"),
        ({0: [], 1: ["a"], 255: None}, "count nothing"),
        ({"files": {"a": "a.png"}}, "One file a class is written"),
        ({"files": {"a": "{id}.png"}, "overlaping": False}, "One file a class is written"),
        ({"a": "{id}.png", "b": "{id}.png"}, "the same files"),
        ({"background": "{id}_x.png", "b": "{id}.png"}, "what belongs to none"),
    ],
)
def test_what_is_no_description_is_refused_with_what_to_write(written, said):
    with pytest.raises(UsageError, match="(?s)" + said):
        datasets.parse_classes(written)


def test_a_description_may_lie_in_a_file(tmp_path):
    (tmp_path / "classes.yaml").write_text("0: background\n1: nevus\n2: melanoma\n")
    (tmp_path / "classes.json").write_text('{"0": "background", "1": "nevus", "2": "melanoma"}')
    assert datasets.parse_classes(tmp_path / "classes.yaml") == datasets.parse_classes(str(tmp_path / "classes.json"))
    with pytest.raises(DataError, match=r"nothing\.yaml cannot be read"):
        datasets.parse_classes(tmp_path / "nothing.yaml")

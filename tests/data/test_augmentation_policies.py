"""Names, changes and limits of augmentation policies."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from keras_rau.datasets.augmentation import POLICIES, Policy, get_policy
from keras_rau.errors import UsageError
from keras_rau.training.config import load_config, parse_setting


def test_names():
    assert list(POLICIES) == ["none", "light", "paper", "strong"]
    assert get_policy(True) is POLICIES["light"]
    assert get_policy("strong") is POLICIES["strong"]
    for nothing in (False, None, "none", {"name": "none"}):
        assert get_policy(nothing) is None
    policy = Policy(hue=3)
    assert get_policy(policy) is policy
    with pytest.raises(FrozenInstanceError):
        policy.hue = 4


def test_a_name_and_changes():
    changed = get_policy({"name": "strong", "rotation": 90, "dihedral": False})
    assert (changed.rotation, changed.dihedral, changed.scale) == (90, False, POLICIES["strong"].scale)
    assert get_policy({"rotation": 90}).brightness == POLICIES["light"].brightness
    assert get_policy({"name": "none", "rotation": 90}) == Policy(dihedral=False, rotation=90)
    assert get_policy({"name": "light"}) == POLICIES["light"]


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        ("ligth", "Did you mean 'light'"),
        (3, "augment=3"),
        (["light"], "augment=\\['light'\\]"),
        ({"name": "storng"}, "Did you mean 'strong'"),
        ({"name": "light", "rotatoin": 3}, "'rotatoin'. Did you mean 'rotation'"),
        ({"rotation": "90"}, "`rotation` must be a number from 0 to 180. Received: '90'"),
        ({"rotation": 181}, "from 0 to 180"),
        ({"rotation": -1}, "from 0 to 180"),
        ({"rotation": float("nan")}, "Received: nan"),
        ({"rotation": True}, "Received: True"),
        ({"hairs": 2.5}, "`hairs` must be a whole number from 0 to 32"),
        ({"dropout_boxes": 17}, "from 0 to 16"),
        ({"dihedral": 1}, "`dihedral` must be true or false"),
    ],
)
def test_what_is_wrong_is_named(augment, message):
    with pytest.raises(UsageError, match=message):
        get_policy(augment)


def test_every_field_is_checked():
    for field in fields(Policy):
        with pytest.raises(UsageError, match=field.name):
            Policy(**{field.name: -1})


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("data.augment=strong", POLICIES["strong"]),
        ("data.augment=none", None),
        ("data.augment=false", None),
        ("data.augment=true", POLICIES["light"]),
        ("data.augment.rotation=90", get_policy({"name": "light", "rotation": 90})),
        ("data.augment={name: paper, scale: 0.1}", get_policy({"name": "paper", "scale": 0.1})),
    ],
)
def test_configurations(setting, wanted, tmp_path):
    config = load_config(overrides=dict([parse_setting(setting)]))
    assert get_policy(config.data.augment) == wanted
    (tmp_path / "config.yaml").write_text(config.to_yaml())
    assert get_policy(load_config(tmp_path / "config.yaml").data.augment) == wanted


def test_the_manual_lists_every_field_with_the_values_of_every_policy():
    lines = (Path(__file__).parents[2] / "docs" / "how-to" / "augment.md").read_text().splitlines()
    rows = {cells[0].strip("` "): cells[1:] for line in lines if (cells := line.strip("|").split("|"))}
    for field in fields(Policy):
        found = [cell.strip() for cell in rows[field.name][-3:]]
        values = [getattr(POLICIES[name], field.name) for name in ("light", "paper", "strong")]
        assert found == [("yes" if value else "no") if isinstance(value, bool) else f"{value:g}" for value in values]


def test_policies_need_no_tensorflow():
    script = (
        "import sys\nfrom keras_rau import datasets\ndatasets.get_policy('light')\n"
        "assert not {'tensorflow', 'cv2'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True)

"""YAML and JSON of strangers: bounded, and repeated in messages by a line at most."""

import os
import time

import pytest

from keras_rau.errors import DataError, RauError
from keras_rau.strangers import one_line, parse_json, read_bytes, read_json, shown
from keras_rau.training.config import load_config, parse_setting
from keras_rau.yaml_text import LARGEST, parse_yaml
from tests.fuzzing.texts import fuzz

LAUGHS = "epochs:\n  - &a0 [l,l,l,l,l,l,l,l,l,l]\n" + "".join(
    f"  - &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
HOSTILE = [
    (LAUGHS, "counting what aliases repeat"),
    ("a: &x [*x]", "an alias within what it repeats"),
    ("a: &x {b: *x}", "an alias within what it repeats"),
    ("&a b: [" + "*a, " * 300 + "]", "more than 200 aliases"),
    ("epochs: 3\nbatch_size: 4\nepochs: 5", "line 3: the key 'epochs' occurs twice"),
    ("model: {name: rau_net_nano, name: unet}", "the key 'name' occurs twice"),
    ("data: {options: {1: a, 0x1: b}}", "the key 1 occurs twice"),
    ("true: 1", "a key must be a word"),
    ("? [a]\n: b", "a key must be a word"),
    ("? \n: 1", "a key must be a word"),
    ("1: 2", "a key that is not a word"),
    ("[" * 100_000, "nested deeper than 24"),
    ("- " * 9000, "nested deeper than 24"),
    ("x: " + "{a: " * 9000, "nested deeper than 24"),
    ("epochs: " + "9" * 5000, "a number of more than 40 characters"),
    ("epochs: 0x" + "f" * 10_000, "a number of more than 40 characters"),
    ("epochs: 1" + ":59" * 9000, "a number of more than 40 characters"),
    ("epochs: 1:30", "base 10.*Received: 1:30"),
    ("optimizer: {learning_rate: 1:30.5}", "base 10.*Received: 1:30.5"),
    ("epochs: .inf", "numbers must be finite"),
    ("optimizer: {learning_rate: .nan}", "numbers must be finite"),
    ("epochs: !!float 1e999", "numbers must be finite"),
    ("epochs: 2001-99-99", "a number or date that cannot be read"),
    ("epochs: !!int a", "a number or date that cannot be read"),
    ("epochs: !!bool a", "a number or date that cannot be read"),
    ("epochs: !!int ''", "a number or date that cannot be read"),
    ("epochs: !!timestamp a", "a number or date that cannot be read"),
    ("epochs: !!python/object/apply:os.system [ls]", "values of the type"),
    ("epochs: !!set {a}", "values of the type"),
    ("epochs: !!binary aGVsbG8=", "values of the type"),
    ("epochs: \0", "unacceptable character"),
    ("a: b: c", "mapping values are not allowed"),
    ("a: *b", "undefined alias"),
    ("a: 1\n---\nb: 2", "another document"),
    ("epochs: " + "a" * (LARGEST + 1), "is larger than"),
    ("epochs: " + "a" * 100_000, "epochs: .*valid integer"),
    ("a" * 100_000 + ": 1", "mapping values are not allowed"),
    ("'" + "a" * 1000 + "': 1", "unknown key 'aaa"),
    ("metrics: [" + "b" * 50_000 + "]", "metrics: "),
    ("monitor: " + "b" * 50_000, "monitor: "),
    ('monitor: "\\e[31m\\x07"', "monitor: "),
    ("model: [1]", "model"),
    ("model: {name: [1]}", "model"),
    ("model: {name: {}}\nloss: published", "model"),
    ("loss: {name: 3}", "loss"),
    ("init: {a: 1}", "init"),
    ("seed: 010", "base 10.*Received: 010"),
    ("data: 5\ninit: nowhere.keras", "data|nowhere"),
    ("data: {split: [a, b]}", "split"),
    ("data: {image_size: [99999999999999999999999, 1]}", "image_size"),
]


@pytest.mark.parametrize(("text", "message"), HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_a_hostile_configuration_ends_soon_in_one_short_line(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    started = time.monotonic()
    with pytest.raises(RauError, match=message) as caught:
        load_config(path)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 2000
    assert time.monotonic() - started < 5


def test_ordinary_yaml_is_read():
    assert parse_yaml("a: &x {b: 1, c: [2.5, true, null]}\nd: *x\ne: {<<: *x, b: 2}\nf: {0: skin, 1: lesion}") == {
        "a": {"b": 1, "c": [2.5, True, None]},
        "d": {"b": 1, "c": [2.5, True, None]},
        "e": {"b": 2, "c": [2.5, True, None]},
        "f": {0: "skin", 1: "lesion"},
    }


@pytest.mark.parametrize("name", ["pipe", "folder", "nowhere", "no\0name"])
def test_what_is_no_file_is_refused_unread(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RauError):
        load_config(tmp_path / f"{name}" if "." in name else str(tmp_path / name))
    with pytest.raises(DataError):
        read_bytes(tmp_path / name, 100)


def test_settings_of_the_command_line_are_bounded_too():
    assert parse_setting("a=1e-3") == ("a", 0.001)
    assert parse_setting("a=-.5e3") == ("a", -500.0)
    for value in ("1e999", ".inf", "[" * 1000, "{a: 1, a: 2}", "!!python/none x", "9" * 100):
        with pytest.raises(RauError, match="is not YAML") as caught:
            parse_setting(f"a={value}")
        assert len(str(caught.value)) < 500


def test_json_of_strangers(tmp_path):
    for text in ("[1]", "3", "{", "[" * 100_000, '{"a":' * 100 + "1" + "}" * 100, '{"a": ' + "9" * 5000 + "}", "\x1b"):
        with pytest.raises(DataError, match=r"^it ") as caught:
            parse_json(text, "it")
        assert str(caught.value).isprintable()
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
    (tmp_path / "a.json").write_bytes(b"\xff\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        read_json(tmp_path / "a.json")
    with pytest.raises(DataError, match="larger than 1 bytes"):
        read_json(tmp_path / "a.json", largest=1)


def test_values_are_shown_in_one_line():
    assert shown("a\n\x1b[1m") == repr("a\n\x1b[1m")
    assert len(shown(["x" * 10**6] * 10**6)) <= 160
    assert shown(1 << 10_000_000) == "<a number of 10000001 bits>"
    assert one_line("a\tb\u202ec") == "a\\tb\\u202ec"
    assert one_line("\udcff") == "\\udcff"
    assert len(one_line("a" * 1000)) == 160


def test_random_damage_gives_no_raw_exception():
    assert sum(fuzz(1.0, seed=0).values()) > 4

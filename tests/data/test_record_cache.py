"""The cache of resized samples on disk."""

import errno
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from keras_rau import datasets
from keras_rau.datasets.feeding import cache_manifest, record_cache
from keras_rau.datasets.feeding.loading import Files, View
from keras_rau.datasets.feeding.record_cache import open_record_cache
from keras_rau.datasets.preprocessing import parse_steps
from keras_rau.errors import DataError

VIEW = View((32, 48))


@pytest.fixture
def samples(phantoms, tmp_path):
    """Copies that may be changed."""
    copies = []
    for sample in phantoms:
        image, mask = (tmp_path / f"{sample.id}_{kind}.png" for kind in ("image", "mask"))
        image.write_bytes(sample.image.read_bytes())
        mask.write_bytes(sample.mask.read_bytes())
        copies.append(replace(sample, image=image, mask=mask))
    return copies


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def _open(samples, folder, view=VIEW):
    """Opened without a word: the cache fits, or there was none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return open_record_cache(samples, view, folder)


def _state(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def _assert_equals_files(cache, samples, view=VIEW):
    files = Files(samples, view)
    for index in range(len(samples)):
        for kept, wanted in zip(cache.read(index), files.read(index), strict=True):
            np.testing.assert_array_equal(kept, wanted)


def test_gives_what_the_files_give_in_any_order(samples, folder, monkeypatch):
    monkeypatch.setattr(record_cache, "SHARD_BYTES", 5 * VIEW.bytes_per_sample)
    cache = _open(samples, folder)
    assert len(list(folder.glob("*.tfrecord"))) == 3
    _assert_equals_files(cache, samples)
    first = cache.read(7)
    for index in (3, 11, 0):
        cache.read(index)
    for one, other in zip(first, cache.read(7), strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_read_at_once(samples, folder):
    cache, files = _open(samples, folder), Files(samples, VIEW)
    wanted = [files.read(index)[0] for index in range(len(samples))]
    indices = np.random.default_rng(0).integers(0, len(samples), 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        for index, (image, _) in zip(indices, pool.map(cache.read, indices), strict=True):
            np.testing.assert_array_equal(image, wanted[index])


def test_is_written_once_and_used_again(samples, folder):
    _open(samples, folder)
    before = _state(folder)
    _assert_equals_files(_open(samples, folder), samples)
    assert _state(folder) == before


def test_records_are_plain_examples(samples, folder):
    """Other programs can read them."""
    _open(samples, folder)
    records = list(tf.data.TFRecordDataset(list(map(str, folder.glob("*.tfrecord")))).as_numpy_iterator())
    example = tf.train.Example.FromString(records[2]).features.feature
    assert example["id"].bytes_list.value[0].decode() == samples[2].id
    image = np.frombuffer(example["image"].bytes_list.value[0], np.uint8).reshape(32, 48, 3)
    np.testing.assert_array_equal(image, Files(samples, VIEW).read(2)[0])


def test_plain_samples_of_one_colour(samples, folder):
    """Where image and mask are the same bytes over and over, their places must not be confused."""
    from PIL import Image

    Image.new("RGB", (64, 64)).save(samples[0].image)
    Image.new("L", (64, 64)).save(samples[0].mask)
    Image.new("RGB", (64, 64), (1, 1, 1)).save(samples[1].image)
    Image.new("L", (64, 64), 1).save(samples[1].mask)
    _assert_equals_files(_open(samples, folder), samples)


def _touch_image(samples):
    path = samples[4].image
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))
    return samples, VIEW


def _other_mask(samples):
    samples[5].mask.write_bytes(samples[6].mask.read_bytes())
    os.utime(samples[5].mask, ns=(1, 1))
    return samples, VIEW


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_touch_image, "the image of phantom_00004 was changed"),
        (_other_mask, "the mask of phantom_00005 was changed"),
        (lambda samples: (samples, View((32, 32))), r"image_size was \[32, 48\] and is \[32, 32\]"),
        (lambda samples: (samples, View((32, 48), "squash")), "resize was letterbox and is squash"),
        (lambda samples: (samples, View((32, 48), steps=parse_steps(["grey_world"]))), "preprocess was .*grey_world"),
        (lambda samples: (samples[:-2], VIEW), r"other samples \(0 new, 2 gone\)"),
        (lambda samples: (samples[::-1], VIEW), "another order"),
    ],
)
def test_is_written_anew_when_something_changed(samples, folder, change, reason):
    _open(samples, folder)
    old = set(_state(folder))
    changed, view = change(samples)
    with pytest.warns(UserWarning, match=f"written again: .*{reason}"):
        cache = open_record_cache(changed, view, folder)
    _assert_equals_files(cache, changed, view)
    assert old & set(_state(folder)) == {"manifest.json"}
    _open(changed, folder, view)


def test_is_written_anew_for_another_version(samples, folder, monkeypatch):
    _open(samples, folder)
    monkeypatch.setattr(cache_manifest, "FORMAT", cache_manifest.FORMAT + 1)
    with pytest.warns(UserWarning, match="it has format 1, this version writes 2"):
        open_record_cache(samples, VIEW, folder)


def _flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda shard, manifest: _flip(shard, shard.stat().st_size // 2), "tfrecord is damaged"),
        (lambda shard, manifest: shard.write_bytes(shard.read_bytes()[:-100]), "missing or was cut short"),
        (lambda shard, manifest: shard.unlink(), "missing or was cut short"),
        (lambda shard, manifest: _flip(manifest, manifest.stat().st_size - 30), "manifest.json is damaged"),
        (lambda shard, manifest: manifest.write_text("{"), "manifest.json is damaged"),
        (lambda shard, manifest: manifest.write_text("[]"), "manifest.json is damaged"),
        (lambda shard, manifest: manifest.write_bytes(b"\xff\xfe"), "manifest.json is damaged"),
        (lambda shard, manifest: (manifest.unlink(), os.mkfifo(manifest)), "manifest.json is damaged"),
    ],
)
def test_is_written_anew_when_damaged(samples, folder, damage, reason):
    _open(samples, folder)
    damage(next(folder.glob("*.tfrecord")), folder / "manifest.json")
    with pytest.warns(UserWarning, match=reason):
        cache = open_record_cache(samples, VIEW, folder)
    _assert_equals_files(cache, samples)
    _open(samples, folder)


def test_a_record_too_few_is_found(samples, folder):
    """A shard whose checksums are right, in a manifest whose checksum is right."""
    _open(samples, folder)
    manifest = cache_manifest.read_manifest(folder)
    shards = [[name, records + 1, size] for name, records, size in manifest.shards]
    cache_manifest.write_manifest(folder, replace(manifest, shards=shards))
    with pytest.warns(UserWarning, match="holds 12 records instead of 13"):
        open_record_cache(samples, VIEW, folder)


def test_foreign_files_stay(samples, folder):
    folder.mkdir()
    foreign = ["notes.txt", "train-00000.tfrecord", "0123456789abcdef-00000.tfrecord.gz"]
    for name in foreign:
        (folder / name).write_text("mine")
        os.utime(folder / name, (1, 1))
    _open(samples, folder)
    with pytest.warns(UserWarning, match="written again"):
        open_record_cache(samples[:5], VIEW, folder)
    assert [(folder / name).read_text() for name in foreign] == ["mine"] * 3


def test_a_killed_writer_leaves_no_cache_and_its_files_go_later(samples, folder):
    """Killed for good, while writing."""
    script = (
        "import pickle, sys, time\n"
        "from keras_rau.datasets.feeding import record_cache\n"
        "from keras_rau.datasets.feeding.loading import View\n"
        "samples, folder = pickle.load(sys.stdin.buffer)\n"
        "record_cache.SHARD_BYTES = 1\n"
        "read = record_cache.Files.read\n"
        "record_cache._AT_ONCE = 1\n"
        "def slow(self, index):\n"
        "    print(index, flush=True)\n"
        "    time.sleep(60 if index == 6 else 0)\n"
        "    return read(self, index)\n"
        "record_cache.Files.read = slow\n"
        "record_cache.open_record_cache(samples, View((32, 48)), folder)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdin.write(pickle.dumps((samples, folder)))
    process.stdin.close()
    for line in process.stdout:
        if line.strip() == b"6":
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    left = set(_state(folder))
    assert left
    assert "manifest.json" not in left
    _assert_equals_files(_open(samples, folder), samples)
    assert left < set(_state(folder)), "they might belong to a process at work"
    for name in left:
        os.utime(folder / name, (time.time() - 7200,) * 2)
    with pytest.warns(UserWarning, match="written again"):
        open_record_cache(samples[:5], VIEW, folder)
    assert not left & set(_state(folder))


@pytest.mark.filterwarnings("ignore:The cache in")
def test_processes_that_write_at_once_do_not_disturb_each_other(samples, folder):
    """Threads stand for processes: no state is shared but the folder."""
    for _ in range(5):
        with ThreadPoolExecutor(4) as pool:
            caches = list(pool.map(lambda _: open_record_cache(samples, VIEW, folder), range(4)))
        for cache in caches:
            _assert_equals_files(cache, samples)
        _assert_equals_files(_open(samples, folder), samples)
        (folder / "manifest.json").unlink()


def test_an_opened_cache_stays_readable_when_another_process_replaces_it(samples, folder):
    cache = _open(samples, folder)
    with pytest.warns(UserWarning, match="written again"):
        open_record_cache(samples[:5], VIEW, folder)
    _assert_equals_files(cache, samples)


def test_no_room_is_known_before(samples, folder, monkeypatch):
    monkeypatch.setattr(record_cache.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(DataError, match=r"cannot be written to .*cache: it needs .* GB are free"):
        open_record_cache(samples, VIEW, folder)
    assert not list(folder.iterdir())


def test_a_disk_that_fills_up_while_writing(samples, folder):
    """The system refuses to make files larger than a limit, as it does when the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(DataError, match=r"cannot be written to .*Free some space"):
            open_record_cache(samples, VIEW, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(folder.iterdir())


def test_a_broken_source_leaves_nothing(samples, folder):
    samples[8].image.write_bytes(samples[8].image.read_bytes()[:60])
    with pytest.raises(DataError, match=samples[8].image.name):
        open_record_cache(samples, VIEW, folder)
    assert not list(folder.iterdir())


def test_a_missing_source_is_named(samples, folder):
    samples[3].mask.unlink()
    with pytest.raises(DataError, match=samples[3].mask.name):
        open_record_cache(samples, VIEW, folder)


def test_a_folder_that_cannot_be_made(samples, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"The cache in .*file.* cannot be used"):
        open_record_cache(samples, VIEW, tmp_path / "file" / "cache")


def test_a_cache_cut_short_while_in_use(samples, folder):
    cache = _open(samples, folder)
    next(folder.glob("*.tfrecord")).write_bytes(b"")
    with pytest.raises(DataError, match="cut short; start again"):
        cache.read(0)


def test_the_manifest_says_what_it_holds(samples, folder):
    _open(samples, folder)
    content = json.loads((folder / "manifest.json").read_text())["content"]
    assert content["settings"] == {"image_size": [32, 48], "resize": "letterbox", "preprocess": [], "bit_depth": None}
    assert [row[0] for row in content["sources"]] == [sample.id for sample in samples]


def test_pipeline_from_disk_equals_pipeline_without_cache(samples, folder):
    arguments = {"image_size": (32, 48), "batch_size": 5, "augment": "light", "shuffle_seed": 3}
    from_disk = datasets.pipeline(samples, cache="disk", cache_dir=folder, **arguments)
    plain = datasets.pipeline(samples, cache="none", **arguments)
    for _ in range(2):
        for one, other in zip(from_disk, plain, strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


def test_a_failure_while_the_manifest_is_written(samples, folder, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache_manifest.os, "fsync", fail)
    with pytest.raises(DataError, match="No space left on device") as found:
        open_record_cache(samples, VIEW, folder)
    assert "\n" not in str(found.value)
    assert not list(Path(folder).iterdir())

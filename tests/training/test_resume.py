"""A training killed without warning ends as the one that was left alone."""

import random
import shlex
import shutil
import signal
import time

import pytest

from keras_rau import datasets
from tests.training.equal_runs import check_equal
from tests.training.forking import Trainings

_SETTINGS = (
    "--dataset phantom --model rau_net_nano --set model.depth=1 --loss dice --image-size 32 --epochs 3 --batch-size 7 "
    "--seed 5 --set checkpoints.every_steps=2 --set checkpoints.keep_epochs=[2]"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "phantoms"
    datasets.load("phantom", root, n=60, size=48)
    return root


@pytest.fixture(scope="module")
def trainings(tmp_path_factory):
    with Trainings(tmp_path_factory.mktemp("log") / "log.txt") as server:
        yield server


def _words(data_dir, output):
    return ["train", *shlex.split(_SETTINGS), "--data-dir", str(data_dir), "--output", str(output)]


@pytest.fixture(scope="module")
def whole(data_dir, trainings, tmp_path_factory):
    """The run that is left alone, how long it takes to its first checkpoint, and from there to the end."""
    output = tmp_path_factory.mktemp("runs") / "whole"
    started = time.monotonic()
    trainings.start(*_words(data_dir, output))
    trainings.wait_for(output / "checkpoints" / "last.keras")
    first = time.monotonic()
    status, text = trainings.wait()
    assert status == 0, text
    return output, first - started, time.monotonic() - first


def _killed(trainings, words, cut, wait, after_first):
    """Whether a training was killed after some seconds, from its start or from its first checkpoint on."""
    trainings.start(*words)
    if after_first:
        trainings.wait_for(cut / "checkpoints" / "last.keras")
    time.sleep(wait)
    trainings.signal(signal.SIGKILL)
    status, text = trainings.wait()
    assert status in (0, -signal.SIGKILL), text
    return status == -signal.SIGKILL


@pytest.mark.parametrize(("early", "late"), [(1, 2), pytest.param(3, 7, marks=pytest.mark.matrix)])
def test_killed_at_random_moments_and_resumed(early, late, data_dir, trainings, whole, tmp_path):
    """Some moments before the first checkpoint, others from there to the end, each anywhere in a part of its own."""
    output, before, after = whole
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    shares = [(before, (part, early), False) for part in range(early)]
    shares += [(after, (part, late), True) for part in range(late)]
    for number, (seconds, (part, parts), saved) in enumerate(shares):
        cut, wait = tmp_path / f"cut{number}", seconds * (part + moments.random()) / parts
        # A run that has ended already, because the machine has become faster, is repeated and killed earlier.
        while not _killed(trainings, _words(data_dir, cut), cut, wait, saved):
            wait *= 0.7
            shutil.rmtree(cut)
        print(
            f"seed {seed}, kill {number + 1}: {wait:.2f} s after the {'first save' if saved else 'start'}",
            end=", ",
        )
        status, text = trainings.run(*_words(data_dir, cut), "--resume")
        assert status == 0, f"seed {seed}, kill {number + 1}: {text}"
        print(next(line for line in text.splitlines() if "resuming" in line or "starting afresh" in line))
        check_equal(cut, output)
        shutil.rmtree(cut)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.matrix)],
)
def test_stopped_by_a_signal_and_resumed(number, status, data_dir, trainings, whole, tmp_path):
    cut = tmp_path / "cut"
    trainings.start(*_words(data_dir, cut))
    trainings.wait_for(cut / "checkpoints" / "last.keras")
    trainings.signal(number)
    found, text = trainings.wait()
    assert found == status, text
    assert "interrupted: saved" in text
    # The command in the message does what it says.
    command = shlex.split(text.strip().splitlines()[-1])
    assert command[0] == "keras-rau"
    assert command[-1] == "--resume"
    status, text = trainings.run(*command[1:])
    assert status == 0, text
    check_equal(cut, whole[0])


def test_the_same_seed_gives_the_same_training(data_dir, trainings, whole, tmp_path):
    status, text = trainings.run(*_words(data_dir, tmp_path / "again"))
    assert status == 0, text
    check_equal(tmp_path / "again", whole[0])


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(data_dir, trainings, whole, tmp_path):
    cut = tmp_path / "cut"
    shutil.copytree(whole[0], cut)
    last = cut / "checkpoints" / "last.keras"
    last.write_bytes(last.read_bytes()[:1000])
    status, text = trainings.run(*_words(data_dir, cut), "--resume")
    assert status == 0, text
    assert "last.keras is damaged" in text
    assert "in epoch 3 of 3, after step 4 of 6" in text
    check_equal(cut, whole[0])

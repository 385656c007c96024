"""Small sets of phantoms on disk."""

import pytest

from keras_rau import datasets


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory):
    return datasets.load("phantom", tmp_path_factory.mktemp("data") / "phantoms", n=12, seed=3, size=64)

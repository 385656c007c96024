"""Starting from trained weights."""

from pathlib import Path

import keras

from keras_rau.errors import RauError
from keras_rau.export.checks import load_keras
from keras_rau.training.run_directory import RunDirectory


def initialise(model: keras.Model, source: str) -> None:
    """Start from the weights of a model file, or of the best model of a run directory."""
    path = RunDirectory(Path(source)).best if Path(source).is_dir() else Path(source)
    if not path.exists():
        raise RauError(f"The model to start from does not exist: {path}. Received: --init {source}")
    trained = load_keras(path)
    try:
        model.set_weights(trained.get_weights())
    except ValueError as error:
        raise RauError(f"Cannot start from {source}: {str(error).strip().splitlines()[0]}") from error

"""Which images a model has seen, from the content of its sidecar."""

from typing import Any

from keras_rau.datasets.splitting.leaking import identity


def trained_on(model: dict[str, Any]) -> set[str]:
    """Identities of the images that a model was trained on, from the content of its sidecar."""
    lists = [(model.get("dataset", ""), model.get("split", {}).get("train", [])), *model.get("also_train", {}).items()]
    return {identity(name, source) for source, names in lists for name in names}


def chosen_by(model: dict[str, Any]) -> set[str]:
    """Identities of the images that the best epoch of a model was chosen by, from the content of its sidecar."""
    return {identity(name, model.get("dataset", "")) for name in model.get("split", {}).get("val", [])}

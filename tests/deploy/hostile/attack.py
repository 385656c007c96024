"""What a case of the corpus is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Attack:
    """A file, and the way a user would open it.

    Attributes:
        path: the file or folder.
        way: `"predictor"`, `"load"` (`models.load`), `"init"` (a training that starts from it), `"weights"` (of a preset) or
            `"encoder_weights"`.
        encoder: that takes the weights.
    """

    path: Path
    way: str = "predictor"
    encoder: str = "efficientnet_lite0"


def open_attack(attack: Attack) -> None:
    """Open the file as a user would."""
    if attack.way == "predictor":
        from keras_rau.export import Predictor

        Predictor(attack.path)
    elif attack.way == "init":
        from keras_rau.training.config import load_config
        from keras_rau.training.fine_tuning.initial_weights import load_start

        settings = {"init": str(attack.path)}
        if attack.path.name.endswith(".h5"):
            settings["model"] = "rau_net_nano"
        load_start(load_config(overrides=settings))
    elif attack.way == "load":
        from keras_rau import models

        models.load(attack.path)
    elif attack.way == "weights":
        from keras_rau import models

        models.from_preset("rau_net_nano", weights=attack.path)
    else:
        from keras_rau import models

        models.UNet(input_shape=(32, 32, 3), width=2, depth=2, encoder=attack.encoder, encoder_weights=str(attack.path))


def secret(folder: Path) -> Path:
    """A file of the user that no model may read; empty folders above it belong to each case."""
    path = folder / "home" / "secret.h5"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"the user's own")
    return path


def canary(folder: Path) -> Path:
    """A file that exists only after something in a model was executed."""
    return folder / "executed"

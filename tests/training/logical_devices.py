"""Run as a program: one model on one device, and the same on several."""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def main(data_dir: Path, output: Path, devices: int) -> None:
    """Compare the two by hand, then train by configuration."""
    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * devices)
    _compare(devices)
    from keras_rau.training import load_config, train

    settings = {"data.data_dir": str(data_dir), "data.image_size": 16, "model.name": "unet", "model.depth": 1}
    more = {"epochs": 1, "batch_size": devices, "hardware.devices": "all", "model.width": 2}
    result = train(load_config(overrides={**settings, **more}), output)
    print("dice", result["dice"])


def _compare(devices: int) -> None:
    from keras_rau.training.distribution import mirrored_strategy, synchronise_normalization

    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (3 * devices, 16, 16, 3)).astype("float32")
    masks = (images[..., :1] > 128).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((images, masks)).batch(devices)
    alone = _model()
    start = alone.get_weights()
    with mirrored_strategy(devices).scope():
        together = synchronise_normalization(_model())
    together.set_weights(start)
    histories = [model.fit(data, epochs=1, verbose=0, shuffle=False).history for model in (alone, together)]
    for key in histories[0]:
        np.testing.assert_allclose(histories[1][key], histories[0][key], rtol=1e-4, err_msg=key)
    moved = [np.abs(a - b).max() for a, b in zip(start, alone.get_weights(), strict=True)]
    apart = [np.abs(a - b).max() for a, b in zip(together.get_weights(), alone.get_weights(), strict=True)]
    print("moved", max(moved), "apart", max(apart))
    assert max(moved) > 1e-2
    assert max(apart) < 1e-4


def _model() -> keras.Model:
    from keras_rau import losses, metrics, models

    model = models.RAUNet((16, 16, 3), 1, 1, upsampling="bilinear", depth=1, width=2, deep_supervision=True)
    model.compile(keras.optimizers.SGD(0.1), losses.CompoundLoss(), metrics=[metrics.DiceScore()])
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

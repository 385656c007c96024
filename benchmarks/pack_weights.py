"""Write what the package ships of a trained model: weights and TFLite in float16, the sidecar, the lists of its images.

    python -P benchmarks/pack_weights.py runs/lite rau_net_lite --check-dir photos

Run from the repository; the files of `keras_rau/pretrained` are replaced. Scores come from `keras-rau evaluate --model NAME`
afterwards, and the model card is written by hand.
"""

import argparse
from pathlib import Path

from keras_rau import export, models, pretrained
from keras_rau.export.checks import load_keras
from keras_rau.models.weights_file import save_half
from keras_rau.training.run_directory import RunDirectory

_NOTE = "Trained on images that are for non-commercial research; the weights are for the same. Not a medical device."


def main() -> None:
    """Pack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run directory")
    parser.add_argument("name", help="preset")
    parser.add_argument("--check-dir", type=Path, help="folder of images to compare the TFLite file with Keras on")
    arguments = parser.parse_args()
    best = RunDirectory(arguments.run).best
    weights, file = pretrained.weights_file(arguments.name), pretrained.tflite_file(arguments.name)
    trained = load_keras(best)
    # The preset itself, so that a model of other settings is found out now.
    preset = models.from_preset(arguments.name, weights=None, input_shape=trained.input_shape[1:])
    preset.set_weights(trained.get_weights())
    save_half(preset, weights)
    shipped = models.from_preset(arguments.name, weights=str(weights), input_shape=trained.input_shape[1:])
    file.unlink(missing_ok=True)
    info = {**export.read_sidecar(best), "name": arguments.name, "licence": _NOTE}
    report = export.tflite(shipped, file, precision="float16", verify=arguments.check_dir, info=info)
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in (weights, file))
    print(sizes)
    print(f"TFLite against Keras on {report.n_images} {report.images}: mean Dice {report.dice_mean:.5f}")


if __name__ == "__main__":
    main()

"""Size, latency and Dice of every preset in every precision.

Latency is the median of 50 images of 256×256 pixels after 10 to warm up, on two threads, all variants of a preset in
turns in one process. Presets with trained weights are compared on real images, at the size of their training; the others
are trained for some steps on phantoms first and compared on other phantoms.

    python -P benchmarks/exports.py --calibration-dir TRAIN --check-dir IMAGES [--preset NAME ...] [--steps 300]
"""

import argparse
import json
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_rau import datasets, export, models, pretrained
from keras_rau.export.backends import TFLiteBackend
from keras_rau.export.cost import cost_of, processor
from keras_rau.export.parity import compare
from keras_rau.export.parity_images import parity_images
from keras_rau.export.sidecar import read_sidecar

RESULTS = Path(__file__).parent / "results" / "exports.json"
SIZE, TRAINED_AT, THREADS, WARM_UP, RUNS = 256, 128, 2, 10, 50
PRESETS = ("rau_net_lite", "rau_net_nano", "rau_net_small", "rau_net_paper", "unet", "attention_unet")
PRECISIONS = ("float32", "float16", "dynamic", "int8")


def _phantoms(first: int, count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = [datasets.draw_phantom(0, index, size) for index in range(first, first + count)]
    return np.stack([image for image, _ in drawn]).astype("float32"), np.stack([mask for _, mask in drawn])[..., None]


def _trained(preset: str, steps: int, kept: Path | None) -> keras.Model:
    file = None if kept is None else kept / f"{preset}_{steps}.keras"
    if file is not None and file.exists():
        return keras.saving.load_model(file, compile=False)
    keras.utils.set_random_seed(0)
    model = models.from_preset(preset, input_shape=(None, None, 3), weights=None)
    images, masks = _phantoms(0, 4 * steps, TRAINED_AT)
    model.compile(keras.optimizers.Adam(5e-4), "binary_crossentropy")
    model.fit(images, masks.astype("float32"), batch_size=4, epochs=1, verbose=0)
    if file is not None:
        model.save(file)
    return model


def _in_turns(runs: dict) -> dict[str, float]:
    batch = np.random.default_rng(0).uniform(0, 255, (1, SIZE, SIZE, 3)).astype("float32")
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(WARM_UP + RUNS):
        for name, run in runs.items():
            start = time.perf_counter()
            run(batch)
            if number >= WARM_UP:
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(found)) for name, found in times.items()}


def _measure(preset: str, arguments: argparse.Namespace, folder: Path) -> dict:
    real = preset in pretrained.names()
    if real:
        info = read_sidecar(pretrained.tflite_file(preset))
        model, size = models.from_preset(preset, input_shape=(None, None, 3)), tuple(info["image_size"])
        calibration, images = arguments.calibration_dir, parity_images(arguments.check_dir, size, info)[0]
    else:
        # Compared where it was trained: at another size such a model knows little.
        info, model, size = {}, _trained(preset, arguments.steps, arguments.keep), (TRAINED_AT, TRAINED_AT)
        calibration = list(_phantoms(5000, 32, TRAINED_AT)[0].astype("uint8"))
        images = list(_phantoms(9000, 100, TRAINED_AT)[0])
    export.saved_model(model, folder / "saved", info={"image_size": [SIZE, SIZE]}, verify=images[:4])
    module = tf.saved_model.load(str(folder / "saved"))
    served = module.signatures["serving_default"]
    runs = {
        "keras": model.predict_on_batch,
        "saved_model": lambda batch: served(image=tf.constant(batch))["mask"].numpy(),
    }
    exports = {}
    for precision in PRECISIONS:
        given = calibration if precision == "int8" else None
        large, fitting = folder / f"{precision}.tflite", folder / f"{precision}_compared.tflite"
        for path, side in ((large, (SIZE, SIZE)), (fitting, size)):
            export.tflite(
                model,
                path,
                precision,
                image_size=side,
                verify=images[:4],
                info=info,
                calibration=given,
                limits=export.Limits(),
            )
        report = compare(
            lambda batch: model(batch, training=False).numpy(),
            TFLiteBackend(fitting, THREADS).run,
            images,
            "images",
            export.Limits(),
        )
        cost = cost_of(large, measure=False)
        exports[precision] = {
            "bytes": cost.bytes,
            "plain": cost.plain,
            "max_abs": report.max_abs,
            "dice_mean": report.dice_mean,
            "dice_min": report.dice_min,
        }
        runs[precision] = TFLiteBackend(large, THREADS).run
    result = {
        "trained": "shipped weights" if real else f"{arguments.steps} steps on phantoms of {TRAINED_AT} px",
        "compared_on": f"{len(images)} {arguments.check_dir.name if real else 'phantoms'}, {size[0]} px",
        "exports": exports,
        "median_ms": _in_turns(runs),
    }
    return result


def _table(found: dict) -> str:
    lines = [
        "| preset | file | size, MB | of float32 | ms | Dice to Keras, mean | worst | largest difference | not in XNNPACK |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for preset, one in found["presets"].items():
        times = one["median_ms"]
        lines.append(f"| `{preset}` | Keras, `predict_on_batch` | | | {times['keras']:.1f} | | | | |")
        lines.append(f"| | SavedModel, `tf.function` | | | {times['saved_model']:.1f} | | | | |")
        whole = one["exports"]["float32"]["bytes"]
        for precision, cells in one["exports"].items():
            plain = ", ".join(f"{kind} × {count}" for kind, count in cells["plain"].items())
            lines.append(
                f"| | {precision} | {cells['bytes'] / 1e6:.2f} | {cells['bytes'] / whole:.2f} | {times[precision]:.1f} | "
                f"{cells['dice_mean']:.4f} | {cells['dice_min']:.4f} | {cells['max_abs']:.0e} | {plain} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure, write the results file, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calibration-dir", type=Path, help="folder of real images")
    parser.add_argument("--check-dir", type=Path, help="folder of other real images")
    parser.add_argument("--preset", nargs="*", default=PRESETS)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="folder of the trained models, which a later run takes from there")
    parser.add_argument("--table", action="store_true", help="only print the table of what was measured")
    arguments = parser.parse_args()
    if arguments.table:
        print(_table(json.loads(RESULTS.read_text())))
        return
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"presets": {}}
    found |= {
        "processor": processor(),
        "threads": THREADS,
        "size": SIZE,
        "versions": {name: version(name) for name in ("keras", "tensorflow", "ai-edge-litert", "numpy")},
    }
    for preset in arguments.preset:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found["presets"][preset] = _measure(preset, arguments, Path(folder))
        found["presets"][preset]["seconds"] = round(time.monotonic() - started)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(_table(found))


if __name__ == "__main__":
    main()

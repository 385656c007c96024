"""How fast `datasets.pipeline` delivers images, how much memory it takes, and how long a training waits for it.

Speed is compared with plain OpenCV in two processes that decode and resize the same files in the same run and hand batches
over to the process that trains, as any loader must. A second row shows what they do when they throw their work away.
Everything is measured in turn, several times, and the medians are put in relation. Memory is measured with the
list of samples repeated to 100,000. Each part runs in a process of its own. Prints a table and writes JSON.
"""

import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

SIZE, BATCH, PROCESSES = 256, 8, 2
OPENCV, WORK_ALONE = "OpenCV, two processes", "OpenCV, two processes, thrown away"
# Way of feeding -> least relation to OpenCV.
LEAST = {"pipeline, no cache": 1.0, "pipeline, memory cache": 5.0, "pipeline, light augmentation": 0.5}
MOST_WAITING = 0.05
# Parallel imports of this file by other processes must stay quick: what is heavy is imported in the functions.
Files = list[tuple[str, str]]


def main(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the images; phantoms are drawn without one.")] = None,
    dataset: Annotated[str, typer.Option(help="Its kind, as for datasets.load.")] = "isic2018",
    images: Annotated[int, typer.Option(help="How many images.")] = 800,
    rounds: Annotated[int, typer.Option(help="How often to measure each way, in turn.")] = 9,
    repeated: Annotated[int, typer.Option(help="Samples for the measurement of memory; 0 leaves it out.")] = 100_000,
    steps: Annotated[int, typer.Option(help="Training steps for the measurement of waiting; 0 leaves it out.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", help="JSON file to write.")] = None,
) -> None:
    """Measure speed, memory and waiting."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if data_dir is None:
            dataset, data_dir = "folder", scratch / "phantoms"
            _apart(_draw, data_dir, images)
        source = (dataset, data_dir, images)
        record: dict[str, Any] = {
            "command": _command(),
            **_apart(_speed, source, rounds, scratch / "cache"),
            "memory": [_apart(_memory, source, repeated, cache) for cache in ("none", "auto")] if repeated else [],
            "waiting": [_apart(_waiting, source, steps, cache) for cache in ("none", "memory")] if steps else [],
        }
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(record, indent=2) + "\n")
    _print(record)


def _apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call it in a fresh process, so that memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _draw(folder: Path, images: int) -> None:
    """Phantoms of 512×512 pixels as JPEG and PNG."""
    from PIL import Image

    from keras_rau.datasets import draw_phantom

    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number in range(images):
        image, mask = draw_phantom(0, number, size=512)
        Image.fromarray(image).save(folder / "images" / f"{number:05}.jpg", quality=90)
        Image.fromarray(mask * 255).save(folder / "masks" / f"{number:05}.png")


def _samples(source: tuple[str, Path, int]) -> list[Any]:
    from keras_rau import datasets

    dataset, folder, images = source
    return datasets.load(dataset, folder)[:images]


# Speed


def _opencv(files: Files) -> tuple[Any, Any]:
    """Decode and resize a batch, nothing else."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    images, masks = [], []
    for image, mask in files:
        images.append(cv2.resize(cv2.cvtColor(cv2.imread(image), cv2.COLOR_BGR2RGB), (SIZE, SIZE)))
        grey = cv2.imread(mask, cv2.IMREAD_GRAYSCALE)
        masks.append(cv2.resize(grey, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST))
    return np.stack(images), np.stack(masks)


def _opencv_thrown_away(files: Files) -> tuple[Any, Any]:
    _opencv(files)
    return files, None


@contextmanager
def _opencv_pool(files: Files) -> Iterator[Callable[..., Callable[[], int]]]:
    parts = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        yield lambda work: lambda: sum(len(images) for images, _ in pool.imap_unordered(work, parts))


def _speed(source: tuple[str, Path, int], rounds: int, cache_dir: Path) -> dict[str, Any]:
    from keras_rau.datasets import pipeline
    from keras_rau.environment import machine, versions

    samples = _samples(source)

    def feed(**options: Any) -> Callable[[], int]:
        dataset = pipeline(samples, SIZE, BATCH, shuffle_seed=0, **options)
        return lambda: sum(image.shape[0] for image, _ in dataset)

    started = time.perf_counter()
    from_disk = feed(cache="disk", cache_dir=cache_dir)
    written = time.perf_counter()
    feed(cache="disk", cache_dir=cache_dir)
    verified = time.perf_counter()
    with _opencv_pool([(str(sample.image), str(sample.mask)) for sample in samples]) as opencv:
        ways = {
            OPENCV: opencv(_opencv),
            WORK_ALONE: opencv(_opencv_thrown_away),
            "pipeline, no cache": feed(cache="none"),
            "pipeline, memory cache": feed(cache="memory"),
            "pipeline, disk cache": from_disk,
            "pipeline, light augmentation": feed(cache="none", augment="light"),
            "pipeline, light augmentation, memory cache": feed(cache="memory", augment="light"),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name, way in ways.items():
                begun = time.perf_counter()
                count = way()
                # The first round fills caches and is not counted.
                if number:
                    found[name].append(count / (time.perf_counter() - begun))
    reference, fastest = statistics.median(found[OPENCV]), max(found[OPENCV])
    return {
        "images": len(samples),
        "size": SIZE,
        "batch": BATCH,
        "speed": [
            {
                "way": name,
                "images_per_second": statistics.median(rates),
                "relation": statistics.median(rates) / reference,
                "relation_of_best_rounds": max(rates) / fastest,
                "least": LEAST.get(name),
                "rounds": rates,
            }
            for name, rates in found.items()
        ],
        "disk_cache": {"written_s": written - started, "verified_s": verified - written},
        "machine": machine(),
        "versions": versions(),
    }


# Memory


def _memory(source: tuple[str, Path, int], repeated: int, cache: str) -> dict[str, Any]:
    from keras_rau.datasets import pipeline
    from keras_rau.datasets.feeding.memory_cache import default_limit

    samples = _samples(source)
    samples = (samples * (-(-repeated // len(samples))))[:repeated]
    limit = default_limit() if cache == "auto" else 0
    # It says that not all samples fit, which is the case to be measured.
    warnings.simplefilter("ignore", UserWarning)
    dataset = pipeline(samples, SIZE, BATCH, shuffle_seed=0, cache=cache)
    course, every = [_resident()], max(1, repeated // BATCH // 20)
    begun = time.perf_counter()
    for number, _ in enumerate(dataset, start=1):
        if number % every == 0:
            course.append(_resident())
    return {
        "cache": cache,
        "samples": repeated,
        "all_resized_bytes": repeated * 4 * SIZE * SIZE,
        "cache_limit_bytes": limit,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "resident_bytes": course,
        "seconds": time.perf_counter() - begun,
    }


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


# Waiting


def _waiting(source: tuple[str, Path, int], steps: int, cache: str) -> dict[str, Any]:
    """Share of the time of a training in which it waits for the next batch."""
    from keras_rau import datasets, losses, models

    samples = _samples(source)
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(SIZE, SIZE, 3))
    model.compile("adam", loss=losses.CompoundLoss())
    dataset = datasets.pipeline(samples, SIZE, BATCH, augment="light", shuffle_seed=0, cache=cache)
    if cache == "memory":
        for _ in dataset:
            pass
    batches = iter(dataset.repeat())
    model.train_on_batch(*next(batches))
    waited = worked = 0.0
    for _ in range(steps):
        begun = time.perf_counter()
        batch = next(batches)
        fed = time.perf_counter()
        float(model.train_on_batch(*batch))
        waited, worked = waited + fed - begun, worked + time.perf_counter() - fed
    return {
        "cache": cache,
        "steps": steps,
        "step_seconds": worked / steps,
        "waiting": waited / (waited + worked),
        "most": MOST_WAITING,
    }


# Output


def _command() -> str:
    words = [word if "/" not in word else f".../{Path(word).name}" for word in sys.argv[1:]]
    return " ".join(["python -P benchmarks/pipeline_speed.py", *words])


def _print(record: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("measured", "figure", "relation", "of best rounds", "required")
    table.title = f"{record['images']} images, resized to {SIZE}×{SIZE}, batches of {BATCH}"
    for row in record["speed"]:
        least = "" if row["least"] is None else f"at least {row['least']}"
        relations = (f"{row[name]:.2f}" for name in ("relation", "relation_of_best_rounds"))
        table.add_row(row["way"], f"{row['images_per_second']:.0f} images/s", *relations, least)
    for row in record["memory"]:
        peak = f"{row['peak_bytes'] / 2**30:.2f} GiB"
        limit = f"cache at most {row['cache_limit_bytes'] / 2**30:.2f} GiB"
        table.add_row(f"peak memory, {row['samples']} samples, cache {row['cache']}", peak, "", "", limit)
    for row in record["waiting"]:
        most = f"at most {row['most']:.0%}"
        table.add_row(
            f"training waits, light augmentation, cache {row['cache']}", f"{row['waiting']:.2%}", "", "", most
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)

"""Masks for files and folders of images."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_rau.csv_text import printable
from keras_rau.datasets.files import image_files, warn_of_others
from keras_rau.errors import RauError
from keras_rau.evaluation.prediction_plan import Job, Plan, plan
from keras_rau.evaluation.prediction_record import RECORD, Record, differences, settings_of, sha256_of
from keras_rau.evaluation.regions import Outcome, regions_csv
from keras_rau.evaluation.segmenting import segment
from keras_rau.files import HOLDER, LOCK, check_free, discard, fresh_name, is_free, is_left_over, write_bytes
from keras_rau.lock import alone, in_use

REGIONS = "regions.csv"


def predict_files(
    model: Path | str | Sequence[Path | str],
    images: Sequence[Path | str],
    output: Path | str,
    *,
    overlay: bool = False,
    console: Any = None,
    resume: bool = False,
    runner: str | None = None,
    runner_options: Sequence[str] = (),
    **options: Any,
) -> list[Outcome]:
    """Write `NAME_mask.png`, and `NAME_overlay.png` if asked, for every image, and `regions.csv`.

    A mask has the size of its image: 0 and 255 for one lesion class, the class numbers 0..K-1 for exclusive classes; of
    overlapping classes each has its own file `NAME_CLASS_mask.png` of 0 and 255. `regions.csv` holds area and bounding box
    of every lesion, and why an image could not be segmented; it is written also when the work is stopped. A bad image is an
    error in its row and never stops the others.

    The folder records the model, the settings and what is done (in `.keras-rau/`). One process works in it at a time.

    Args:
        model: model file, or several whose probabilities are averaged.
        images: image files and folders of them.
        output: new or empty folder.
        overlay: also write the images with the outline drawn in.
        console: `rich.console.Console` for a progress bar and what the work was.
        resume: go on in a folder of masks of the same model and settings: what is finished there is not done again.
        runner: a Beam runner, such as `"DirectRunner"`; one process after the other when `None`.
        runner_options: its options, `NAME=VALUE`.
        **options: of `Predictor`.

    Returns:
        What became of each image.

    Raises:
        RauError: there are no images, the output is taken, in use, or of another model or other settings, nothing can be
            written, or the model cannot be used.

    Example:
        >>> predict_files(pretrained.tflite_file("rau_net_lite"), [Path("photo.jpg")], Path("masks"))[0].region.area
        20841
    """
    from keras_rau.export import Predictor

    files, output = _files(images), Path(output)
    if not (resume or in_use(output)):
        _check_free(output)
    # Whatever is wrong with it is told before anything else starts.
    predictor = Predictor(model, **options)
    with alone(output, "predicting"):
        record = _begin(output, settings_of(predictor), resume)
        work = plan(files, output, predictor.outputs, overlay, record)
        started = time.monotonic()
        try:
            if runner is None:
                for outcome in _one_by_one(predictor, work.jobs, output, console):
                    work.outcomes[outcome.image] = outcome
            elif work.jobs:
                from keras_rau.evaluation.bulk import segment_on_beam

                found = segment_on_beam(model, work.jobs, output, runner, runner_options, **options)
                work.outcomes |= {job.image: outcome for job, outcome in zip(work.jobs, found, strict=True)}
        finally:
            done = _done(work, files, record, runner is not None)
            _write_table(output, record, regions_csv([*work.earlier, *done], predictor.outputs.foreground))
    if console is not None and (runner or resume):
        _tell(console, work.kept, len(work.jobs), time.monotonic() - started)
    return done


def unfinished_output(name: str = "masks") -> Path:
    """Return the one folder of masks of that name, for `resume`.

    Raises:
        RauError: there are several.
    """
    numbered = re.compile(rf"{re.escape(name)}(-\d+)?")
    found = [path for path in sorted(Path().iterdir()) if numbered.fullmatch(path.name) and (path / RECORD).is_dir()]
    if len(found) > 1:
        raise RauError(f"There are several folders to go on in: name one with --output: {', '.join(map(str, found))}.")
    return found[0] if found else Path(name)


def _check_free(output: Path) -> None:
    if Record(output).settings() is not None:
        raise RauError(
            f"The output {output} holds masks already. Go on there with --resume, or name a new folder with --output, such as "
            f"{fresh_name(output)}."
        )
    if not _only_begun(output):
        check_free(output)


def _only_begun(output: Path) -> bool:
    """Return whether a kill left nothing but an empty record."""
    return (
        (output / RECORD).is_dir()
        and all(path.name == RECORD or is_left_over(path) for path in output.iterdir())
        and all(is_left_over(path) for path in (output / RECORD).iterdir())
    )


def _begin(output: Path, settings: dict[str, Any], resume: bool) -> Record:
    """Start or take up the record of a folder that only this process writes to."""
    record = Record(output)
    then = record.settings()
    if then is None:
        if not (is_free(output) or _only_begun(output)):
            raise RauError(
                f"The output {output} is not empty, and holds no record of keras-rau predict about model and settings. Name "
                f"a new folder with --output, such as {fresh_name(output)}."
            )
        record.begin(settings)
    elif not resume:
        _check_free(output)
    elif changed := differences(then, settings):
        raise RauError(
            f"The masks in {output} were made by another model or with other settings ({'; '.join(changed)}). Go on with "
            "those, or name a new folder with --output."
        )
    table = output / REGIONS
    if os.path.lexists(table):
        _check_own(table, record)
    for folder in (output, record.folder):
        for path in folder.iterdir():
            if is_left_over(path) and path.name not in (HOLDER, LOCK):
                discard(path)
    return record


def _check_own(table: Path, record: Record) -> None:
    if table.is_symlink() or not table.is_file() or sha256_of(table) not in record.tables():
        raise RauError(f"{table} is not what this prediction wrote there: move it away, then go on with --resume.")


def _done(work: Plan, files: Sequence[Path], record: Record, elsewhere: bool) -> list[Outcome]:
    """Outcomes in the order of the files; those of other processes that were stopped are in the record alone."""
    missing = [job for job in work.jobs if job.image not in work.outcomes]
    if missing and elsewhere:
        entries = {tuple(sorted(set(entry.outcome.masks.values()))): entry for entry in record.entries()}
        for job in missing:
            entry = entries.get(tuple(sorted(set(job.masks.values()))))
            whole = entry is not None and all((record.folder.parent / name).exists() for name in entry.files)
            if whole and entry.is_of(job.image):
                work.outcomes[job.image] = replace(entry.outcome, image=job.image)
    return [work.outcomes[file] for file in files if file in work.outcomes]


def _write_table(output: Path, record: Record, text: str) -> None:
    table, content = output / REGIONS, text.encode()
    try:
        new = not os.path.lexists(table)
        if not new:
            _check_own(table, record)
        record.add_table(content)
        write_bytes(table, content, replace=not new)
    except OSError as error:
        raise RauError(
            f"Cannot write {table}: {error.strerror or error}. What is finished stays: put that right, and go on with "
            "--resume."
        ) from error


def _tell(console: Any, kept: int, done: int, seconds: float) -> None:
    rate = f", {done / seconds:.1f} images a second" if done else ""
    before = f"{kept} were finished before, " if kept else ""
    console.print(f"{before}{done} images in {seconds:.1f} s{rate}", highlight=False)


def _one_by_one(predictor: Any, jobs: Sequence[Job], output: Path, console: Any) -> Iterator[Outcome]:
    from rich.progress import track

    for job in track(jobs, "segmenting", console=console, transient=True, disable=console is None):
        yield segment(predictor, job, output)


def _files(images: Sequence[Path | str]) -> list[Path]:
    """Image files, each once; a name that leads nowhere, such as a link to itself, is one whose reading will fail."""
    files: dict[str, Path] = {}
    for path in map(Path, images):
        if not os.path.lexists(path):
            raise RauError(f"{printable(str(path))} does not exist.")
        for file in _images_of(path) if _is_folder(path) else [path]:
            files.setdefault(os.path.abspath(file), file)
    return list(files.values())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _images_of(folder: Path) -> list[Path]:
    try:
        found = image_files(folder)
        if not found:
            raise RauError(f"There are no images in {printable(str(folder))}.")
        warn_of_others(folder)
    except OSError as error:
        raise RauError(f"Cannot read the folder {printable(str(folder))}: {error.strerror or error}.") from error
    return found

"""One image of a prediction: from the file to its mask files, or to the reason why not."""

import errno
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_rau.csv_text import printable
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.datasets.reading.depth import warn_of_guess
from keras_rau.errors import RauError
from keras_rau.evaluation.overlays import class_colour
from keras_rau.evaluation.overlays import overlay as draw_overlay
from keras_rau.evaluation.prediction_plan import Job
from keras_rau.evaluation.prediction_record import Record, identity_of
from keras_rau.evaluation.regions import Outcome, region_of
from keras_rau.files import write_bytes
from keras_rau.outputs import Outputs

# What is wrong with one file alone; anything else, such as a full disk, is wrong with all.
_OF_THE_FILE = (errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EISDIR)


def segment(predictor: Any, job: Job, folder: Path) -> Outcome:
    """Write the mask files of one image.

    Args:
        predictor: a `keras_rau.export.Predictor`.
        job: the image and the names of its files.
        folder: of the masks, with its record.

    Returns:
        What became of it: whatever goes wrong with this image, or with what the model gives for it, is an error in it.

    Raises:
        RauError: nothing can be written into the folder, such as for want of room.
    """
    try:
        identity = identity_of(job.image)
        image = read_image(job.image, bit_depth=predictor.bit_depth, note=warn_of_guess)
        mask = predictor.predict(image)
        outcome, files = _encoded(job, image, mask, predictor.outputs)
    # Decoders and models raise whatever a damaged file makes them stumble over; MemoryError is one of them.
    except Exception as error:
        return Outcome(job.image, error=_words(error))
    try:
        Record(folder).add(identity, files, outcome)
        for name, content in files.items():
            write_bytes(folder / name, content, replace=name in job.replaces)
    except OSError as error:
        if error.errno in _OF_THE_FILE:
            return Outcome(job.image, error=f"cannot be written to {folder}: {error.strerror}")
        raise RauError(
            f"Cannot write to {folder}: {error.strerror or error}. What is finished stays: put that right, and go on with "
            "--resume."
        ) from error
    return outcome


def _encoded(job: Job, image: np.ndarray, mask: np.ndarray, outputs: Outputs) -> tuple[Outcome, dict[str, bytes]]:
    """Measure the mask and encode the files; the masks come last, since a finished image has all others."""
    by_class = outputs.class_masks(mask)
    files: dict[str, bytes] = {}
    if job.overlay is not None:
        files[job.overlay] = _png(_drawn(image, list(by_class.values())))
    if outputs.kind == "exclusive":
        files[job.masks[outputs.foreground[0]]] = _png(mask)
    else:
        files |= {job.masks[name]: _png(one * 255) for name, one in by_class.items()}
    regions = {name: region_of(one) for name, one in by_class.items()}
    return Outcome(job.image, job.masks, regions), files


def _drawn(image: np.ndarray, masks: list[np.ndarray]) -> np.ndarray:
    for number, mask in enumerate(masks):
        image = draw_overlay(image, prediction=mask, colour=class_colour(number))
    return image


def _png(values: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values)).save(content, format="PNG")
    return content.getvalue()


def _words(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it needs more memory than there is: scale it down"
    if isinstance(error, OSError):
        return printable(f"cannot be read: {error.strerror or error}")
    return printable(str(error) if isinstance(error, RauError) else f"{type(error).__name__}: {error}")

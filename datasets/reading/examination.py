"""What is odd or wrong about the files of one sample, and between samples."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from keras_rau.datasets.files import SUFFIX_FORMATS
from keras_rau.datasets.findings import Finding
from keras_rau.datasets.reading.content import FileProblem
from keras_rau.datasets.reading.decoding import place_mask, upright_image
from keras_rau.datasets.reading.depth import FULL, GUESS_REMEDY, guess_message
from keras_rau.datasets.reading.inversion import looks_inverted
from keras_rau.datasets.reading.opening import Opened, open_file
from keras_rau.datasets.reading.pictures import MOST
from keras_rau.datasets.reading.two_values import LABELS_REMEDY, lesion_value, two_values
from keras_rau.datasets.samples import Sample

T = TypeVar("T")
# A smaller picture is an icon or a thumbnail, not a photograph of a lesion.
_LEAST_SIDE = 16
# Lesions below this value may be numbers of classes.
_NUMBERS = 64


@dataclass
class Examination:
    """A decoded sample and what is to be said about it.

    Attributes:
        sample: the sample.
        image: uint8 RGB `(H, W, 3)`, upright; `None` when it cannot be read.
        mask: uint8 `(H, W)` of 0 and 1 on the grid of the image; `None` when the sample has none or it does not fit. Of
            several classes 1 is any but the background.
        findings: what is odd or wrong.
        picture: digest of the image; empty for pictures of one colour.
        outline: digest of the mask; empty for masks of one value.
        guessed_depth: how many of 16 bits the image is taken to use; `None` where nothing had to be guessed.
        lesion_value: the grey value that is lesion in the mask file; `None` for colours and masks of one value.
        shares: share of the image that each of several classes covers; empty for one lesion class.
    """

    sample: Sample
    image: np.ndarray | None = None
    mask: np.ndarray | None = None
    findings: list[Finding] = field(default_factory=list)
    picture: str = ""
    outline: str = ""
    guessed_depth: int | None = None
    lesion_value: int | None = None
    shares: dict[str, float] = field(default_factory=dict)

    def without_pixels(self) -> "Examination":
        """The same without image and mask, to keep for many samples."""
        return replace(self, image=None, mask=None)

    def add(self, kind: str, message: str, path: Path, remedy: str = "") -> None:
        """Append a finding."""
        self.findings.append(Finding(kind, message, path, self.sample.id, remedy))

    def guess(self, bits: int) -> None:
        """Note that the image is taken to use so many of 16 bits."""
        self.guessed_depth = bits
        if bits < FULL:
            self.add("bit_depth_guessed", guess_message(self.sample.image, bits), self.sample.image, GUESS_REMEDY)

    def attempt(self, path: Path, step: Callable[[], T]) -> T | None:
        """Result of a step of reading `path`, or `None` and a finding when it fails."""
        try:
            return step()
        except FileProblem as problem:
            self.add(problem.kind, problem.message, path, problem.remedy)
            return None


def examine(sample: Sample) -> Examination:
    """Decode a sample, each file once, and look for what is odd or wrong about it.

    Args:
        sample: the sample; its mask may be `None`.

    Returns:
        The pixels and the findings. Nothing is raised for a file that is missing or damaged.

    Example:
        >>> [finding.kind for finding in examine(samples[0]).findings]
        ['mask_empty']
    """
    result = Examination(sample)
    image = _open(result, sample.image)
    if image is not None:
        result.image = result.attempt(
            sample.image, lambda: upright_image(image, sample.bit_depth, lambda _, bits: result.guess(bits))
        )
    if result.image is not None:
        _look_at_image(result, result.image)
    if sample.classes is not None and image is not None and result.image is not None:
        _look_at_class_masks(result, image)
    elif sample.classes is None and sample.mask is not None:
        _look_at_mask_file(result, sample.mask, image)
    return result


def _open(result: Examination, path: Path) -> Opened | None:
    opened = result.attempt(path, lambda: open_file(path))
    if opened is None:
        return None
    wanted = SUFFIX_FORMATS.get(path.suffix.lower())
    found = "JPEG" if opened.format == "MPO" else opened.format
    if wanted is not None and wanted != found:
        result.add("suffix_differs", f"{path} is not a {wanted} file but {found}. Rename it, or save it again.", path)
    if opened.frames > 1:
        more = " or more" if opened.frames == MOST else ""
        result.add(
            "several_pictures",
            f"{path} holds {opened.frames}{more} pictures, of which the first is used. Save the one you mean on its own.",
            path,
        )
    return opened


def _look_at_image(result: Examination, image: np.ndarray) -> None:
    path, (height, width) = result.sample.image, image.shape[:2]
    if min(height, width) < _LEAST_SIDE:
        result.add(
            "image_too_small",
            f"{path} is only {width}×{height} pixels; at least {_LEAST_SIDE} a side are needed. Fetch the full picture.",
            path,
        )
    flat = image[0, 0]
    if (image[height // 2, width // 2] == flat).all() and (image == flat).all():
        colour = ", ".join(str(value) for value in flat)
        result.add("image_constant", f"{path} is of the one colour ({colour}). Fetch it again or remove it.", path)
    else:
        result.picture = _digest(image)


def _look_at_mask_file(result: Examination, path: Path, image: Opened | None) -> None:
    opened = _open(result, path)
    if opened is None:
        return
    values = result.attempt(path, lambda: two_values(opened))
    if values is not None:
        result.lesion_value = lesion_value(opened)
    if values is None or image is None or result.image is None:
        return
    placed = result.attempt(path, lambda: place_mask(image, opened, values))
    if placed is None:
        return
    result.mask, ambiguous = placed
    if ambiguous:
        _add_ambiguous(result, path, image)
    _look_at_mask(result, path, result.image, result.mask)


def _add_ambiguous(result: Examination, path: Path, image: Opened) -> None:
    result.add(
        "orientation_ambiguous",
        f"{path} fits its image {image.path} (EXIF orientation {image.orientation}) in more than one turn; it is taken as "
        "it is shown by viewers. If that is wrong, turn it and save it again.",
        path,
    )


def _look_at_class_masks(result: Examination, image: Opened) -> None:
    from keras_rau.datasets.classes.reading import read_truth

    sample, first = result.sample, result.sample.mask

    def opened(path: Path) -> Opened:
        found = _open(result, path)
        if found is None:
            raise _Told
        return found

    try:
        read = result.attempt(first, lambda: read_truth(sample, image, opened))
    except _Told:
        return
    if read is None:
        return
    truth, doubts = read
    for path, ambiguous in doubts:
        if ambiguous:
            _add_ambiguous(result, path, image)
    result.shares = sample.classes.shares(truth)
    result.mask = sample.classes.foreground(truth)
    _look_at_mask(result, first, result.image, result.mask)
    result.outline = result.outline and _digest(truth)


class _Told(Exception):
    """Raised when what is wrong with a file has become a finding already."""


def _look_at_mask(result: Examination, path: Path, image: np.ndarray, mask: np.ndarray) -> None:
    share = float(mask.mean())
    if share == 0:
        result.add("mask_empty", f"{path} marks no lesion. Draw it, or remove the pair unless that is meant.", path)
    elif share == 1:
        result.add("mask_full", f"{path} marks the whole image as lesion. Draw it again unless that is meant.", path)
    else:
        result.outline = _digest(mask)
        if looks_inverted(image, mask):
            result.add(
                "mask_inverted",
                f"{path} seems inverted: it marks {share:.0%} of the image, the border and not the centre. Exchange 0 and "
                "255 if lesion is black in it.",
                path,
            )


def _digest(values: np.ndarray) -> str:
    digest = hashlib.blake2b(repr(values.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(values))
    return digest.hexdigest()


def between(examinations: Sequence[Examination]) -> list[Finding]:
    """What is odd or wrong between samples: pictures and masks that occur more than once.

    Example:
        >>> between([examine(sample) for sample in samples])
        []
    """
    findings = []
    for _, group in _groups(examinations, lambda one: one.picture):
        first, *others = (one.sample for one in group)
        findings.append(
            Finding(
                "same_picture",
                f"{first.image} and {_names(other.image for other in others)} are the same picture, pixel by pixel. Keep one "
                "of them.",
                first.image,
                first.id,
            )
        )
    for _, group in _groups(examinations, lambda one: one.outline):
        # Where the pictures are the same, the masks should be.
        if len({one.picture for one in group}) > 1:
            first, *others = (one.sample for one in group)
            findings.append(
                Finding(
                    "same_mask",
                    f"{first.mask} and {_names(other.mask for other in others)} are the same mask of different images. One "
                    "of them may be a copy by mistake.",
                    first.mask,
                    first.id,
                )
            )
    return findings + _depths(examinations) + _numbers(examinations)


def _depths(examinations: Sequence[Examination]) -> list[Finding]:
    """Images of one set that would be scaled differently."""
    found = {one.guessed_depth: one.sample.image for one in examinations if one.guessed_depth is not None}
    if len(found) < 2:
        return []
    listed = ", ".join(f"{path} as of {bits} bits" for bits, path in sorted(found.items()))
    text = f"16-bit images would be read with different depths: {listed}. One of them would be too bright."
    return [Finding("bit_depths_differ", text, remedy=GUESS_REMEDY)]


def _numbers(examinations: Sequence[Examination]) -> list[Finding]:
    """Masks whose lesions have different small numbers, each of which is read as lesion."""
    found = {one.lesion_value: one.sample for one in examinations if one.lesion_value in range(1, _NUMBERS)}
    if len(found) < 2:
        return []
    listed = ", ".join(f"{value} in {sample.mask}" for value, sample in sorted(found.items()))
    text = f"Lesions have different numbers in different masks, as classes have: {listed}. All are read as one lesion class."
    first = found[min(found)]
    return [Finding("mask_numbers_differ", text, first.mask, first.id, LABELS_REMEDY)]


def _groups(
    examinations: Sequence[Examination], key: Callable[[Examination], str]
) -> list[tuple[str, list[Examination]]]:
    """Examinations with the same non-empty key, where there is more than one."""
    found: dict[str, list[Examination]] = {}
    for one in examinations:
        found.setdefault(key(one), []).append(one)
    return [(name, group) for name, group in found.items() if name and len(group) > 1]


def _names(paths: Iterable[Path | None]) -> str:
    """The first three paths, and how many more there are."""
    names = [str(path) for path in paths]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

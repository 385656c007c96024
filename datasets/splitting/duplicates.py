"""Images that show nearly the same picture: re-encoded, resized, recoloured, cropped a little, mirrored or turned."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from keras_rau.csv_text import csv_text
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.datasets.samples import Sample
from keras_rau.files import write_text

_SIDE = 96
_COARSE = 16
_BLOCK = 1024
# Dermoscopy is blobs on skin, so that hashes of different lesions are often near each other. They only choose what is
# aligned and compared in detail.
_HASH_BITS = 64
_MAX_HASH_DISTANCE = 12
_MIN_COARSE_CORRELATION = 0.87
# Details are what a blur of this width (pixels of a thumbnail) takes away.
_DETAIL = 3.0
# A corner darker than this share of the median is a vignette, whose round edge is the same in all images of a camera.
_DARK = 0.6
_TURNS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda image: image,
    lambda image: image[:, ::-1],
    lambda image: image[::-1],
    lambda image: image[::-1, ::-1],
    lambda image: np.rot90(image),
    lambda image: np.rot90(image, 3),
    lambda image: image.transpose(1, 0, 2),
    lambda image: image[::-1, ::-1].transpose(1, 0, 2),
)
# Of a copy that was cropped, the hash is near that of a crop of the original.
_CROP = 0.05


class Pair(NamedTuple):
    """Two samples that show nearly the same picture; `distance` is 0 for the very same and at most 1."""

    id_a: str
    id_b: str
    distance: float


def near_duplicates(
    samples: Sequence[Sample], max_distance: float = 0.3, progress: Callable[[], None] | None = None
) -> list[Pair]:
    """Find pairs of images that show nearly the same picture.

    Perceptual hashes (Zauner, 2010: phash) of the eight flips and quarter turns choose candidates. One of each is aligned to
    the other (Evangelidis and Psarakis, 2008: ECC), so that small crops do not matter, and their fine detail is compared:
    lesions are alike from afar, and their texture, hairs and outline tell them apart.

    Args:
        samples: the samples; masks are not looked at.
        max_distance: largest 1 - correlation of the details, 0 to 1.
        progress: called once per sample.

    Returns:
        Pairs, the nearest first; `id_a` comes before `id_b` in the order of ids.

    Raises:
        DataError: an image cannot be read.

    Example:
        >>> pairs = near_duplicates(samples)
        >>> samples = with_groups(samples, pairs)
    """
    ordered = sorted(samples, key=lambda sample: sample.id)
    found = similar(ordered, max_distance, progress=progress)
    return [Pair(ordered[a].id, ordered[b].id, distance) for a, b, distance in found]


def similar(
    samples: Sequence[Sample],
    max_distance: float = 0.3,
    sets: Sequence[int] | None = None,
    progress: Callable[[], None] | None = None,
) -> list[tuple[int, int, float]]:
    """Positions in `samples` of near duplicates, and their distance; with `sets`, a number per sample, only across sets."""

    def look(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
        image = cv2.resize(
            read_image(sample.image, bit_depth=sample.bit_depth), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA
        )
        if progress is not None:
            progress()
        return image, np.stack([_bits(_view(image, number)) for number in range(2 * len(_TURNS))])

    if len(samples) < 2:
        return []
    with ThreadPoolExecutor() as pool:
        thumbnails, bits = (np.stack(part) for part in zip(*pool.map(look, samples), strict=True))

        def compare(candidate: tuple[int, int, int]) -> tuple[int, int, float]:
            first, second, view = candidate
            return min(first, second), max(first, second), _distance(thumbnails[first], _view(thumbnails[second], view))

        best: dict[tuple[int, int], float] = {}
        for first, second, distance in pool.map(compare, _candidates(bits, thumbnails, sets)):
            if distance <= max_distance:
                best[first, second] = min(distance, best.get((first, second), distance))
    return sorted(((a, b, distance) for (a, b), distance in best.items()), key=lambda found: (found[2], found[:2]))


def _bits(image: np.ndarray) -> np.ndarray:
    import imagehash
    from PIL import Image

    return imagehash.phash(Image.fromarray(np.ascontiguousarray(image))).hash.ravel()


def _view(image: np.ndarray, number: int) -> np.ndarray:
    """One of the turns of a thumbnail; from the ninth on, of its middle."""
    if number >= len(_TURNS):
        edge = round(_CROP * len(image))
        image = cv2.resize(image[edge:-edge, edge:-edge], image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(_TURNS[number % len(_TURNS)](image))


def _coarse(image: np.ndarray) -> np.ndarray:
    """Few pixels, of mean 0 in each channel and of length 1, so that products are correlations."""
    values = cv2.resize(image, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
    centred = values - values.mean((0, 1))
    return (centred / max(float(np.linalg.norm(centred)), 1e-6)).ravel()


def _candidates(bits: np.ndarray, thumbnails: np.ndarray, sets: Sequence[int] | None) -> Iterator[tuple[int, int, int]]:
    """Pairs of positions, and the view of the second, whose hashes and coarse colours are alike."""
    signs = np.where(bits, 1, -1).astype(np.float32)
    numbers = None if sets is None else np.asarray(sets)
    whole = np.stack([_coarse(image) for image in thumbnails])
    for view in range(bits.shape[1]):
        seen = np.stack([_coarse(_view(image, view)) for image in thumbnails])
        for start in range(0, len(signs), _BLOCK):
            # The product of signs counts equal bits less unequal ones, and BLAS is the fastest popcount.
            distances = (_HASH_BITS - signs[start : start + _BLOCK, 0] @ signs[:, view].T) / 2
            first, second = np.nonzero(distances <= _MAX_HASH_DISTANCE)
            first += start
            # Either of two may be a crop of the other, but turns are the same there and back.
            wanted = first != second if view >= len(_TURNS) else first < second
            if numbers is not None:
                wanted &= numbers[first] != numbers[second]
            first, second = first[wanted], second[wanted]
            alike = np.einsum("ij,ij->i", whole[first], seen[second]) >= _MIN_COARSE_CORRELATION
            # Images of one colour correlate with nothing.
            alike |= distances[first - start, second] == 0
            yield from ((a, b, view) for a, b in zip(first[alike].tolist(), second[alike].tolist(), strict=True))


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """1 - correlation of the details of two thumbnails after aligning the other to the one."""
    if np.array_equal(one, other):
        return 0.0
    grey, moving = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (one, other))
    lit = [_lit(image) for image in (one, other)]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    try:
        _, warp = cv2.findTransformECC(grey, moving, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, lit[1], 5)
    except cv2.error:
        # It does not converge on images that have nothing in common.
        return 1.0
    size, flags = (_SIDE, _SIDE), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    one, other = one.astype(np.float32), other.astype(np.float32)
    moved = cv2.warpAffine(other, warp, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    common = np.minimum(lit[0], cv2.warpAffine(lit[1], warp, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP))
    compared = cv2.erode(common, np.ones((7, 7), np.uint8), borderValue=1) > 0
    if compared.mean() < 0.25:
        return 1.0
    details = [(image - cv2.GaussianBlur(image, (0, 0), _DETAIL))[compared] for image in (one, moved)]
    x, y = (detail - detail.mean(0) for detail in details)
    return float(1 - (x * y).sum() / max(float(np.sqrt((x * x).sum() * (y * y).sum())), 1e-6))


def _lit(image: np.ndarray) -> np.ndarray:
    """1 where a thumbnail is no vignette."""
    grey = image.max(-1)
    _, parts = cv2.connectedComponents((grey < _DARK * np.median(grey)).astype(np.uint8))
    corners = parts[[0, 0, -1, -1], [0, -1, 0, -1]]
    return (~np.isin(parts, corners[corners > 0])).astype(np.uint8)


def write_pairs(pairs: Iterable[Pair], path: Path | str) -> None:
    """Write pairs as a CSV file that `with_groups` reads."""
    rows = [{**pair._asdict(), "distance": f"{pair.distance:.4f}"} for pair in pairs]
    write_text(Path(path), csv_text(Pair._fields, rows))

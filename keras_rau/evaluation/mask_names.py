"""Which files of a folder are the masks of which images."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_rau.csv_text import printable
from keras_rau.datasets.files import composed, image_files, listed
from keras_rau.datasets.reading.decoding import image_size
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.evaluation.naming import mask_names
from keras_rau.outputs import Outputs

# What follows the name of an image in the name of its mask; the first is that of `keras-rau predict`.
_ENDINGS = ("_mask", "", "_segmentation", "_lesion", "_prediction", "_pred", "_seg")
_OVERLAY = "_overlay"
# An image, and which of its files is meant: one of several only where classes overlap.
_Part = tuple[str, int]


def mask_files(folder: Path, samples: Sequence[Sample], outputs: Outputs) -> dict[str, list[Path]]:
    """Return the mask files of every sample by id: one, or one for each of overlapping classes in their order.

    Args:
        folder: of the files; folders in it count, too.
        samples: the samples.
        outputs: the classes.

    Raises:
        DataError: masks are missing, left over, ambiguous or of another size; see `evaluate_masks` for the names.
    """
    owners: dict[str, list[_Part]] = {}
    for sample in samples:
        for part, names in enumerate(_names(sample, outputs)):
            for name in names:
                owners.setdefault(name, []).append((sample.id, part))
    parts = len(outputs.names) if outputs.kind == "overlapping" else 1
    found: dict[_Part, list[Path]] = {(sample.id, part): [] for sample in samples for part in range(parts)}
    pictures = {f"{root}{_OVERLAY}" for sample in samples for root in _roots(sample)}
    problems = []
    for path in _pictures(folder):
        name = composed(path.relative_to(folder).with_suffix("").as_posix())
        claims = owners.get(name) or owners.get(name.rpartition("/")[2], [])
        if len(claims) == 1:
            found[claims[0]].append(path)
        elif claims or name.rpartition("/")[2] not in pictures:  # predict draws these
            whose = f"several images: {', '.join(dict.fromkeys(one for one, _ in claims))}" if claims else "no image"
            problems.append(f"{printable(str(path))} is the mask of {whose}")
    for sample in samples:
        for part in range(parts):
            paths = found[sample.id, part]
            of_class = f" of {outputs.names[part]}" if parts > 1 else ""
            if not paths:
                wanted = list(mask_names(sample.image, outputs).values())[part]
                problems.append(f"the image {sample.id} has no mask{of_class}, such as {wanted}")
            elif len(paths) > 1:
                problems.append(f"the image {sample.id} has several masks{of_class}: {', '.join(map(str, paths))}")
            problems += [problem for path in paths if (problem := _size_problem(path, sample.image))]
    if problems:
        head = f"{len(problems)} problem(s) with the masks in {folder} for {len(samples)} images"
        raise DataError(f"{listed(head, problems)}\nEvery image needs its mask, and every file an image.")
    return {sample.id: [found[sample.id, part][0] for part in range(parts)] for sample in samples}


def _pictures(folder: Path) -> Iterator[Path]:
    """Image files in a folder and those below it; hidden ones are none."""
    try:
        yield from image_files(folder)
        for each in sorted(folder.iterdir()):
            if each.is_dir() and not each.is_symlink() and not each.name.startswith("."):
                yield from _pictures(each)
    except OSError as error:
        raise DataError(f"Cannot read the folder {folder}: {error.strerror or error}.") from error


def _roots(sample: Sample) -> set[str]:
    masks = [path.stem for path in sample.mask_files] if not sample.class_files else []
    return {composed(name) for name in (sample.id, sample.image.stem, *masks)}


def _names(sample: Sample, outputs: Outputs) -> list[set[str]]:
    """Names without suffix that the files of a sample may have."""
    if outputs.kind != "overlapping":
        return [{f"{root}{ending}" for root in _roots(sample) for ending in _ENDINGS}]
    # The words for the classes as predict writes them, and as they are.
    words = [name.removesuffix("_mask.png") for name in mask_names(Path("_.png"), outputs).values()]
    both = [{word.removeprefix("_"), f"_{name}"} for word, name in zip(words, outputs.names, strict=True)]
    return [
        {composed(f"{root}{word}{ending}") for root in _roots(sample) for word in two for ending in _ENDINGS}
        for two in both
    ]


def _size_problem(path: Path, image: Path) -> str:
    try:
        (height, width), (rows, columns) = image_size(image), image_size(path)
    except DataError as error:
        return str(error)
    same = (height, width) == (rows, columns)
    return "" if same else f"{path} is {columns}×{rows} pixels, its image {image} {width}×{height}"

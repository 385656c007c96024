"""Which images of a prediction are finished, which are to be done, and which cannot be."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_rau.evaluation.naming import mask_names, overlay_name, unfit
from keras_rau.evaluation.prediction_record import RECORD, Entry, Record, sha256_of
from keras_rau.evaluation.regions import Outcome
from keras_rau.outputs import Outputs


@dataclass(frozen=True)
class Job:
    """An image to segment.

    Attributes:
        image: the file.
        masks: name of the mask file by class.
        overlay: name of the picture with the outline; `None` when none is wanted.
        replaces: names of older files of this image that may be written over.
    """

    image: Path
    masks: dict[str, str]
    overlay: str | None
    replaces: tuple[str, ...] = ()


@dataclass
class Plan:
    """What is to be done in a folder of masks.

    Attributes:
        outcomes: of the images that are finished or cannot be done, by file.
        jobs: the others.
        earlier: finished images of this folder that were not named this time.
        kept: how many of the named images are finished.
    """

    outcomes: dict[Path, Outcome] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    earlier: list[Outcome] = field(default_factory=list)
    kept: int = 0


def plan(images: Sequence[Path], folder: Path, outputs: Outputs, overlay: bool, record: Record) -> Plan:
    """Compare images with what is in a folder of masks.

    Args:
        images: the files, each once.
        folder: the folder of masks.
        outputs: the classes of the model.
        overlay: whether pictures with the outline are wanted.
        record: of the folder.

    Returns:
        The plan. An image that cannot have its own file, because of its name or because somebody else's file has that
        place, has an error for its outcome.
    """
    same = _same_name(folder)
    entries = {_key(entry.outcome.masks, same): entry for entry in record.entries()}
    taken: dict[str, Path] = {}
    found = Plan()
    candidates = []
    for image in images:
        masks = mask_names(image, outputs)
        names = [*masks.values(), *([overlay_name(image)] if overlay else [])]
        if problem := unfit(image, names, folder):
            found.outcomes[image] = Outcome(image, error=problem)
        else:
            candidates.append((image, masks, names, entries.get(_key(masks, same))))
    # An image that has its files keeps them, whoever comes first by name.
    candidates.sort(key=lambda candidate: candidate[3] is None or not candidate[3].is_of(candidate[0]))
    for image, masks, names, entry in candidates:
        other = next((taken[same(name)] for name in names if same(name) in taken), None)
        if other is not None:
            text = (
                f"{masks[next(iter(masks))]} is the mask of {other}: give them different names or folders of their own"
            )
            found.outcomes[image] = Outcome(image, error=text)
            continue
        taken |= {same(name): image for name in names}
        _place(found, image, masks, names, entry, folder, overlay)
    named = {_key(mask_names(image, outputs), same) for image in taken.values()}
    found.earlier = [entry.outcome for key, entry in entries.items() if key not in named and _whole(entry, folder)]
    order = {image: number for number, image in enumerate(images)}
    found.jobs.sort(key=lambda job: order[job.image])
    return found


def _place(
    found: Plan,
    image: Path,
    masks: dict[str, str],
    names: list[str],
    entry: Entry | None,
    folder: Path,
    overlay: bool,
) -> None:
    known = entry.files if entry is not None else {}
    there = [name for name in dict.fromkeys(names) if os.path.lexists(folder / name)]
    strange = [name for name in there if known.get(name) is None or not _has(folder / name, known[name])]
    if strange:
        text = f"{folder / strange[0]} is not what this prediction wrote there: move it away, then go on with --resume"
        found.outcomes[image] = Outcome(image, error=text)
        return
    unchanged = entry is not None and entry.is_of(image)
    if entry is not None and there and not unchanged and os.path.realpath(image) != entry.image:
        text = f"{folder / there[0]} is the mask of {entry.image}: give them different names or folders of their own"
        found.outcomes[image] = Outcome(image, error=text)
    elif entry is not None and unchanged and set(there) == set(names):
        found.outcomes[image] = replace(entry.outcome, image=image)
        found.kept += 1
    else:
        found.jobs.append(Job(image, masks, overlay_name(image) if overlay else None, tuple(there)))


def _whole(entry: Entry, folder: Path) -> bool:
    return all(os.path.lexists(folder / name) for name in entry.outcome.masks.values())


def _has(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and sha256_of(path) == sha256
    except OSError:
        return False


def _key(masks: dict[str, str], same: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(sorted({same(name) for name in masks.values()}))


def _same_name(folder: Path) -> Callable[[str], str]:
    """Return a function that maps names to the same text where the file system takes them for one file."""
    if not (folder / RECORD.upper()).exists():
        return str
    return lambda name: unicodedata.normalize("NFC", name).casefold()

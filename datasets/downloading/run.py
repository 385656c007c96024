"""The whole way from a name to a folder that `load` reads."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from keras_rau.datasets.downloading.archives import BASE_URL
from keras_rau.datasets.downloading.checksums import RECORD as SUMS
from keras_rau.datasets.downloading.checksums import difference, digests, read_sums, record_sum
from keras_rau.datasets.downloading.state import Plan, Step, count_files, plan, record
from keras_rau.datasets.downloading.transfer import fetch
from keras_rau.datasets.downloading.unpacking import DamagedArchive, check_table, unpack
from keras_rau.errors import DataError
from keras_rau.files import check_room, readable

Progress = Callable[[str, int, int | None], None]


def download(
    name: str,
    root: Path | str,
    parts: Sequence[str] | None = None,
    base_url: str = BASE_URL,
    *,
    keep_archives: bool = False,
    checksums: Path | str | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Path]:
    """Fetch and unpack the official archives of a data set; what is there already is left as it is.

    Args:
        name: `"isic2016"`, `"isic2017"` or `"isic2018"`.
        root: folder to fill; made if need be. `load(name, root)` reads it afterwards.
        parts: of `"training"`, `"validation"`, `"test"`; `None` for all there are.
        base_url: server; the year and the file name are added.
        keep_archives: leave the zip files beside the folders.
        checksums: file with known sums (`sha256sum` or `md5sum` form); a file that differs is refused.
        progress: called with what is going on, bytes so far and bytes in all (or `None`).
        say: called with lines worth reading.

    Returns:
        Folders and tables of the data set.

    Raises:
        UsageError: the name is unknown, or the data set must be requested from its authors.
        DataError: server, network or disk stand in the way, or a file is not what it should be. What has arrived is
            kept, and the same call goes on from there.

    Example:
        >>> folders = download("isic2018", "ISIC2018", parts=["validation"])
    """
    return carry_out(
        plan(name, root, parts, base_url),
        keep_archives=keep_archives,
        checksums=checksums,
        progress=progress,
        say=say,
    )


def carry_out(
    todo: Plan,
    *,
    keep_archives: bool = False,
    checksums: Path | str | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Path]:
    """Do what `plan` found to be done; the arguments are those of `download`."""
    progress, say = progress or (lambda *_: None), say or (lambda _: None)
    known = _known(checksums, todo)
    if todo.to_do:
        _prepare(todo.root)
        check_room(todo.root, todo.room(keep_archives), f"{todo.name} needs")
    for planned in todo.steps:
        step = planned
        if step.complete:
            _check_earlier(step, known)
            # Not removed: it may be kept on purpose, or left by a run that was killed at the very end.
            spare = "" if step.archive.is_table or not step.packed.exists() else f"; {step.packed} is no longer needed"
            say(f"{step.target.name}: {step.complete}{spare}")
            continue
        if step.remote is not None:
            # The file may have changed since it was planned.
            remote = fetch(step.remote, step.packed, _labelled(progress, step.archive.file), say)
            step = replace(step, remote=remote)
        sums = _verified(step, known, progress)
        try:
            _accept(step, sums, progress, say)
        except DamagedArchive as error:
            raise _refused(step, str(error)) from error
        except OSError as error:
            raise DataError(
                f"Cannot write into {todo.root}: {error.strerror}. Put that right and run the same command again."
            ) from error
        if not step.archive.is_table and not keep_archives:
            step.packed.unlink()
    return [step.target for step in todo.steps]


def _accept(step: Step, sums: dict[int, str], progress: Progress, say: Callable[[str], None]) -> None:
    """Unpack an archive and keep its sum; of one that cannot be used nothing is kept, so that it can be fetched again."""
    root, name = step.packed.parent, step.archive.file
    if step.archive.is_table:
        check_table(step.packed)
        record_sum(root, name, sums[64])
        say(f"{step.target.name}: done")
        return

    def accepted(folder: Path) -> None:
        """Written before the folder has its name: after a cut there is no folder without its record."""
        record_sum(root, name, sums[64])
        record(step, sums, folder)

    unpack(step.packed, step.target, _labelled(progress, f"{step.target.name}: unpacking"), say, accepted)
    _tell(step, say)


def _known(checksums: Path | str | None, todo: Plan) -> Mapping[str, str]:
    if checksums is None:
        return {}
    sums = read_sums(Path(checksums))
    if not any(step.archive.file in sums for step in todo.steps):
        raise DataError(f"{checksums} names none of the files of {todo.name}, such as {todo.steps[0].archive.file}.")
    return sums


def _prepare(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise DataError(f"Cannot write into {root}: {error.strerror}. Name another folder.") from error


def _labelled(progress: Progress, label: str) -> Callable[[int, int | None], None]:
    return lambda done, size: progress(label, done, size)


def _verified(step: Step, known: Mapping[str, str], progress: Progress) -> dict[int, str]:
    name, root = step.archive.file, step.packed.parent
    sums = digests(step.packed, _labelled(progress, f"{name}: checking"))
    earlier = read_sums(root / SUMS) if (root / SUMS).exists() else {}
    if (text := difference(name, sums, {"the server (as MD5)": step.remote.md5 if step.remote else None})) is not None:
        raise _refused(step, f"{text}. It was damaged on the way.")
    if (text := difference(name, sums, {"the file of --checksums": known.get(name)})) is not None:
        raise _refused(step, f"{text}.")
    if (text := difference(name, sums, {f"{root / SUMS}, from an earlier download,": earlier.get(name)})) is not None:
        raise _refused(step, f"{text}. If the archive has been replaced officially, remove its line from that file.")
    return sums


def _check_earlier(step: Step, known: Mapping[str, str]) -> None:
    name, path = step.archive.file, step.packed.parent / SUMS
    earlier = read_sums(path).get(name) if path.exists() else None
    if earlier and len(known.get(name, "")) == len(earlier) and known[name] != earlier:
        raise DataError(
            f"{step.target} came from {name} with the sum {earlier}, but the file of --checksums says {known[name]}. "
            "Move it away to have it fetched again."
        )


def _refused(step: Step, reason: str) -> DataError:
    aside = step.packed.with_name(f"{step.packed.name}.refused")
    step.packed.replace(aside)
    return DataError(f"{reason} The file is set aside as {aside}; run the same command again to fetch it again.")


def _tell(step: Step, say: Callable[[str], None]) -> None:
    found = count_files(step.target).get(step.archive.suffix, 0)
    say(f"{step.target.name}: {found} {'masks' if step.archive.suffix == '.png' else 'images'}")
    if found != step.archive.count:
        say(f"warning: {step.target.name} should hold {step.archive.count}, by the pages of the challenge")
    for path in sorted(step.target.rglob("*.txt")):
        if path.stem.upper() in ("LICENSE", "LICENCE", "ATTRIBUTION"):
            say(f"license: {path} ({readable(path.stat().st_size)})")

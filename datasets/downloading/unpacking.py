"""Unpacking an archive into a folder that appears only when it is whole."""

import errno
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from keras_rau.csv_rows import csv_rows
from keras_rau.errors import DataError
from keras_rau.files import check_room, readable
from keras_rau.strangers import one_line, read_text, shown

_BLOCK = 1 << 20
# Images and masks hardly shrink: what grows more than so many times, beyond so many bytes, is no archive of them.
_GROWTH, _ANY_GROWTH = 100, 1_000_000_000
_MOST_FILES = 1_000_000
_LARGEST_TABLE = 64 << 20
# What the disk is to blame for; any other error that comes while an archive is written out is the archive's.
_OF_THE_DISK = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE),
    *(errno.EBUSY, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.EINTR, errno.ENOMEM, errno.ETIMEDOUT, errno.EFBIG),
}


class DamagedArchive(DataError):
    """The archive itself cannot be used; fetching it again may help."""


def check_table(path: Path) -> None:
    """Refuse a table that holds no text in columns, such as a page that a proxy sent in its place.

    Raises:
        DamagedArchive: it is none.
    """
    try:
        rows = [cells for _, cells in csv_rows(read_text(path, _LARGEST_TABLE), path)]
    except DataError as error:
        raise DamagedArchive(f"{path.name} is not a table: {error}") from error
    if len(rows) < 2 or len(rows[0]) < 2 or any("<" in cell for cell in rows[0]):
        raise DamagedArchive(f"{path.name} is not a table of several lines with commas.")


def unpack(
    archive: Path,
    target: Path,
    progress: Callable[[int, int | None], None],
    say: Callable[[str], None],
    accepted: Callable[[Path], None] = lambda _: None,
) -> None:
    """Unpack a zip file; a folder that wraps all its files is taken for `target`.

    Args:
        archive: the zip file. The sum (CRC) of every file in it is verified.
        target: folder to make. Until all is there the files lie in a hidden folder beside it, and an unpacking that was
            cut goes on from there.
        progress: called with bytes so far and bytes in all.
        say: called with a line about what is left out.
        accepted: called with the folder of all files, before it becomes `target`.

    Raises:
        DamagedArchive: it is not a zip file, is damaged, cannot be unpacked here, grows beyond all measure, or holds names
            that lead out of the folder; nothing of it is left unpacked.
        DataError: the disk is too small or full.
    """
    work = target.with_name(f".{target.name}.unpacking")
    try:
        _write_all(archive, work, target, progress, say)
    except DataError as error:
        if isinstance(error, DamagedArchive):
            shutil.rmtree(work, ignore_errors=True)
        raise
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            raise DataError(
                f"Cannot unpack {archive} into {target}: {error.strerror}. Run the same command again."
            ) from error
        raise _damaged(archive, work, error) from error
    # The reader of zip files lets through whatever its decoders and the bytes of an archive raise.
    except Exception as error:
        raise _damaged(archive, work, error) from error
    whole = _unwrapped(work, target.name)
    accepted(whole)
    whole.replace(target)
    shutil.rmtree(work, ignore_errors=True)


def _damaged(archive: Path, work: Path, error: Exception) -> DamagedArchive:
    # Its files must not come among those of the next archive.
    shutil.rmtree(work, ignore_errors=True)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return DamagedArchive(f"{archive.name} is damaged or no zip file: {one_line(reason)}.")


def _write_all(
    archive: Path, work: Path, target: Path, progress: Callable[[int, int | None], None], say: Callable[[str], None]
) -> None:
    with zipfile.ZipFile(archive) as packed:
        entries = _entries(packed, archive, say)
        total = sum(entry.file_size for entry in entries)
        if total > _ANY_GROWTH and total > _GROWTH * archive.stat().st_size:
            raise DamagedArchive(f"{archive.name} is refused: unpacked it would take {readable(total)}.")
        _drop_strangers(work, {work / entry.filename for entry in entries})
        ready = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
        check_room(target.parent, total - ready, f"The files of {archive.name} need")
        done = 0
        for entry in entries:
            _write(packed, entry, work / entry.filename)
            done += entry.file_size
            progress(done, total)


def _drop_strangers(work: Path, wanted: set[Path]) -> None:
    """Remove what an unpacking of another archive left."""
    for path in work.rglob("*"):
        if path.is_symlink() or (path.is_file() and path not in wanted):
            path.unlink()


def _unwrapped(work: Path, name: str) -> Path:
    tops = list(work.iterdir())
    if len(tops) == 1 and tops[0].is_dir():
        return tops[0]
    inner, others = work / name, [top for top in tops if top.name != name]
    if not inner.is_dir() or any(top.is_dir() or (inner / top.name).exists() for top in others):
        return work
    for top in others:  # such as a LICENSE.txt beside the folder of images
        top.replace(inner / top.name)
    return inner


def _entries(packed: zipfile.ZipFile, archive: Path, say: Callable[[str], None]) -> list[zipfile.ZipInfo]:
    seen: set[str] = set()
    if len(packed.infolist()) > _MOST_FILES:
        raise DamagedArchive(f"{archive.name} is refused: it holds more than {_MOST_FILES:,} files.")
    for entry in packed.infolist():
        name = entry.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        outside = name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in entry.orig_filename
        if outside or "\\" in name or stat.S_ISLNK(entry.external_attr >> 16):
            raise DamagedArchive(
                f"{archive.name} is refused: its entry {shown(entry.orig_filename)} leads out of the folder."
            )
        if entry.flag_bits & 1:
            raise DamagedArchive(f"{archive.name} is refused: its entry {shown(name)} is encrypted.")
        if name.lower() in seen:
            raise DamagedArchive(f"{archive.name} is refused: it holds {shown(name)} twice.")
        seen.add(name.lower())
    files = [entry for entry in packed.infolist() if not entry.is_dir()]
    wanted = [entry for entry in files if not entry.filename.startswith("__MACOSX/")]
    if len(wanted) < len(files):
        say(f"{archive.name}: left out {len(files) - len(wanted)} file(s) in __MACOSX, which hold no images")
    if not wanted:
        raise DamagedArchive(f"{archive.name} is refused: it is empty.")
    return wanted


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    if path.is_file() and path.stat().st_size == entry.file_size and _crc(path) == entry.CRC:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as source, path.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)


def _crc(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value

"""Unpacking an archive into a folder that appears only when it is whole."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from keras_rau.datasets.downloading.sizes import check_room
from keras_rau.errors import DataError

_BLOCK = 1 << 20


class DamagedArchive(DataError):
    """The archive itself cannot be used; fetching it again may help."""


def unpack(
    archive: Path, target: Path, progress: Callable[[int, int | None], None], say: Callable[[str], None]
) -> None:
    """Unpack a zip file; a folder that wraps all its files is taken for `target`.

    Args:
        archive: the zip file. The sum (CRC) of every file in it is verified.
        target: folder to make. Until all is there the files lie in a hidden folder beside it, and an unpacking that was
            cut goes on from there.
        progress: called with bytes so far and bytes in all.
        say: called with a line about what is left out.

    Raises:
        DamagedArchive: it is no zip file, is damaged, or holds names that lead out of the folder; nothing is unpacked.
        DataError: the disk is too small or full.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = _entries(packed, archive, say)
            work = target.with_name(f".{target.name}.unpacking")
            total = sum(entry.file_size for entry in entries)
            ready = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
            check_room(target.parent, total - ready, f"The files of {archive.name} need")
            done = 0
            for entry in entries:
                _write(packed, entry, work / entry.filename)
                done += entry.file_size
                progress(done, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DamagedArchive(f"{archive.name} is damaged or no zip file: {error}.") from error
    except OSError as error:
        raise DataError(
            f"Cannot unpack {archive} into {target}: {error.strerror}. Run the same command again."
        ) from error
    _unwrapped(work, target.name).replace(target)
    shutil.rmtree(work, ignore_errors=True)


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
    for entry in packed.infolist():
        name = entry.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        outside = name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in entry.orig_filename
        if outside or "\\" in name or stat.S_ISLNK(entry.external_attr >> 16):
            raise DamagedArchive(
                f"{archive.name} is refused: its entry {entry.orig_filename!r} leads out of the folder."
            )
        if entry.flag_bits & 1:
            raise DamagedArchive(f"{archive.name} is refused: its entry {name!r} is encrypted.")
        if name.lower() in seen:
            raise DamagedArchive(f"{archive.name} is refused: it holds {name!r} twice.")
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

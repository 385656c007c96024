"""Fetching one file: resumed where it was cut, tried again when a connection fails, whole or not there at all."""

import errno
import http.client
import json
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

from keras_rau.datasets.downloading.connection import (
    Failure,
    Remote,
    ask,
    described,
    explained,
    is_passing,
    whole_number,
)
from keras_rau.errors import DataError
from keras_rau.files import readable
from keras_rau.strangers import one_line, read_json

ATTEMPTS = 5  # in a row that bring not a single byte
WAIT = 1.0  # seconds before the second attempt; doubled each time
_LONGEST_WAIT = 60.0
_BLOCK = 1 << 18
LARGEST = 100_000_000_000  # bytes; a server that sends without end would fill the disk


def look(url: str) -> Remote:
    """Ask for size and version of a file without fetching it.

    Raises:
        DataError: the server or the file cannot be reached.
    """
    method = "HEAD"
    for attempt in range(3):
        try:
            with ask(url, method) as response:
                return described(url, response)
        except Failure as error:
            if isinstance(error, urllib.error.HTTPError) and error.code in (405, 501) and method == "HEAD":
                method = "GET"  # closed before its body is read
                continue
            fleeting = isinstance(error, urllib.error.HTTPError) or isinstance(
                getattr(error, "reason", error), TimeoutError | ConnectionResetError
            )
            if attempt == 2 or not fleeting or not is_passing(error):
                raise explained(error, url) from error
            time.sleep(WAIT * 2**attempt)
    raise AssertionError("the loop always returns or raises")


def part_of(target: Path) -> Path:
    """The file that a download grows in."""
    return target.with_name(f"{target.name}.part")


def arrived(remote: Remote, target: Path) -> int:
    """Bytes of `remote` that an earlier run left and that can be gone on from."""
    part, note = part_of(target), _note(target)
    try:
        known = read_json(note)
        done = part.stat().st_size
    except (OSError, DataError):
        return 0
    same = known == {"url": remote.url, "version": remote.version} and remote.version is not None
    return done if same and (remote.size is None or done <= remote.size) else 0


def fetch(
    remote: Remote, target: Path, progress: Callable[[int, int | None], None], say: Callable[[str], None]
) -> Remote:
    """Fetch a file to `target`, which appears only when it is whole.

    Args:
        remote: what `look` returned.
        target: file to write; what has arrived lies in `part_of(target)` until then.
        progress: called with bytes so far and bytes in all (or `None`).
        say: called with a line about what goes on.

    Returns:
        What the server says about the file that was fetched in the end.

    Raises:
        DataError: it cannot be had, or the disk is full; what has arrived is kept.
    """
    part, failures, furthest = part_of(target), 0, 0
    if part.exists() and not arrived(remote, target):
        say(f"{target.name}: changed on the server, or begun elsewhere, since the last run; starting again")
        part.unlink()
    while True:
        before = arrived(remote, target)
        try:
            if before == 0 or before != remote.size:
                remote = _attempt(remote, target, progress, say)
            part.replace(target)
            _note(target).unlink(missing_ok=True)
            return remote
        except Failure as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DataError(
                    f"The disk is full: {readable(part.stat().st_size)} of {target.name} are kept in {part}. "
                    "Make room and run the same command again."
                ) from error
            done = part.stat().st_size if part.exists() else 0
            if isinstance(error, PermissionError) or not is_passing(error):
                raise _given_up(error, remote.url, done) from error
            failures = 1 if done > max(before, furthest) else failures + 1
            furthest = max(furthest, done)
            if failures == ATTEMPTS:
                raise _given_up(error, remote.url, done) from error
            wait = _pause(error, failures)
            say(f"{target.name}: cut at {readable(done)} ({_reason(error)}); trying again in {wait:.0f} s")
            time.sleep(wait)


def _attempt(
    remote: Remote, target: Path, progress: Callable[[int, int | None], None], say: Callable[[str], None]
) -> Remote:
    part, start = part_of(target), arrived(remote, target)
    headers = {"Range": f"bytes={start}-", "If-Range": str(remote.version)} if start else {}
    with ask(remote.url, headers=headers) as response:
        found = described(remote.url, response)
        if found.resumed_at not in (0, start) or (found.resumed_at and found.version != remote.version):
            part.unlink()
            raise http.client.HTTPException("the server sent another piece than it was asked for")
        if start and not found.resumed_at:
            say(f"{target.name}: changed on the server, or the server cannot resume; starting again")
        done = found.resumed_at
        _note(target).write_text(json.dumps({"url": found.url, "version": found.version}))
        with part.open("r+b" if done else "wb") as file:
            file.seek(done)
            progress(done, found.size)
            while block := response.read1(_BLOCK):
                file.write(block)
                done += len(block)
                if done > LARGEST:
                    raise urllib.error.URLError(f"it is larger than {readable(LARGEST)}, which no such file is")
                progress(done, found.size)
    # A connection that is closed early looks like the end of the file.
    if found.size is not None and done != found.size:
        raise ConnectionResetError(f"the connection was closed after {readable(done)} of {readable(found.size)}")
    return found


def _given_up(error: Exception, url: str, done: int) -> DataError:
    reason = explained(error, url)
    return type(reason)(f"{reason} {readable(done)} are kept; run the same command again to go on.") if done else reason


def _note(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.json")


def _pause(error: Exception, failures: int) -> float:
    wait = WAIT * 2 ** (failures - 1)
    asked = error.headers.get("Retry-After", "") if isinstance(error, urllib.error.HTTPError) else ""
    return min(max(wait, float(whole_number(asked) or 0)), _LONGEST_WAIT)


def _reason(error: Exception) -> str:
    words = str(getattr(error, "reason", "") or error or type(error).__name__)
    return one_line(next(iter(words.splitlines()), ""))

"""The driver: each target in a process of its own, which may die."""

import contextlib
import faulthandler
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
_ROUND = 200  # examples between two looks at the clock
_TEXTS = "texts"  # chains of pieces that mean something to a parser, where hypothesis draws bytes
_LONGEST = 2500  # characters of a message, which may list a few names
_PATIENCE = 300  # seconds for one content, on a busy machine


def fuzz(name: str, seconds: float, seed: int, place: Path) -> int:
    """Fuzz one target for some seconds; return how many contents were read.

    The process ends where one content takes minutes; the file `last` in the folder `place` holds it.

    Raises:
        AssertionError: something else than an error of this package came out.
    """
    if name == _TEXTS:
        from tests.fuzzing import texts

        return texts.fuzz(seconds, seed).total()
    import hypothesis

    from keras_rau.errors import RauError
    from tests.fuzzing.targets import TARGETS

    target, count = TARGETS[name], [0]
    contents = target.draw()

    def read(content: bytes) -> None:
        count[0] += 1
        (place / "last").write_bytes(content)
        said = ""
        faulthandler.dump_traceback_later(_PATIENCE, exit=True, file=sys.stdout)
        try:
            target.read(content, place)
        except RauError as error:
            said = str(error)
        finally:
            faulthandler.cancel_dump_traceback_later()
        assert len(said) < _LONGEST, f"a message of {len(said)} characters"

    # What a reader imports takes its time, too, and is nobody's fault.
    with contextlib.suppress(RauError):
        target.read(b"", place)
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        settings = hypothesis.settings(
            max_examples=_ROUND, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        hypothesis.seed(seed + number)(settings(hypothesis.given(contents)(read)))()
        number += 1
    (place / "last").unlink(missing_ok=True)
    return count[0]


def _child(name: str, seconds: float, seed: int, place: Path) -> int:
    warnings.simplefilter("ignore")
    try:
        print(f"{name}: {fuzz(name, seconds, seed, place):,} contents, no raw error", flush=True)
    except BaseException:
        # It ends with the content.
        print(f"{name}: FAILED\n{traceback.format_exc()[-6000:]}", flush=True)
        (place / "last").unlink(missing_ok=True)
        return 1
    return 0


def main() -> int:
    """Fuzz all targets; return the exit status."""
    minutes = float(os.environ.get("FUZZ_MINUTES", "2"))
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(2**32)))
    from tests.fuzzing.targets import TARGETS

    names = [name for name in os.environ.get("FUZZ_ONLY", ",".join([*TARGETS, _TEXTS])).split(",") if name]
    print(f"FUZZ_SEED={seed} FUZZ_MINUTES={minutes:g}", flush=True)
    failed: list[Any] = []
    for name in names:
        seconds = 60 * minutes / len(names)
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-P", __file__, name, str(seconds), str(seed), folder]
            # Libraries of image formats complain there.
            status = subprocess.run(words, check=False, cwd=ROOT, stderr=subprocess.DEVNULL).returncode
            last = Path(folder, "last")
            if status and last.exists():
                print(f"{name}: the process ended with {status} over {last.read_bytes()!r}", flush=True)
        if status:
            failed.append(name)
    print(
        f"{len(names) - len(failed)} of {len(names)} targets without a raw error"
        + (f"; not {failed}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(
        _child(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])) if len(sys.argv) > 1 else main()
    )

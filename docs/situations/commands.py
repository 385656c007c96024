"""Commands, repeated and mistaken."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from docs.situations.situation import REFUSED, RIGHT, situation
from PIL import Image

_SUBJECT = "Commands"


def _photo(folder: Path, name: str = "photo.jpg") -> Path:
    Image.fromarray(np.full((60, 80, 3), 200, "uint8")).save(folder / name)
    return folder / name


def _run(folder: Path, *words: str) -> str:
    """Run a command; raise with its line when it ends otherwise than by 0."""
    code = "from keras_rau.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise RuntimeError(f"status {found.returncode}: {found.stderr.strip()}")
    return found.stdout


@situation(_SUBJECT, "run `keras-rau predict photo.jpg` twice", RIGHT)
def _(folder: Path) -> object:
    _photo(folder)
    for _ in range(2):
        _run(folder, "predict", "photo.jpg")
    return f"folders {', '.join(sorted(path.name for path in folder.iterdir() if path.is_dir()))}"


@situation(_SUBJECT, "predict into a folder that holds something else", REFUSED)
def _(folder: Path) -> object:
    _photo(folder)
    (folder / "masks").mkdir()
    (folder / "masks" / "photo_mask.png").write_bytes(b"somebody else's")
    return _run(folder, "predict", "photo.jpg", "--output", "masks")


@situation(_SUBJECT, "have one damaged image among those to be segmented", RIGHT)
def _(folder: Path) -> object:
    (folder / "photos").mkdir()
    _photo(folder, "photos/a.jpg")
    (folder / "photos/b.jpg").write_bytes(b"no image")
    try:
        _run(folder, "predict", "photos", "--output", "masks")
    except RuntimeError as error:
        rows = (folder / "masks/regions.csv").read_text().splitlines()
        return f"{len(rows) - 1} rows, a.jpg is segmented, b.jpg has its reason; {str(error).split(':')[0]}"
    return "status 0"

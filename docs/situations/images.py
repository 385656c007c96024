"""Image and mask files that are not what they seem."""

import os
from pathlib import Path

import cv2
import numpy as np
from docs.situations.situation import REFUSED, RIGHT, situation
from PIL import Image

from keras_rau import datasets

_SUBJECT = "Image and mask files"
_ROWS, _COLUMNS = np.mgrid[:64, :80]
_DISC = ((_ROWS - 32) ** 2 + (_COLUMNS - 40) ** 2 < 300).astype("uint8")
_PHOTO = np.where(_DISC[..., None] > 0, np.uint8([120, 70, 60]), np.uint8([220, 180, 160])).astype("uint8")


def _saved(values: np.ndarray, path: Path) -> Path:
    Image.fromarray(values).save(path)
    return path


@situation(_SUBJECT, "read a mask of class numbers 0, 1, 2 as a lesion mask", REFUSED)
def _(folder: Path) -> object:
    return datasets.read_mask(_saved(_DISC + (_COLUMNS > 40) * _DISC, folder / "mask.png"))


@situation(_SUBJECT, "read a mask with a void border of 255", REFUSED)
def _(folder: Path) -> object:
    return datasets.read_mask(_saved(np.where(_ROWS < 3, 255, _DISC).astype("uint8"), folder / "mask.png"))


@situation(_SUBJECT, "read a mask that was smoothed by resizing", REFUSED)
def _(folder: Path) -> object:
    values = cv2.resize(_DISC * 255, (50, 40), interpolation=cv2.INTER_LINEAR)
    return datasets.read_mask(_saved(values, folder / "mask.png"))


@situation(_SUBJECT, "read a photo of 12 bits in a 16-bit PNG", RIGHT)
def _(folder: Path) -> object:
    cv2.imwrite(str(folder / "photo.png"), (_PHOTO.astype("uint16") * 16)[..., ::-1])
    found = datasets.read_image(folder / "photo.png").mean()
    return f"mean {found:.0f}, of {_PHOTO.mean():.0f} before: 12 bits are enough for its values; `check` and `pipeline` say so"


@situation(_SUBJECT, "say that it has 12 bits", RIGHT)
def _(folder: Path) -> object:
    cv2.imwrite(str(folder / "photo.png"), (_PHOTO.astype("uint16") * 16)[..., ::-1])
    found = datasets.read_image(folder / "photo.png", bit_depth=12).mean()
    return f"mean {found:.0f}, of {_PHOTO.mean():.0f} before"


@situation(_SUBJECT, "have an EPS file called `photo.jpg`", REFUSED)
def _(folder: Path) -> object:
    (folder / "photo.jpg").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n%%EOF\n")
    return datasets.read_image(folder / "photo.jpg")


@situation(_SUBJECT, "have a named pipe among the images", REFUSED)
def _(folder: Path) -> object:
    os.mkfifo(folder / "photo.jpg")
    return datasets.read_image(folder / "photo.jpg")


@situation(_SUBJECT, "have a photo that is cut off", REFUSED)
def _(folder: Path) -> object:
    content = _saved(_PHOTO, folder / "photo.png").read_bytes()
    (folder / "photo.png").write_bytes(content[: len(content) // 2])
    return datasets.read_image(folder / "photo.png")


@situation(_SUBJECT, "keep photos as `.webp`", RIGHT)
def _(folder: Path) -> object:
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    _saved(_PHOTO, folder / "images/a.webp")
    _saved(_DISC * 255, folder / "masks/a.png")
    return f"{len(datasets.load('folder', folder))} image found"


@situation(_SUBJECT, "turn a photo by its EXIF orientation", RIGHT)
def _(folder: Path) -> object:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_PHOTO).save(folder / "photo.jpg", exif=exif)
    return f"read upright, as {datasets.read_image(folder / 'photo.jpg').shape}; a mask may fit either"


@situation("Folders and tables", "have `train/images/1.png` and `test/images/1.png`", RIGHT)
def _(folder: Path) -> object:
    for part in ("train", "test"):
        for kind, values in (("images", _PHOTO), ("masks", _DISC * 255)):
            (folder / part / kind).mkdir(parents=True)
            _saved(values, folder / part / kind / "1.png")
    samples = datasets.load("folder", folder, ids="path")
    return (
        f"ids {', '.join(sample.id for sample in samples)}; sets {', '.join(str(sample.split) for sample in samples)}"
    )


@situation("Folders and tables", "load the same without saying so", REFUSED)
def _(folder: Path) -> object:
    for part in ("train", "test"):
        for kind, values in (("images", _PHOTO), ("masks", _DISC * 255)):
            (folder / part / kind).mkdir(parents=True)
            _saved(values, folder / part / kind / "1.png")
    return datasets.load("folder", folder, image_pattern="*/images/{id}.png", mask_pattern="*/masks/{id}.png")


@situation("Folders and tables", "have `patients.csv` beside the images, which is not read", RIGHT)
def _(folder: Path) -> object:
    for kind, values in (("images", _PHOTO), ("masks", _DISC * 255)):
        (folder / kind).mkdir()
        for name in "ab":
            _saved(values, folder / kind / f"{name}.png")
    (folder / "patients.csv").write_text("image,patient\na,1\nb,1\n")
    return "`survey` says: " + datasets.survey("folder", folder).findings[0].message

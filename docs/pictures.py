"""Make the pictures of the site, from phantoms alone: python -P docs/pictures.py [attention] [gallery]."""

import os
import runpy
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from keras_rau import datasets, evaluation, models

DOCS = Path(__file__).resolve().parent
IMAGES = DOCS / "images"


def _save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])


def attention(side: int = 150, gap: int = 6) -> None:
    """Draw the attention maps of the model that ships, for three phantoms."""
    model = models.from_preset("rau_net_lite")
    rows = []
    for index in (1, 4, 7):
        image, _ = datasets.draw_phantom(seed=3, index=index, size=256)
        maps = evaluation.attention_maps(model, image, resize="squash")
        probability = np.asarray(model(datasets.fit_image(image, model.input_shape[1:3], "squash")[None])[0, ..., 0])
        mask = cv2.resize(probability, image.shape[1::-1]) >= 0.5
        drawn = evaluation.overlay(image, prediction=mask)
        for kind in ("reverse", "boundary"):
            first = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA)
            shown = [first if kind == "reverse" else np.full_like(first, 255)]
            for name, weight in maps.items():
                if name.endswith(kind):
                    grey = cv2.resize((255 * weight).astype(np.uint8), (side, side), interpolation=cv2.INTER_AREA)
                    shown.append(cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB))
            rows.append(np.hstack([np.pad(one, ((0, gap), (0, gap), (0, 0)), constant_values=255) for one in shown]))
    _save(IMAGES / "attention.jpg", np.vstack(rows))


def gallery() -> None:
    """Run the example that has figures, and keep them."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            runpy.run_path(str(DOCS.parent / "examples" / "skin_lesions.py"))
        finally:
            os.chdir(before)
    for number in plt.get_fignums():
        figure = plt.figure(number)
        figure.set_dpi(80)
        figure.canvas.draw()
        _save(
            IMAGES / "gallery" / f"skin_lesions_{number}.jpg", np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
        )


if __name__ == "__main__":
    for name in sys.argv[1:] or ["attention", "gallery"]:
        {"attention": attention, "gallery": gallery}[name]()

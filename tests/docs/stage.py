"""The folder in which the pages' code runs: what they call photo.jpg, ISIC2018, runs/first and so on."""

import shutil
from pathlib import Path

from keras_rau import datasets
from tests.data.corpus import drawing


def _pair(root: Path, image: str, mask: str, number: int) -> None:
    picture, truth = datasets.draw_phantom(seed=0, index=number, size=48)
    drawing.write(root / image, picture)
    drawing.write(root / mask, truth * 255)


def make_stage(root: Path) -> None:
    """Write images, masks and tables; small, and of every kind that a page names."""
    for name in ("photo.jpg", "photo.png", "a.jpg", "b.jpg", *(f"photos/{number}.jpg" for number in range(9))):
        drawing.write(root / name, datasets.draw_phantom(seed=1, index=len(name), size=80)[0])
    for part, numbers in (("Training", range(20)), ("Validation", range(20, 24)), ("Test", range(24, 28))):
        for number in numbers:
            name = f"ISIC_{number:07d}"
            images, masks = f"ISIC2018_Task1-2_{part}_Input", f"ISIC2018_Task1_{part}_GroundTruth"
            _pair(root / "ISIC2018", f"{images}/{name}.jpg", f"{masks}/{name}_segmentation.png", number)
            name = f"ISIC_{number + 500:07d}"
            old = f"ISIC-2017_{part.replace('Test', 'Test_v2')}"
            images, masks = f"{old}_Data", f"{old}_Part1_GroundTruth"
            _pair(root / "ISIC2017", f"{images}/{name}.jpg", f"{masks}/{name}_segmentation.png", number + 100)
    rows = [f"ISIC_{number:07d},{('nevus', 'melanoma')[number % 2]}" for number in range(28)]
    (root / "ISIC2018" / "metadata.csv").write_text("\n".join(["image_id,diagnosis", *rows]) + "\n")
    drawing.ph2(root / "PH2Dataset", range(1, 7))
    rows = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    for number in range(1000, 1024):
        name, diagnosis = f"ISIC_{number:07d}", ("nv", "mel")[number % 2]
        images, masks = "HAM10000_images_part_1", "HAM10000_segmentations_lesion_tschandl"
        _pair(root / "HAM10000", f"{images}/{name}.jpg", f"{masks}/{name}_segmentation.png", number)
        rows.append(f"HAM_{number:07d},{name},{diagnosis},histo,50,male,back")
    (root / "HAM10000" / "HAM10000_metadata.csv").write_text("\n".join(rows) + "\n")
    for number in range(12):
        _pair(root / "my_images", f"images/{number}.jpg", f"masks/{number}.png", number)
        _pair(root / "ward", f"w/{number}/photo.jpg", f"w/{number}/outline.png", number)
        part = "train" if number < 8 else "val" if number < 10 else "test"
        _pair(root / "kaggle" / part, f"images/{number % 8}.png", f"masks/{number % 8}.png", number)
    rows = [f"{number},p{number // 2}" for number in range(12)]
    (root / "ward" / "patients.csv").write_text("\n".join(["id,patient", *rows]) + "\n")
    for name in ("clinic_a", "clinic_b"):
        shutil.copytree(root / "my_images", root / name)
    # The lists of a split that is not ours.
    ids = sorted(path.stem for path in (root / "ISIC2018").rglob("*.jpg"))
    lists = root / "Datasets" / "folder1"
    lists.mkdir(parents=True)
    for name, part in (("train", ids[:18]), ("val", ids[18:22]), ("test", ids[22:])):
        (lists / f"{name}.txt").write_text("\n".join(part) + "\n")


def make_models(root: Path) -> None:
    """Train the models that pages name, for one epoch."""
    from keras_rau import export, models, training

    settings = {
        "data.data_dir": str(root / "ISIC2018"),
        "data.image_size": 32,
        "model.depth": 2,
        "epochs": 1,
        "seed": None,
    }
    training.train(training.load_config(["nano", "isic2018"], settings), root / "runs" / "first")
    for name in ("runs/second", "runs/third", "runs/public", "runs/fold0", "runs/fold1", "runs/fold2", "run"):
        shutil.copytree(root / "runs" / "first", root / name)
    # Three folds, each in another kind of file.
    best = root / "run" / "checkpoints" / "best.keras"
    model, folds = models.load(best), root / "cv"
    folds.mkdir()
    export.saved_model(model, folds / "fold1", limits=export.Limits())
    shutil.copy(best, folds / "fold2.keras")
    export.tflite(model, folds / "fold3.tflite", limits=export.Limits())

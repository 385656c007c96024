"""Every variant of a model in one folder, with one report."""

import shutil
from pathlib import Path
from typing import Any

from keras_rau import pretrained
from keras_rau.errors import ExportError
from keras_rau.export.checks import check_backend, fixed_size
from keras_rau.export.model_file import draw, load_source, wanted_size
from keras_rau.export.outputs import Classes, outputs_of
from keras_rau.export.parity import ParityReport
from keras_rau.export.parity_images import Images
from keras_rau.export.quantisation.calibration import COUNT, calibration_images
from keras_rau.export.report import write_report
from keras_rau.export.to_saved_model import saved_model
from keras_rau.export.to_tflite import tflite
from keras_rau.export.writing import new_output

_TFLITE = ("float32", "float16", "dynamic", "int8")


def export_all(
    source: Path | str,
    output: Path | str,
    *,
    image_size: int | None = None,
    check_dir: Images = None,
    calibration: Any = None,
    calibration_count: int = COUNT,
    classes: Classes = None,
    logits: bool | None = None,
    style: Any = None,
    **checks: Any,
) -> dict[str, ParityReport]:
    """Write `saved_model/1` and `model_PRECISION.tflite` of each precision, and what is to be known of them.

    Beside them lie `parity.json` and `parity.md`, pictures of the largest differences `parity_NAME.png`, `MODEL_CARD.md` of a
    preset, and `calibration.txt`, the images that ranges were measured on. A variant that differs too much is kept as
    `NAME.rejected`, the others are written all the same.

    Args:
        source: the `.keras` file, or the name of a preset with trained weights.
        output: new or empty folder.
        image_size: for a model of any size; that of its training when known.
        check_dir: images to compare the models on; 16 seeded phantoms when `None`.
        calibration: images for `"int8"`, which is left out without them.
        calibration_count: how many of them to take at most.
        classes: of a foreign model of several classes, see `outputs_of`.
        logits: the output of a foreign model is taken before its activation.
        style: outline style that is folded into the last convolution, see `Predictor`; the default map when `None`.
        **checks: `samples`, `measure` and `trust`, see `saved_model`.

    Returns:
        The comparison of each variant that passed, by its file name.

    Raises:
        ExportError: the source cannot be exported, or variants differ too much.

    Example:
        >>> export_all("rau_net_lite", "out", calibration="ISIC2018/train")["model_int8.tflite"].dice_mean
    """
    check_backend()
    folder = new_output(output)
    model, info = load_source(source, style)
    outputs = outputs_of(model, info, classes=classes, logits=logits)
    checks |= {"verify": check_dir, "info": info, "classes": classes, "logits": logits}
    size = image_size or wanted_size(model, info)
    chosen = None
    if calibration is not None:
        chosen = calibration_images(calibration, fixed_size(model, size), info, calibration_count)
    folder.mkdir(exist_ok=True)
    reports, failures = {}, []
    for name in ("saved_model/1", *(f"model_{precision}.tflite" for precision in _TFLITE)):
        precision = name.removeprefix("model_").removesuffix(".tflite")
        if precision == "int8" and chosen is None:
            continue
        try:
            if precision == name:
                reports[name] = saved_model(model, folder / name, **checks)
            else:
                given = chosen if precision == "int8" else None
                reports[name] = tflite(model, folder / name, precision, image_size=size, calibration=given, **checks)
        except ExportError as error:
            failures.append(f"{name}: {error}")
            continue
        draw(
            folder / f"parity_{precision.replace('/', '_')}.png",
            reports[name],
            model,
            folder / name,
            check_dir,
            info,
            outputs,
        )
    write_report(folder, reports)
    if chosen is not None:
        (folder / "calibration.txt").write_text("\n".join(chosen.names) + "\n")
    if str(source) in pretrained.names():
        shutil.copy(pretrained.card_file(str(source)), folder / "MODEL_CARD.md")
    if failures:
        raise ExportError("\n".join([f"{len(failures)} variants failed, the others are in {folder}:", *failures]))
    return reports

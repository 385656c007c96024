"""keras-rau export."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_rau.cli.options import Model, SetOptions, SourceOptions, Style, existing_model, fresh_output, source_options


def export(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder (saved_model, --all) or file (tflite) to write. Left out: out/model.tflite, out/saved_model and "
            "such, or the next free out/model-2.tflite, …"
        ),
    ] = None,
    format_: Annotated[Literal["saved_model", "tflite"] | None, typer.Option("--format", help="What to write.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Write a SavedModel, TFLite files of every precision, and one report.")
    ] = False,
    precision: Annotated[
        Literal["float32", "float16", "dynamic", "int8"],
        typer.Option(help="Of TFLite files. int8 is a quarter as large, with uint8 in and out."),
    ] = "float32",
    image_size: Annotated[
        int | None, typer.Option(help="Side to fix for a model of any size (tflite).", max=10_000)
    ] = None,
    calibration_dir: Annotated[
        Path | None, typer.Option(help="Folder of images that int8 ranges are measured on; masks in it are left out.")
    ] = None,
    calibration_count: Annotated[int, typer.Option(help="How many of them to take at most.", min=8)] = 200,
    integer_only: Annotated[
        bool, typer.Option("--integer-only", help="int8 without any floats, for accelerators; less exact.")
    ] = False,
    check_dir: Annotated[
        Path | None, typer.Option(help="Folder of images to compare both models on; 16 phantoms without it.")
    ] = None,
    max_abs: Annotated[float | None, typer.Option(help="Largest difference of a probability that is allowed.")] = None,
    min_mean_dice: Annotated[float | None, typer.Option(help="Smallest mean Dice of the masks allowed.")] = None,
    min_dice: Annotated[float | None, typer.Option(help="Smallest Dice of any mask allowed.")] = None,
    style: Style = None,
    all_styles: Annotated[
        bool,
        typer.Option(
            "--all-styles",
            help="One TFLite file of all outline styles, which predict --style chooses from without TensorFlow.",
        ),
    ] = False,
    dataset: Annotated[
        str | None, typer.Option(help="Also score both models against the masks of this source, such as isic2018.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of that source.")] = None,
    split: Annotated[
        Literal["all", "train", "val", "test"] | None,
        typer.Option(help="Which of the sets the model was trained with to score on."),
    ] = None,
    option: SourceOptions = None,
    set_: SetOptions = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Write it though it uses operators that Predictor runs with --trust alone.")
    ] = False,
    measure: Annotated[bool, typer.Option("--measure", help="Also measure latency and memory.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Folder for parity.json, parity.md and a picture; new or empty.")
    ] = None,
) -> None:
    """Export a trained model and check that it predicts what the Keras model predicts."""
    from rich.console import Console

    from keras_rau import pretrained
    from keras_rau.errors import UsageError

    if everything == (format_ is not None):
        raise UsageError("Name either --format saved_model, --format tflite, or --all.")
    if format_ == "tflite" and output is not None and output.suffix != ".tflite":
        raise UsageError(f"The file must end in .tflite. Received: --output {output}")
    if (dataset is None) != (data_dir is None):
        raise UsageError("--dataset and --data-dir belong together.")
    limits = {"max_abs": max_abs, "dice_mean": min_mean_dice, "dice_min": min_dice}
    given = {name: value for name, value in limits.items() if value is not None}
    if everything and (given or integer_only or report or precision != "float32"):
        raise UsageError("--all has each precision's own limits and its own report; leave the options of one file out.")
    if precision == "int8" and calibration_dir is None:
        raise UsageError(
            "int8 needs --calibration-dir, a folder of images that ranges are measured on, as different as those that the "
            "model will see; some hundred."
        )
    if calibration_dir is not None and not everything and precision != "int8":
        raise UsageError(f"--calibration-dir is for int8. Received: --precision {precision}")
    if all_styles and (format_ != "tflite" or style or integer_only or report or measure or trust):
        raise UsageError(
            "--all-styles is for --format tflite, without --style, --integer-only, --report, --measure and --trust."
        )
    if all_styles and precision == "int8":
        raise UsageError("int8 is calibrated for one map: export each style by itself, with --style NAME.")
    if integer_only and precision != "int8":
        raise UsageError(f"--integer-only is for int8. Received: --precision {precision}")
    preset = model in pretrained.names() and not Path(model).exists()
    source = model if preset else existing_model(model)

    from keras_rau.export import Limits, export_all, from_file
    from keras_rau.export.report import table

    samples = []
    if dataset is not None:
        from keras_rau.evaluation.chosen_samples import chosen_samples

        file = pretrained.tflite_file(model) if preset else source
        samples = [
            one for one in chosen_samples(file, dataset, data_dir, split, source_options(option, set_)) if one.mask
        ]
    if output is None:
        output = fresh_output(_default_name(format_, precision))
    shared = {
        "image_size": image_size,
        "check_dir": check_dir,
        "calibration": calibration_dir,
        "calibration_count": calibration_count,
        "samples": samples,
        "measure": measure,
        "trust": trust,
        "style": style,
    }
    if all_styles:
        from keras_rau.export import all_styles_from_file

        reports = all_styles_from_file(
            source,
            output,
            precision=precision,
            image_size=image_size,
            check_dir=check_dir,
            samples=samples,
            limits=Limits(**given) if given else None,
        )
    elif everything:
        reports = export_all(source, output, **shared)
        if calibration_dir is None:
            typer.echo("int8 is left out: it needs --calibration-dir", err=True)
    else:
        found = from_file(
            source,
            format_,
            output,
            precision=precision,
            integer_only=integer_only,
            report=report,
            limits=Limits(**given) if given else None,
            **shared,
        )
        reports = {output.name: found}
    console = Console()
    console.print(table(reports))
    for name, one in reports.items():
        console.print(
            f"{_called(output, name, all_styles)}: largest difference to Keras {one.max_abs:.2e}, mean Dice "
            f"{one.dice_mean:.4f} on {one.n_images} images (allowed: {one.limits})",
            soft_wrap=True,
            highlight=False,
        )


def _called(output: Path, name: str, all_styles: bool) -> str:
    if all_styles:
        return f"{output}, {name}"
    return str(output if name == output.name else output / name)


def _default_name(format_: str | None, precision: str) -> str:
    if format_ == "tflite":
        return "out/model.tflite" if precision == "float32" else f"out/model_{precision}.tflite"
    return "out/saved_model" if format_ == "saved_model" else "out/all"

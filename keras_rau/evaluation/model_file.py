"""Scoring model files, or a folder of masks, on a data set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.evaluation.chosen_samples import chosen_samples, listed_samples
from keras_rau.evaluation.groups import breakdown, check_columns
from keras_rau.evaluation.mask_folder import evaluate_masks
from keras_rau.evaluation.scoring import evaluate
from keras_rau.evaluation.style_scores import style_scores, styles_of_values
from keras_rau.evaluation.surface import Spacing
from keras_rau.evaluation.thresholds import best_threshold, check_threshold_counts, dice_by_threshold
from keras_rau.evaluation.worst import write_worst
from keras_rau.files import check_free


def evaluate_file(
    path: Path | str | Sequence[Path | str],
    dataset: str,
    data_dir: Path | str,
    *,
    split: str | None = None,
    image_size: int | None = None,
    console: Any = None,
    surface: bool = False,
    spacing: Spacing | None = None,
    by: Sequence[str] = (),
    worst: Path | None = None,
    options: Mapping[str, Any] | None = None,
    find_threshold: bool = False,
    style_column: str | None = None,
    style_values: Mapping[str, str] | None = None,
    **refinement: Any,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a model file on a data set; arguments as of `keras-rau evaluate`, `refinement` as of `Predictor`.

    Of several model files the probabilities are averaged. A model in a run directory is scored with the data options of its
    training, where it was trained on this data set; `options` go over them.

    Returns:
        What `evaluate` returns; the summary also says what was scored on what and with which `refinement`, and holds `by`:
        what `breakdown` returns, by column, `thresholds` and `best_threshold`, and `by_style`: what `style_scores` returns for
        `style_column`, with the outline style of each value from `style_values`.

    Raises:
        UsageError: a value of `style_values` names a style that the model does not have.
        RauError: the model or the data cannot be used, `split` is a set and no split came with the model, `split` is `None`
            and some of the images were trained on, there is no such column, or the folder `worst` is taken.

    Example:
        >>> rows, result = evaluate_file("runs/first/checkpoints/best.keras", "isic2018", "ISIC2018", split="test")
    """
    from keras_rau.environment import versions
    from keras_rau.export import Predictor
    from keras_rau.export.styles import name_of

    if worst is not None:
        check_free(worst, "--worst")
    paths = [Path(one) for one in ([path] if isinstance(path, (str, Path)) else path)]
    samples = chosen_samples(paths, dataset, Path(data_dir), split, options, console=console)
    check_columns(samples, [*by, *([style_column] if style_column else [])])
    predictor = Predictor(paths, image_size=image_size, **refinement)
    if style_values and not style_column:
        raise UsageError("Styles of values need the column that holds them: name it with --style-column.")
    names = predictor.members[0].styles if len(paths) == 1 else ()
    styles = styles_of_values(names, style_values or {})
    if find_threshold or style_column:
        check_threshold_counts(predictor.outputs)
    rows, summary = evaluate(predictor, samples, console, surface=surface, spacing=spacing)
    files = [str(one) for one in paths]
    model = {"model": files[0]} if len(files) == 1 else {"model": files}
    result = {**summary, **model, "dataset": dataset, "split": split or "all", "versions": versions()}
    used = {**predictor.refinement.stated(), "threshold": refinement.get("threshold")}
    if refinement.get("style") is not None:
        used["style"] = name_of(refinement["style"])
    if stated := {name: value for name, value in used.items() if value is not None}:
        result["refinement"] = stated
    if find_threshold:
        scores = dice_by_threshold(predictor, samples, console)
        result |= {"thresholds": scores, "best_threshold": best_threshold(scores)}
    if by:
        result["by"] = {column: breakdown(rows, samples, column) for column in by}
    if style_column:

        def open_style(name: str) -> Predictor:
            return Predictor(paths, image_size=image_size, **{**refinement, "style": name})

        result["by_style"] = {
            style_column: style_scores(
                predictor, samples, rows, style_column, open_style=open_style, styles=styles, console=console
            )
        }
    if worst is not None:
        write_worst(predictor, samples, rows, worst)
    return rows, result


def evaluate_folder(
    masks: Path | str,
    dataset: str,
    data_dir: Path | str,
    *,
    split: str | None = None,
    split_dir: Path | None = None,
    console: Any = None,
    surface: bool = False,
    spacing: Spacing | None = None,
    by: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a folder of mask files on a data set; arguments as of `keras-rau evaluate --masks`.

    Args:
        masks: the folder, see `evaluate_masks`.
        dataset: name of the source.
        data_dir: its folder.
        split: which of the sets of `split_dir` to score; all images of the data set when `None`.
        split_dir: folder of lists, such as `runs/first/split`.
        console: `rich.console.Console` for a progress bar.
        surface: add the scores of the outline.
        spacing: millimetres per pixel of the masks, for `surface`.
        by: columns to group the scores by.
        options: of `datasets.load`.

    Returns:
        What `evaluate_masks` returns; the summary also says what was scored on what, and holds `by`.

    Raises:
        UsageError: only one of `split` and `split_dir` is given.
        RauError: the masks or the data cannot be used.

    Example:
        >>> rows, result = evaluate_folder("masks", "isic2018", "ISIC2018", split="test", split_dir="runs/first/split")
    """
    from keras_rau.environment import versions

    wanted = None if split == "all" else split
    if (wanted is None) != (split_dir is None):
        raise UsageError(
            "To score the masks of one set, name it and the folder of its lists: --split test --split-dir runs/first/split."
        )
    samples = listed_samples(dataset, Path(data_dir), wanted, split_dir, options or {})
    check_columns(samples, by)
    rows, summary = evaluate_masks(masks, samples, surface=surface, spacing=spacing, console=console)
    result = {**summary, "masks": str(masks), "dataset": dataset, "split": wanted or "all", "versions": versions()}
    if by:
        result["by"] = {column: breakdown(rows, samples, column) for column in by}
    return rows, result

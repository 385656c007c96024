"""The images that models are scored on."""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_rau.datasets.files import existing_folder
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.registry import load
from keras_rau.datasets.splitting.leaking import identity
from keras_rau.datasets.splitting.split_files import apply_split, read_split
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.strangers import one_line, shown
from keras_rau.yaml_text import read_yaml

# Sources whose folders are different data sets; a set of the run's own lists is its own wherever it lies now.
_PLACES = ("folder", "phantom")


def chosen_samples(
    path: Path | Sequence[Path],
    dataset: str,
    data_dir: Path,
    split: str | None,
    options: Mapping[str, Any] | None = None,
    *,
    console: Any = None,
) -> list[Sample]:
    """Return the samples of the set that a model was trained, chosen or to be tested on.

    All for `"all"`, with a warning when some were trained on; all for `None`, if none was. Of several models each must have
    had the same set.

    Args:
        path: model file, or several that are scored together.
        dataset: name of the source.
        data_dir: its folder.
        split: the set.
        options: of `datasets.load`; they go over those of the run that the model is in, if that was trained on `dataset`.
        console: where the options of the run are said.
    """
    from keras_rau.export import read_sidecar

    paths = [path] if isinstance(path, Path) else list(path)
    place = None if split not in (None, "all") else Path(data_dir)
    options = {**_options_of_runs(paths, dataset, place, options or {}, console), **(options or {})}
    # A missing folder of phantoms would be drawn.
    samples = load(dataset, existing_folder(data_dir), **options)
    infos = [read_sidecar(one) for one in paths]
    if split in (None, "all"):
        _check_ids(infos, dataset, options, paths, asked=split == "all")
        _check_not_seen(infos, samples, paths, asked=split == "all")
        return samples
    for one, info in zip(paths, infos, strict=True):
        if "split" not in info:
            raise RauError(f"No lists of images came with {one}, so that its {split} set is unknown. Use --split all.")
        if info.get("dataset") != dataset:
            raise UsageError(
                f"{one} was trained on {info.get('dataset')}; its {split} set says nothing about {dataset}. Use --split all."
            )
    first = infos[0]["split"][split]
    for one, info in zip(paths[1:], infos[1:], strict=True):
        if set(info["split"][split]) != set(first):
            raise RauError(
                f"{paths[0]} and {one} have different {split} sets: of the folds of a cross-validation each has seen images "
                "that another is tested on. Score them one by one, or together on images that none has seen, with --split all."
            )
    return apply_split({split: first}, samples, f"the {split} set of {paths[0].name}")[split]


def listed_samples(
    dataset: str, data_dir: Path, split: str | None, split_dir: Path | None, options: Mapping[str, Any]
) -> list[Sample]:
    """Return the samples of a data set, or those of a set that lists in a folder name."""
    samples = load(dataset, existing_folder(data_dir), **options)
    if split_dir is None:
        return samples
    lists = read_split(split_dir)
    return apply_split({split: lists[split]}, samples, f"the lists in {split_dir}")[split] if split else samples


def _options_of_runs(
    paths: Sequence[Path], dataset: str, place: Path | None, given: Mapping[str, Any], console: Any
) -> dict[str, Any]:
    """Options of the source that the runs were trained with, where they were trained on this data set."""
    found: dict[str, Any] = {}
    for path in paths:
        run, options = _options_of_run(path, dataset, place)
        for key, value in options.items():
            if key in found and found[key] != value and key not in given:
                raise RauError(
                    f"The models were trained with different data options, {key}: {found[key]} and {value}. Say which with "
                    f"--option {key}=VALUE."
                )
            found[key] = value
        used = {key: value for key, value in options.items() if key not in given}
        if used and console is not None:
            words = ", ".join(f"{key}={value}" for key, value in used.items())
            console.print(f"data options of {run}: {words}", highlight=False, markup=False, soft_wrap=True)
    return found


def _options_of_run(path: Path, dataset: str, place: Path | None) -> tuple[Path, dict[str, Any]]:
    run = path.parent.parent
    config = run / "config.yaml"
    if path.suffix != ".keras" or path.parent.name != "checkpoints" or not config.is_file():
        return run, {}
    # As the training has checked and written it: no other setting matters here.
    tree = read_yaml(config)
    data = tree.get("data") if isinstance(tree, dict) else None
    options = (data.get("options") or {}) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(options, dict):
        raise DataError(
            f"{config} is not the configuration of a training: 'data' and 'data.options' must be mappings. Restore it, or "
            f"move {path.name} elsewhere to score it without the settings of its training."
        )
    same = data.get("dataset") == dataset
    if dataset in _PLACES and place is not None:
        folder = data.get("data_dir")
        same = same and folder is not None and os.path.realpath(str(folder)) == os.path.realpath(place)
    classes = data.get("classes")
    return run, {**options, **({} if classes is None else {"classes": classes})} if same else {}


def _check_ids(
    infos: Sequence[dict[str, Any]], dataset: str, options: Mapping[str, Any], paths: Sequence[Path], asked: bool
) -> None:
    """Ids by another rule than those of the training would hide that a model has seen these images."""
    now = options.get("ids") or "name"
    for path, info in zip(paths, infos, strict=True):
        then = info.get("ids") or "name"
        if info.get("dataset") != dataset or "split" not in info or then == now:
            continue
        text = (
            f"{path} was trained with ids={shown(then)}, and these images are listed with ids={shown(now)}: which of them it "
            "has seen cannot be told"
        )
        if not asked:
            raise RauError(f"{text}. Say --option ids={one_line(str(then))}, or --split all to score them anyway.")
        warnings.warn(f"{text}, and the scores may say little about new images.", stacklevel=3)


def _check_not_seen(
    infos: Sequence[dict[str, Any]], samples: Sequence[Sample], paths: Sequence[Path], asked: bool
) -> None:
    """Scores on images a model was trained or chosen on say nothing; ids of the archive tell across data sets."""
    from keras_rau.datasets.splitting.leaking import chosen_by, trained_on

    seen = {name for info in infos for name in trained_on(info) | chosen_by(info)}
    known = [sample.id for sample in samples if identity(sample.id, sample.source) in seen]
    if not known:
        return
    which = f"the model {paths[0].name}" if len(paths) == 1 else f"one of the {len(paths)} models"
    text = f"{len(known)} of these {len(samples)} images were trained on or used to choose {which}"
    if asked:
        warnings.warn(f"{text}: the scores say little about new images.", stacklevel=2)
        return
    kept_aside = "--split test for the images kept aside, or " if samples[0].source == infos[0].get("dataset") else ""
    raise RauError(f"{text}, among them {', '.join(known[:3])}. Name {kept_aside}--split all to score them anyway.")

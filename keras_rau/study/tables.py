"""The results of a study as Markdown, CSV and LaTeX."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from keras_rau.csv_text import safe
from keras_rau.evaluation.scores import KEYS
from keras_rau.markdown import table as _table
from keras_rau.study.costs import cost_table, published_table

_SHOWN = {
    "dice": "Dice",
    "iou": "IoU (lesion)",
    "miou": "mIoU (lesion and background)",
    "threshold_jaccard": "threshold Jaccard",
}


def markdown(results: dict[str, Any], plots: Sequence[str] = ()) -> str:
    """The whole page of a study.

    Args:
        results: what `collect` or `collect_transfer` returned.
        plots: names of image files beside the page.
    """
    parts = [f"# {results['title']}: {' and '.join(results['datasets'])}", _caption(results), _main_table(results)]
    if results.get("missing"):
        missing = "; ".join(f"{label} (without {', '.join(cells)})" for label, cells in results["missing"].items())
        parts.append(f"Not finished yet, and not in the tables: {missing}.")
    parts += [" ".join(results["remarks"])] if results.get("remarks") else []
    parts += [cost_table(results), _differences(results)]
    # With one epoch, that is the main table once more.
    if any(len(row.get("at", ())) > 1 for row in results["rows"]) or "paper" in results:
        parts += [_by_epoch(results, key) for key in ("dice", "iou", "miou")]
    if "published" in results:
        parts.append(published_table(results))
    if "paper" in results:
        parts.append(_paper(results))
    if "paper_networks" in results:
        parts.append(_paper_networks(results["paper_networks"]))
    parts += [_groups(column, by_label) for column, by_label in results.get("groups", {}).items()]
    parts += [f"![{name.removesuffix('.png').replace('_', ' ')}]({name})" for name in plots]
    return "\n\n".join(part for part in parts if part) + "\n"


def latex(results: dict[str, Any]) -> str:
    """The main table, for the package booktabs."""
    header, rows = _main_rows(results)
    lines = [
        f"% {results['command'] or results['title']}",
        rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        r"\toprule",
        " & ".join(_escape(cell) for cell in header) + r" \\",
        r"\midrule",
        *(" & ".join(_escape(cell) for cell in row) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines)


def long_csv(results: dict[str, Any]) -> str:
    """One line for each row, checkpoint and score."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "checkpoint", "score", "mean", "low95", "high95", "images", "seeds"])
    for row in results["rows"]:
        for checkpoint, summary in {"chosen on validation": row["chosen"], **row.get("at", {})}.items():
            for key in KEYS:
                low, high = summary["ci95"][key]
                values = [f"{value:.6f}" for value in (summary[key], low, high)]
                writer.writerow([safe(row["label"]), checkpoint, key, *values, summary["n_images"], len(row["cells"])])
    return text.getvalue()


def _caption(results: dict[str, Any]) -> str:
    config, machine = results["settings_of_first"], results["machine"]
    counts = "; ".join(
        f"{name} {images['train']} / {images['val']} / {images['test']}" for name, images in results["images"].items()
    )
    models = ", ".join(f"`{name}`" for name in results["models"])
    size = "×".join(str(side) for side in config["data"]["image_size"])
    seeds = ", ".join(str(seed) for seed in results["seeds"])
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    trained = sorted({_revision(each["git"]) for each in results["trainings"].values()})
    return "\n".join(
        [
            *([f"`{results['command']}`", ""] if results["command"] else []),
            f"Model {models} at {size} pixels, batch size {config['batch_size']}, seeds {seeds}; "
            f"images for training / validation / test: {counts}. The checkpoint is chosen on validation images, the scores "
            "are means over test images at their own size (of several seeds the mean per image), with 95 % bootstrap "
            "intervals over images: they say how well the images are sampled, not how much another seed would change.",
            "",
            f"{versions}; {machine['cpu']}, {machine['cores']} cores; git {_revision(results['git'])}, trained with "
            f"{', '.join(trained)}.",
        ]
    )


def _revision(git: str | None) -> str:
    commit, plus, changes = (git or "unknown").partition("+")
    return f"{commit[:10]}{plus}{changes}"


def _main_table(results: dict[str, Any]) -> str:
    return _table(*_main_rows(results))


def _main_rows(results: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    several = len(results["seeds"]) > 1
    header = [
        "",
        "parameters",
        "epoch chosen",
        *_SHOWN.values(),
        *(["Dice by seed"] if several else []),
        "fit, minutes",
    ]
    rows = [
        [
            row["label"],
            f"{row['parameters']:,}",
            ", ".join(str(epoch) for epoch in row["chosen_epochs"]),
            *(_with_interval(row["chosen"], key) for key in _SHOWN),
            *([", ".join(f"{dice:.4f}" for dice in row["dice_by_seed"])] if several else []),
            " + ".join(_minutes(results["trainings"][name]) for name in row["cells"]),
        ]
        for row in results["rows"]
    ]
    return header, rows


def _minutes(training: dict[str, Any]) -> str:
    # What a resumed training took before is not known.
    return f"{'> ' if training['starts'] > 1 else ''}{training['seconds_in_fit_of_last_start'] / 60:.1f}"


def _differences(results: dict[str, Any]) -> str:
    if not results["differences"]:
        return ""
    against = results.get("reference", "the model that was trained there")
    rows = [
        [
            label,
            f"{100 * one['difference']:+.2f}",
            f"{100 * one['ci95'][0]:+.2f} to {100 * one['ci95'][1]:+.2f}",
            f"{one['p_holm']:.2g}",
            f"{one['wins']} / {one['ties']} / {one['losses']}",
        ]
        for label, one in results["differences"].items()
    ]
    header = ["", "Dice points", "95 % interval", "p (Wilcoxon, Holm)", "better / equal / worse"]
    return f"## Paired differences against {against}\n\n" + _table(header, rows)


def _by_epoch(results: dict[str, Any], key: str) -> str:
    epochs = list(results["rows"][0]["at"])
    paper = results.get("paper", {}).get("losses", {})
    rows = []
    for row in results["rows"]:
        chosen = {str(epoch) for epoch in row["chosen_epochs"]}
        values = [(_with_interval(row["at"][epoch], key), epoch in chosen) for epoch in epochs]
        rows.append([row["label"], *(f"**{text}**" if bold else text for text, bold in values)])
        printed = [paper.get(row["label"], {}).get(epoch, {}).get(key) for epoch in epochs]
        if any(value is not None for value in printed):
            rows.append([f"{row['label']}, paper", *("" if value is None else f"{value:.4f}" for value in printed)])
    title = f"## {_SHOWN[key]} by epoch, test images\n\nBold: chosen on validation images, by at least one seed.\n\n"
    return title + _table(["", *(f"@{epoch}" for epoch in epochs)], rows)


def _paper(results: dict[str, Any]) -> str:
    paper = results["paper"]
    epochs = list(next(iter(paper["losses"].values())))
    rows = [
        [label, *(f"{at[epoch]['dice']:.4f} / {at[epoch]['miou']:.4f}" for epoch in epochs)]
        for label, at in paper["losses"].items()
    ]
    remark = f" {paper['remark']}" if paper["remark"] else ""
    return f"## The paper\n\n{paper['text']}{remark}\n\n" + _table(
        [paper["column"], *(f"@{epoch}" for epoch in epochs)], rows
    )


def _paper_networks(paper: dict[str, Any]) -> str:
    rows = [
        [name, "" if row["millions"] is None else f"{row['millions']:g}", f"{row['dice']:.4f}", f"{row['miou']:.4f}"]
        for name, row in paper["networks"].items()
    ]
    return f"## The paper\n\n{paper['remark']}\n\n" + _table(["network", "million parameters", "Dice", "mIoU"], rows)


def _groups(column: str, by_label: dict[str, Any]) -> str:
    groups = list(next(iter(by_label.values())))
    counts = next(iter(by_label.values()))
    rows = [
        [group, str(counts[group]["n_images"]), *(_with_interval(by_label[label][group], "dice") for label in by_label)]
        for group in groups
    ]
    return f"## Dice by {column.replace('_', ' ')}\n\n" + _table(["", "images", *by_label], rows)


def _with_interval(summary: dict[str, Any], key: str) -> str:
    low, high = summary["ci95"][key]
    return f"{summary[key]:.4f} ({low:.3f}–{high:.3f})"


def _escape(text: str) -> str:
    for sign, name in (("&", r"\&"), ("%", r"\%"), ("_", r"\_"), ("–", "--")):
        text = text.replace(sign, name)
    return text

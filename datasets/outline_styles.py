"""Outline styles of samples, as numbers for the pipeline."""

from collections.abc import Mapping, Sequence

from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

UNKNOWN = -1


def style_numbers(
    samples: Sequence[Sample],
    column: str,
    names: Sequence[str],
    *,
    values: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
) -> list[int]:
    """Return the number of each sample's outline style, for `pipeline(samples, styles=…)`.

    Args:
        samples: the samples.
        column: column of their metadata that says who or what drew an outline, such as `"tool"`.
        names: outline styles of the model, in its order.
        values: name of the style of each value of the column; values are the names themselves when `None`. A value that is not
            listed is of no known style.
        sources: name of the style of all samples of a source, such as `{"ph2": "tight"}`.

    Returns:
        One number per sample: the place of its style in `names`, or −1.

    Raises:
        DataError: no sample has a known style, or `values` or `sources` name a style that is not among `names`.

    Example:
        >>> style_numbers(samples, "tool", ("tight", "loose"), values={"T2": "tight", "T1": "loose"})[:3]
        [-1, 0, 1]
    """
    values = {name: name for name in names} if values is None else values
    sources = sources or {}
    strange = sorted({*values.values(), *sources.values()} - {*names})
    if strange:
        raise DataError(f"Unknown outline style {strange[0]!r}. Styles of the model: {', '.join(names)}.")
    places = {name: place for place, name in enumerate(names)}

    def number(sample: Sample) -> int:
        style = sources.get(sample.source) or values.get(str(sample.metadata.get(column)))
        return UNKNOWN if style is None else places[style]

    found = [number(sample) for sample in samples]
    if samples and set(found) == {UNKNOWN}:
        there = sorted({str(sample.metadata[column]) for sample in samples if column in sample.metadata})
        held = f"its values are {', '.join(there[:10])}" if there else "no image has it"
        raise DataError(
            f"No image has a known outline style: column {column!r}, {held}; known are {', '.join(values)}."
        )
    return found

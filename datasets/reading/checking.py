"""Everything that can be wrong with the files of a data set, found before training."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from keras_rau.datasets.classes.occurrence import absent_classes
from keras_rau.datasets.files import listed
from keras_rau.datasets.findings import Finding, remedies
from keras_rau.datasets.reading.examination import Examination, between, examine
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_HEADLINES = {
    "suffix_differs": "Files of another kind than their names say",
    "several_pictures": "Files with several pictures",
    "image_constant": "Images of a single colour",
    "bit_depth_guessed": "16-bit images that do not say how many bits they use",
    "orientation_ambiguous": "Masks that may be turned otherwise than their images",
    "mask_inverted": "Masks in which lesion and skin seem exchanged",
    "mask_numbers_differ": "Masks that may be numbers of classes",
    "mask_empty": "Masks without any lesion",
    "mask_full": "Masks that are lesion everywhere",
    "same_picture": "Pictures under several ids",
    "class_absent": "Classes that never occur",
}


def check(samples: Sequence[Sample], progress: Callable[[], None] | None = None) -> None:
    """Decode every image and mask once and report everything that is wrong in one error.

    What is only doubtful, such as an empty mask, is warned of, once per kind, when nothing is wrong.

    Args:
        samples: what `load` returned.
        progress: called once per sample.

    Raises:
        DataError: there are no samples; an id occurs twice; a file is missing, unreadable or truncated; a mask holds
            grey values; image and mask differ in size. The message counts the problems and names the first ten.

    Example:
        >>> check(load("isic2018", "ISIC2018"))
    """
    if not samples:
        raise DataError("There are no samples to check.")

    def inspect(sample: Sample) -> Examination:
        try:
            return examine(sample).without_pixels()
        finally:
            if progress is not None:
                progress()

    # Decoding leaves Python's lock, so that threads use all cores.
    with ThreadPoolExecutor() as pool:
        examinations = list(pool.map(inspect, samples))
    findings = [finding for examination in examinations for finding in examination.findings] + between(examinations)
    findings += absent_classes(examinations)
    problems = [
        f"the id {name} occurs {count} times" for name, count in Counter(s.id for s in samples).items() if count > 1
    ]
    wrong = [finding for finding in findings if finding.severity == "error"]
    problems += [finding.message for finding in wrong]
    if problems:
        headline = f"{len(problems)} problem(s) in {len(samples)} samples of {samples[0].source}"
        raise DataError(
            "\n".join([listed(headline, problems), *(remedies(wrong) or ["Repair or remove these files."])])
        )
    _warn(findings)


def _warn(findings: Iterable[Finding]) -> None:
    doubtful: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity == "warning":
            doubtful.setdefault(finding.kind, []).append(finding)
    for kind, found in doubtful.items():
        text = listed(f"{_HEADLINES[kind]} ({len(found)})", [finding.message for finding in found])
        warnings.warn("\n".join([text, *remedies(found)]), stacklevel=3)

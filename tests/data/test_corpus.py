"""Every data set of the corpus gives the findings it should, and no others."""

import json
import re
import warnings

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.datasets.classes.occurrence import absent_classes
from keras_rau.datasets.findings import KINDS, errors
from keras_rau.datasets.reading.examination import between, examine
from keras_rau.errors import DataError
from tests.data.corpus import Case, make, names

# What only the statistics of a whole data set say; three drawn images have none.
_STATISTICS = {"class_imbalance", "area_imbalance", "outlier", "resized_copy", "drift", "skew", "schema_anomaly"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> list[Case]:
    return make(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def case(request, corpus) -> Case:
    return next(one for one in corpus if one.name == request.param)


every_case = pytest.mark.parametrize("case", names(), indirect=True)


def _compare(findings, expected):
    # Few of the drawn sets have groups; those that expect this note have it checked.
    if "groups_missing" not in [kind for kind, _ in expected]:
        findings = [finding for finding in findings if finding.kind != "groups_missing"]
    said = [f"{finding.kind}: {finding.message}" for finding in findings]
    assert sorted(finding.kind for finding in findings) == sorted(kind for kind, _ in expected), said
    left = list(findings)
    for kind, pattern in expected:
        fitting = [one for one in left if one.kind == kind and re.search(pattern, one.message)]
        assert fitting, (kind, pattern, said)
        left.remove(fitting[0])
        assert fitting[0].severity == KINDS[kind]
        assert "\n" not in fitting[0].message


@every_case
def test_survey_and_examination(case):
    if case.refused is not None:
        with pytest.raises(DataError, match=case.refused):
            datasets.survey(case.dataset, case.root, **case.options)
        return
    listing = datasets.survey(case.dataset, case.root, **case.options)
    examinations = [examine(sample) for sample in listing.samples]
    findings = [
        *listing.findings,
        *(one for each in examinations for one in each.findings),
        *between(examinations),
        *absent_classes(examinations),
    ]
    _compare(findings, case.expected)


@every_case
def test_load_and_check(case):
    def look():
        datasets.check(datasets.load(case.dataset, case.root, **case.options))

    fatal = [(kind, pattern) for kind, pattern in case.expected if KINDS[kind] == "error"]
    doubtful = [pattern for kind, pattern in case.expected if KINDS[kind] == "warning"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if case.refused or fatal:
            with pytest.raises(DataError) as error:
                look()
    if case.refused or fatal:
        for pattern in [case.refused] if case.refused else [pattern for _, pattern in fatal]:
            assert re.search(pattern, str(error.value)), str(error.value)
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        look()
    said = "\n".join(str(one.message) for one in caught)
    assert bool(said) == bool(doubtful), said
    for pattern in doubtful:
        assert re.search(pattern, said), said


@every_case
def test_validation(case):
    if case.refused is not None:
        with pytest.raises(DataError, match=case.refused):
            datasets.validate(case.dataset, case.root, case.options, use_tfdv=False)
        return
    result = datasets.validate(case.dataset, case.root, case.options, use_tfdv=False)
    findings = [finding for finding in result.findings if finding.kind not in _STATISTICS]
    _compare(findings, (*case.expected, *case.related))
    assert bool(errors(findings)) == any(KINDS[kind] == "error" for kind, _ in (*case.expected, *case.related))


def test_pixels(corpus):
    read = [case for case in corpus if case.pixels]
    assert len(read) >= 25
    for case in read:
        samples = {sample.id: sample for sample in datasets.survey(case.dataset, case.root, **case.options).samples}
        for name, (image, mask) in case.pixels.items():
            found_image, found_mask = datasets.read_pair(
                samples[name].image, samples[name].mask, bit_depth=samples[name].bit_depth
            )
            np.testing.assert_allclose(found_image.astype(int), image, atol=case.tolerance, err_msg=case.name)
            np.testing.assert_array_equal(found_mask, mask, err_msg=case.name)


def test_the_corpus_is_large_and_shows_every_kind_that_files_can_have(corpus):
    assert len([case for case in corpus if case.expected or case.related or case.refused]) >= 45
    assert {case.dataset for case in corpus} == set(datasets.names()) - {"phantom"}
    shown = {kind for case in corpus for kind, _ in (*case.expected, *case.related)}
    assert shown == set(KINDS) - _STATISTICS - {"split_unusable"}


def test_the_table_beside_the_files(corpus):
    root = next(case.root for case in corpus if case.root.name == case.name).parent
    table = json.loads((root / "corpus.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in table] == [case.name for case in corpus]
    assert all((root / row["root"]).is_dir() for row in table)

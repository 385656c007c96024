"""Every layer through the harness."""

import pytest

from tests.harness import check_layer
from tests.layers.cases import CASES


@pytest.mark.parametrize("case", CASES)
def test_layer(case, tmp_path):
    check_layer(*CASES[case], tmp_path)

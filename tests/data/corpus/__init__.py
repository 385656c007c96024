"""Broken and odd data sets, drawn: what `survey`, `examine`, `check` and `validate` must say about each, and nothing else."""

from tests.data.corpus.cases import Case as Case
from tests.data.corpus.cases import make as make
from tests.data.corpus.cases import names as names

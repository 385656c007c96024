"""Draw the corpus into a folder: `python -m tests.data.corpus FOLDER`, from the root of the repository."""

import sys
from pathlib import Path

from tests.data.corpus import make

if len(sys.argv) != 2:
    sys.exit("Name one new folder: python -m tests.data.corpus FOLDER")
cases = make(Path(sys.argv[1]))
print(f"{len(cases)} data sets are in {sys.argv[1]}; corpus.json says what is odd about each.")

"""The code of the pages runs, with few and small images."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.docs.snippets import PAGES, ROOT, snippets
from tests.docs.stage import make_models, make_stage

# Each page in a process of its own. These pages have not been run from top to bottom yet: take each out once it passes.
NOT_YET = {
    "README.md",
    *(f"docs/how-to/{name}.md" for name in ("configure", "distill", "export", "fast-pipelines", "monitor", "own-data")),
    *(f"docs/how-to/{name}.md" for name in ("python", "resume", "scale", "several-classes", "splits", "study")),
    *(f"docs/how-to/{name}.md" for name in ("tour", "validate", "which-loss")),
    "docs/reference/models.md",
    "docs/reference/systems.md",
}
RUN = [
    page
    for page in PAGES
    if any(snippet.reason is None for snippet in snippets(page)) and str(page.relative_to(ROOT)) not in NOT_YET
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "stage"
    folder.mkdir()
    make_stage(folder)
    make_models(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page, stage, tmp_path):
    folder = tmp_path / "here"
    shutil.copytree(stage, folder)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
    # The repository comes last in the path: it is the installed package that runs, not its source folder.
    begin = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module('tests.docs.run_page', run_name='__main__')"
    command = [sys.executable, "-P", "-c", begin, str(ROOT), str(page)]
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-2000:]

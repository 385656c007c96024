"""Run the code of one page from top to bottom, in this folder: python -P -m tests.docs.run_page PAGE."""

import os
import re
import shlex
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.docs.snippets import Snippet, small_command, small_python, snippets

# What a reader has already where a page begins in the middle of a program; by page, and for all.
_DATA = """
import keras
from keras_rau import datasets, export, losses, metrics, models
from keras_rau.datasets import pipeline
samples = datasets.load("phantom", "given", n=16, size=48)
train, val, test = datasets.split(samples, (0.5, 0.25, 0.25), seed=0)
"""
_MODEL = """
model = models.from_preset("rau_net_nano", weights=None, input_shape=(32, 32, 3), depth=2)
model.compile("adam", loss=losses.CompoundLoss(), metrics=[metrics.DiceScore()])
"""
_SETS = "train, val = pipeline(train, 32, batch_size=4), pipeline(val, 32, batch_size=4)\n"
_FREE = "import shutil\nshutil.rmtree('runs/second')\n"
_MASKS = """
import shutil
from pathlib import Path
test = Path("runs/first/split/test.txt").read_text().split()
for path in Path("ISIC2018").rglob("*_segmentation.png"):
    for folder in ["masks"] + ["test-masks"] * (path.name[:12] in test):
        Path(folder).mkdir(exist_ok=True)
        shutil.copy(path, Path(folder, path.name.replace("segmentation", "mask")))
"""
GIVEN = {
    "docs/how-to/scores.md": _MASKS,
    "docs/how-to/augment.md": _DATA + "pairs = pipeline(train, 32).unbatch()\n",
    "docs/how-to/configure.md": _DATA + _MODEL + _FREE + "train_data = pipeline(train, 32, batch_size=4)\n",
    "docs/how-to/distill.md": _DATA + "train_ds = pipeline(train, 192)\n",
    "docs/how-to/monitor.md": _DATA + _MODEL + _SETS,
    "docs/how-to/preprocess.md": _DATA + "import tensorflow as tf\ndataset = pipeline(train, 32).unbatch()\n",
    "docs/how-to/scale.md": "import os\n" + _DATA + _MODEL,
    "docs/how-to/study.md": _DATA + _MODEL,
    "docs/how-to/which-loss.md": _DATA + _MODEL,
}


def _lines(code: str) -> list[str]:
    """Return the commands of a piece of shell code."""
    joined = code.replace("\\\n", " ").splitlines()
    return [line.strip() for line in joined if line.strip() and not line.lstrip().startswith("#")]


def _run_shell(snippet: Snippet, variables: dict[str, str]) -> None:
    from keras_rau.cli import app

    for line in _lines(snippet.code):
        for name, value in variables.items():
            line = line.replace(f"${name}", value)
        words = shlex.split(line, comments=True)
        name, assigned, value = words[0].partition("=")
        if assigned and len(words) == 1:
            variables[name] = value
        elif words[0] == "keras-rau":
            words = small_command(words[1:])
            if words[0] == "train" and "--resume" not in words and "--output" in words:
                # The run of this name on the stage is for pages that do not train it.
                shutil.rmtree(words[words.index("--output") + 1], ignore_errors=True)
            print("$ keras-rau", shlex.join(words), flush=True)
            status = app(words, standalone_mode=False) or 0
            # 3: the data were validated, and something was found.
            if status not in ((0, 3) if words[0] == "validate" else (0,)):
                raise RuntimeError(f"status {status} of: keras-rau {shlex.join(words)}")
        else:
            raise RuntimeError(f"not a keras-rau command, and not marked as not run: {line}")


def run(page: Path) -> int:
    """Run a page; returns how many pieces of it failed."""
    failed = 0
    names: dict[str, Any] = {"__name__": "__main__"}
    variables: dict[str, str] = {}
    # A configuration that begins with its name is a file.
    for name, text in re.findall(r"^```yaml\n# (\S+\.yaml)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        Path(name).write_text(text)
    exec(GIVEN.get(str(page.relative_to(Path(__file__).parents[2])), ""), names)
    for snippet in snippets(page):
        if snippet.reason:
            continue
        print(f"\n== {snippet.page}:{snippet.line}", flush=True)
        try:
            if snippet.language == "python":
                exec(compile(small_python(snippet.code), f"{snippet.page}:{snippet.line}", "exec"), names)
            else:
                _run_shell(snippet, variables)
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"FAILED {snippet.page}:{snippet.line}", flush=True)
    return failed


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    sys.exit(min(run(Path(sys.argv[1]).resolve()), 99))

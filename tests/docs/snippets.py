"""The pieces of code in the Markdown pages, and the words that make them small enough for a test."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*/*.md"))]
_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?(?P<fence>```+)(?P<language>[\w{}-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_RUN = {"python", "sh", "bash"}


@dataclass(frozen=True)
class Snippet:
    """One piece of code; `reason` says why it is not run."""

    page: str
    line: int
    language: str
    code: str
    reason: str | None


def snippets(page: Path) -> list[Snippet]:
    """Return the Python and shell code of a page, and what is marked as not run."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        if match["language"] in _RUN or match["reason"]:
            line = text[: match.start("code")].count("\n") + 1
            name = str(page.relative_to(ROOT))
            found.append(Snippet(name, line, match["language"], match["code"], match["reason"]))
    return found


def small_python(code: str) -> str:
    """Return Python code with small images and one epoch."""
    code = re.sub(r"\((?:128|192|256|352), (?:128|192|256|352), 3\)", "(32, 32, 3)", code)
    code = re.sub(r"image_size=(?:\d{3}|\(\d+, \d+\))", "image_size=32", code)
    code = re.sub(r"(pipeline\(\w+, )(?:128|256)", r"\g<1>32", code)
    return re.sub(r"epochs=\d+", "epochs=1", code)


# Not the size of a training, but its words are tested.
_SMALL = ["--epochs", "1", "--image-size", "32"]
_NANO = ["--model", "rau_net_nano", "--set", "model.depth=2"]
_TRAINING = ["--dataset", "isic2018", "--data-dir", "ISIC2018"]
_LENIENT = ["--max-abs", "1", "--min-mean-dice", "0", "--min-dice", "0"]


def _without(words: list[str], *options: str) -> list[str]:
    found = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = True
        else:
            found.append(word)
    return found


def small_command(words: list[str]) -> list[str]:
    """Return the words of a `keras-rau` command, for few and small images."""
    if "…" in words:
        place = words.index("…")
        words = words[:place] + _TRAINING * ("--dataset" not in words) + words[place + 1 :]
    if words[0] == "train" and not {"--print-config", "--list-configs"} & set(words):
        # Of our models the smallest; without --model it is the default, unless a ready configuration stands first.
        large = words[words.index("--model") + 1].startswith("rau_net_") if "--model" in words else words[1][0] == "-"
        # A seed must come before TensorFlow has started.
        words = _without(words, "--epochs", "--image-size", "--seed", *(["--model"] if large else []))
        words += _SMALL + _NANO * large
    if words[0] == "find-lr":
        words += ["--image-size", "32"]
    if words[0] == "export" and "--all" in words:
        # The limits are the library's own, which a model of one epoch does not keep.
        words[words.index("--model") + 1] = "rau_net_nano"
    elif words[0] == "export" and "rau_net_lite" not in words:
        words += _LENIENT
    return words

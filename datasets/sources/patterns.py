"""Patterns of file names with one place for the id, such as `*/{id}/mask.png`."""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from keras_rau.datasets.files import IMAGE_SUFFIXES, composed

_PLACE = "{id}"


@dataclass(frozen=True)
class Pattern:
    """A pattern of file names, compared without regard to letter case.

    `{id}` stands for the id and is taken as long as possible, `*` for anything but a slash, `?` for one character.

    Attributes:
        text: the pattern; `/` separates folders.
        option: name of the option it came from, for messages.
        recursive: whether it may match in any folder below.

    Raises:
        ValueError: there is not exactly one `{id}`, the id would have no clear end, or the pattern leads elsewhere.

    Example:
        >>> Pattern("{id}_mask.png", "mask_pattern").identify("Lesion 7_mask.PNG")
        'Lesion 7'
    """

    text: str
    option: str
    recursive: bool = False
    _expression: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check()
        pieces = re.split(r"(\{id\}|\*|\?)", composed(self.text))
        # What a star stands for in the name of a folder tells files of the same name apart.
        last = max((number for number, piece in enumerate(pieces) if "/" in piece), default=-1)
        expression = "".join(
            _mark(piece, number < last or piece == _PLACE) or re.escape(piece) for number, piece in enumerate(pieces)
        )
        if self.recursive:
            expression = f"(?P<before>(?:.*/)?){expression}"
        object.__setattr__(self, "_expression", re.compile(expression, re.IGNORECASE))

    def _check(self) -> None:
        received = f"Received: {self.option}={self.text!r}"
        if not isinstance(self.text, str) or self.text.count(_PLACE) != 1:
            raise ValueError(f"`{self.option}` must hold {{id}} exactly once, such as '{{id}}_mask.png'. {received}")
        rest = self.text.replace(_PLACE, "")
        if "{" in rest or "}" in rest:
            raise ValueError(f"`{self.option}` may hold no braces but {{id}}. {received}")
        if re.search(r"\*\*|[*?]\{id\}|\{id\}[*?]", self.text):
            raise ValueError(f"`{self.option}` needs a character between {{id}} and * or ?, and no **. {received}")
        path = PurePosixPath(self.text)
        if path.is_absolute() or ".." in path.parts or "\\" in self.text:
            raise ValueError(f"`{self.option}` is relative to its folder, with / between folders. {received}")
        suffix = path.suffix.lower()
        if suffix not in IMAGE_SUFFIXES and not set("*?") & set(suffix) and not self.text.endswith("*"):
            kinds = ", ".join(sorted(IMAGE_SUFFIXES))
            raise ValueError(f"`{self.option}` must name files of one of these kinds: {kinds}. {received}")

    @property
    def literal(self) -> int:
        """How many characters are given; of two patterns that fit, the one with more is meant."""
        return len(re.sub(r"\{id\}|\*|\?", "", self.text))

    def identify(self, name: str | Path) -> str | None:
        """Id of a file, given its path within the folder; `None` if the pattern does not fit."""
        match = self._match(name)
        return match.group("id") if match else None

    def parts(self, name: str | Path) -> tuple[list[str], list[str]] | None:
        """Return what tells a file from others of its id: the folders before the pattern, and what its folders leave open.

        The second holds what each `*` of a folder and `{id}` stand for, in their order; `None` if the pattern does not fit.

        Example:
            >>> Pattern("*/images/{id}.png", "image_pattern").parts("train/images/1.png")
            ([], ['train', '1'])
        """
        match = self._match(name)
        if match is None:
            return None
        before, groups = "", list(match.groups())
        if self.recursive:
            before, *groups = groups
        return [part for part in before.split("/") if part], [group for group in groups if group]

    def _match(self, name: str | Path) -> re.Match[str] | None:
        return self._expression.fullmatch(composed(name if isinstance(name, str) else name.as_posix()))


def _mark(piece: str, kept: bool) -> str | None:
    marks = {_PLACE: r"(?P<id>[^/]+)", "*": r"[^/]*?", "?": r"[^/]"}
    found = marks.get(piece)
    return f"({found})" if found and kept and piece != _PLACE else found

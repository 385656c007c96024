"""Options that take several words."""

from typing import Any

from typer.core import TyperCommand

_SETTINGS = ("--set", "--other-set")


class ListsOfWords(TyperCommand):
    """Lets an option that may be repeated take several words: `--epochs 20 40 60`, or `--epochs 20,40,60`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each of its words."""
        lists = {name for one in self.params if getattr(one, "multiple", False) for name in one.opts}
        words: list[str] = []
        option = None
        for place, word in enumerate(args):
            name, equals, value = word.partition("=")
            if word.startswith("--"):
                option = name if name in lists else None
                if option is None:
                    words.append(word)
                    continue
                if not equals:
                    if place + 1 == len(args) or args[place + 1].startswith("--"):
                        ctx.fail(f"Option {option!r} takes one or more words.")
                    continue
                word = value
            if option is None:
                words.append(word)
                continue
            # A setting may hold commas.
            values = [word] if option in _SETTINGS else [part for part in word.split(",") if part]
            words += [each for value in values for each in (option, value)]
        return super().parse_args(ctx, words)

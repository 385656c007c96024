"""Pages made from the command line's own help."""

from pathlib import Path

import typer
from sphinx.application import Sphinx
from typer.cli import get_docs_for_click

from keras_rau.cli import app as commands
from site_build.reference_pages import write_page


def write(app: Sphinx) -> None:
    """Write reference/command-line.md."""
    command = typer.main.get_command(commands)
    # Whole, where Click would cut them to fit a terminal.
    for inner in command.commands.values():
        inner.short_help = (inner.help or "").split("\n\n")[0]
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="keras-rau", title="Command line")
    write_page(Path(app.srcdir) / "reference" / "command-line.md", text)

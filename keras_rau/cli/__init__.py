"""The command `keras-rau`."""

import os
import sys
import warnings
from typing import Annotated, Any

import typer
from rich.console import Console

from keras_rau._version import __version__
from keras_rau.cli import (
    clean_masks,
    compare,
    convert,
    demo,
    download,
    evaluate,
    export,
    find_lr,
    fit_style,
    models,
    predict,
    preview,
    serve_page,
    study,
    train,
    validate,
)
from keras_rau.errors import RauError, UsageError
from keras_rau.strangers import one_line

app = typer.Typer(
    name="keras-rau",
    help="Segment skin lesions in dermoscopy images with reverse-attention U-Nets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="--debug, anywhere on the line, shows the traceback of an error and TensorFlow's own messages.",
)
for module in (
    download,
    validate,
    clean_masks,
    preview,
    find_lr,
    train,
    evaluate,
    compare,
    convert,
    predict,
    fit_style,
    export,
    serve_page,
    models,
    demo,
):
    name = module.__name__.rpartition(".")[2]
    app.command(name.replace("_", "-"))(getattr(module, name))
app.add_typer(study.app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"keras-rau {__version__}")
        raise typer.Exit


# Without a callback Typer would take a single command for the whole program.
@app.callback()
def _commands(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def _warn(message: Warning | str, *_: Any) -> None:
    Console(stderr=True).print(f"warning: {message}", highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Run the command line; errors become one line and an exit status."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv = [word for word in sys.argv if word != "--debug"]
    else:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # google.api_core, which TensorFlow 2.16 imports, announces the end of old Pythons at every start.
        warnings.filterwarnings("ignore", category=FutureWarning, module="google")
        # One line, without the place in our code.
        warnings.showwarning = _warn
    for stream in (sys.stdout, sys.stderr):
        # A file name that is not UTF-8, or a terminal that cannot show a letter, must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Without it TensorFlow takes the whole memory of every GPU at once.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    try:
        app()
    except Exception as error:
        if debug:
            raise
        if isinstance(error, RauError):
            text = str(error)
        elif isinstance(error, OSError) and error.filename is not None and error.strerror:
            # A name that is too long, a folder without rights, a disk that fails: it can be met by any command.
            text = f"Cannot use {one_line(str(error.filename), 300)}: {error.strerror}."
        else:
            text = f"{type(error).__name__}: {error} (--debug shows where)"
        Console(stderr=True).print(f"error: {text}", highlight=False, markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)

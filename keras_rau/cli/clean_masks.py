"""keras-rau clean-masks."""

from pathlib import Path
from typing import Annotated

import typer


def clean_masks(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Folder of masks; nothing in it is changed.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="New folder, written when all is done.")],
    threshold: Annotated[
        float | None,
        typer.Option(help="Lesion is what lies above this share of the highest value; cuts probabilities, too."),
    ] = None,
    pattern: Annotated[str, typer.Option(help="Names of the files to take, such as '*_mask.png'.")] = "*",
) -> None:
    """Cut smoothed or compressed masks of a whole folder into masks of 0 and 255; masks of class numbers are refused."""
    from rich.console import Console
    from rich.progress import Progress

    from keras_rau.datasets.files import listed
    from keras_rau.datasets.reading.cleaning import clean_masks as clean
    from keras_rau.datasets.reading.cleaning import refusals
    from keras_rau.errors import RauError

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("cleaning", total=None)
        result = clean(
            source,
            target,
            threshold=threshold,
            pattern=pattern,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    if result.written:
        kept = len(result.written) - result.cut
        typer.echo(
            f"{len(result.written)} masks of 0 and 255: {result.folder} ({result.cut} were cut, {kept} had two values)"
        )
    if result.refused:
        lines, remedies = refusals(result)
        head = listed(f"{len(lines)} file(s) are not masks that can be cut, and were left out", lines)
        raise RauError("\n".join([head, *remedies]))

"""keras-rau models."""

from typing import Annotated

import typer


def models(
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the presets with their trainable parameters."""
    import json

    from rich.console import Console
    from rich.table import Table

    from keras_rau import pretrained
    from keras_rau.models.presets import PRESETS

    rows = [
        {
            "name": name,
            "parameters": preset.parameters,
            "weights": name in pretrained.names(),
            "loss": preset.loss,
            "description": preset.description,
        }
        for name, preset in PRESETS.items()
    ]
    if json_:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table()
    # Names and losses are there to be copied: only the description is wrapped.
    for header in ("name", "parameters", "trained\nweights", "published\nloss"):
        table.add_column(header, no_wrap=True)
    table.add_column("what it is")
    for row in rows:
        weights = "yes" if row["weights"] else "no"
        table.add_row(row["name"], f"{row['parameters']:,}", weights, row["loss"], row["description"])
    Console().print(table)

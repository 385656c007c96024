"""keras-rau serve-page."""

from pathlib import Path
from typing import Annotated

import typer

from keras_rau import pretrained
from keras_rau.cli.options import Model, Trust, existing_model


def serve_page(
    model: Model = pretrained.DEFAULT,
    output: Annotated[
        Path, typer.Option(help="Folder of the page: built when it is new or empty, else served as it is.")
    ] = Path("page"),
    port: Annotated[int, typer.Option(help="Port on this machine; 0 for a free one.", min=0, max=65535)] = 8000,
    registry: Annotated[str, typer.Option(help="Where LiteRT.js is fetched from.")] = "https://registry.npmjs.org",
    trust: Trust = False,
    build_only: Annotated[bool, typer.Option("--build-only", help="Build the folder, but do not serve it.")] = False,
) -> None:
    """Build a web page that outlines lesions in the browser, and serve it; nothing leaves the browser."""
    from keras_rau.errors import RauError
    from keras_rau.page.building import build_page, page_files
    from keras_rau.page.serving import page_server

    if not (output / "model.tflite").exists():
        build_page(existing_model(model), output, registry, trust=trust)
    elif model != pretrained.DEFAULT:
        raise RauError(f"{output} holds a page already. Name another --output for the page of {model}.")
    missing = sorted(name for name in page_files() if not (output / name).is_file())
    if missing:
        raise RauError(f"{output} is not a whole page: it lacks {', '.join(missing[:3])}. Name a new --output.")
    if build_only:
        typer.echo(f"page: {output} (any web server serves it, such as python -m http.server --directory {output})")
        return
    try:
        server = page_server(output, port)
    except OSError as error:
        raise RauError(f"Port {port} cannot be used: {error.strerror}. Name another with --port.") from error
    typer.echo(f"http://localhost:{server.server_port} serves {output}; stop with Ctrl+C")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        server.server_close()

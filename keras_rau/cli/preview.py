"""keras-rau preview."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_rau.cli.options import SourceOptions, as_settings, free_output, fresh_output, need_data_dir, resolve_config

_ENDINGS = (".png", ".jpg", ".jpeg")


def preview(
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Picture to write, .png or .jpg. Left out: preview.png, or the next free preview-2.png, …",
        ),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of the source; see the README for the layouts.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the source.")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file of a training; the other options go over it.")] = None,
    policy: Annotated[str | None, typer.Option(help="Augmentation: none, light, paper or strong.")] = None,
    preprocess: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Preprocessing step, shown beside the image; repeatable.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting of a training.")
    ] = None,
    option: SourceOptions = None,
    images: Annotated[int, typer.Option(min=1, help="Rows: images, spread over the training set.")] = 4,
    variants: Annotated[int, typer.Option(min=1, help="Columns: epochs of the training, from the first.")] = 5,
    image_size: Annotated[int | None, typer.Option(help="Side of the square the model sees, in pixels.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training; 0 without.")] = None,
) -> None:
    """Draw training images as the model would see them in the first epochs: resized, preprocessed, augmented."""
    from keras_rau.datasets.augmentation import get_policy
    from keras_rau.errors import UsageError

    if output is not None and output.suffix.lower() not in _ENDINGS:
        raise UsageError(f"--output must end in {', '.join(_ENDINGS)}. Received: {output}")
    given = {
        "data.dataset": dataset,
        "data.data_dir": str(data_dir) if data_dir else None,
        # A mapping, so that --set data.augment.rotation=90 can change it.
        "data.augment": {"name": policy} if policy else None,
        "data.preprocess": preprocess or None,
        "data.image_size": image_size,
        "seed": seed,
    }
    settings = resolve_config(config, given, [*as_settings(option), *(set_ or [])])
    get_policy(settings.data.augment)
    need_data_dir(settings)
    from keras_rau.evaluation.score_files import writable

    output = writable(fresh_output("preview.png") if output is None else free_output(output, "--output"))
    _write(settings, images, variants, output)
    typer.echo(f"preview: {output}")


def _write(settings: Any, images: int, variants: int, output: Path) -> None:
    from PIL import Image

    from keras_rau.datasets.augmentation import get_policy
    from keras_rau.datasets.preview import preview as rows_of
    from keras_rau.evaluation.contact_sheet import contact_sheet
    from keras_rau.training.data.split import load_split

    data = settings.data
    rows = rows_of(
        load_split(settings, check=False).train,
        get_policy(data.augment),
        data.image_size,
        images,
        variants,
        settings.seed or 0,
        data.resize,
        data.preprocess,
    )
    Image.fromarray(contact_sheet(rows)).save(output, quality=88)

"""Masks of very many images on Apache Beam: on several processes of this machine, or on a cluster."""

import json
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from keras_rau.datasets.beam_options import beam_options, worker_environment
from keras_rau.errors import RauError
from keras_rau.evaluation.prediction_plan import Job
from keras_rau.evaluation.regions import Outcome, Region


def segment_on_beam(
    model: Path | str | Sequence[Path | str],
    jobs: Sequence[Job],
    output: Path,
    runner: str,
    words: Sequence[str] = (),
    **options: Any,
) -> list[Outcome]:
    """Write the masks of images on Beam.

    Each process of a worker loads the model once, and its threads share it. Workers must see model, images and output under
    the same paths. What became of each image goes through files in the `temp_location` of the runner's options, which all
    machines of a cluster must share; without one, in a temporary folder of this machine.

    Args:
        model: model file, or several.
        jobs: images, and the names of their files.
        output: folder to write into.
        runner: name of a Beam runner, such as `"DirectRunner"`, `"FlinkRunner"` or `"DataflowRunner"`.
        words: its options, `NAME=VALUE`, as Beam names them.
        **options: of `Predictor`.

    Returns:
        What became of each image, in the order of `jobs`.

    Raises:
        RauError: Beam is not installed, or the pipeline failed; what was written until then stays.
    """
    settings = beam_options(runner, words)
    from apache_beam.options.pipeline_options import GoogleCloudOptions

    shared = settings.view_as(GoogleCloudOptions).temp_location
    with tempfile.TemporaryDirectory() as local:
        folder = f"{shared}/keras-rau-{uuid.uuid4().hex}" if shared else local
        try:
            models = [model] if isinstance(model, (str, Path)) else list(model)
            _run(
                [Path(os.path.realpath(one)) for one in models],
                jobs,
                Path(os.path.realpath(output)),
                settings,
                folder,
                options,
            )
            found = dict(_outcomes(folder))
        except Exception as error:
            raise RauError(
                f"The Beam pipeline failed: {type(error).__name__}: {error}. Masks that are finished stay; --resume goes on."
            ) from error
    return [_as_given(found[number], job.image) for number, job in enumerate(jobs)]


def _as_given(outcome: Outcome, image: Path) -> Outcome:
    """Return the outcome with the image as the user called it; workers need absolute paths."""
    return replace(outcome, image=image, error=outcome.error.replace(os.path.abspath(image), str(image)))


def _run(
    models: list[Path], jobs: Sequence[Job], output: Path, settings: Any, folder: str, options: dict[str, Any]
) -> None:
    import apache_beam as beam
    from apache_beam.utils.shared import Shared

    numbered = [(number, replace(job, image=Path(os.path.abspath(job.image)))) for number, job in enumerate(jobs)]
    segment = _Segment(models, output, options, Shared())
    with warnings.catch_warnings(), worker_environment(), beam.Pipeline(options=settings) as pipeline:
        warnings.simplefilter("ignore")
        _ = (
            pipeline
            | "Images" >> beam.Create(numbered, reshuffle=True)
            | "Segment" >> beam.Map(segment)
            | "Write outcomes" >> beam.io.WriteToText(f"{folder}/outcomes", ".jsonl")
        )


class _Segment:
    """Segments one image with the model that all threads of the process share."""

    def __init__(self, models: list[Path], output: Path, options: dict[str, Any], shared: Any) -> None:
        self.models, self.output, self.options, self.shared = models, output, options, shared

    def __call__(self, numbered: tuple[int, Job]) -> str:
        from keras_rau.evaluation.segmenting import segment

        number, job = numbered
        outcome = segment(self.shared.acquire(self._load), job, self.output)
        return json.dumps({"number": number, **asdict(outcome), "image": str(job.image)})

    def _load(self) -> Any:
        from keras_rau.export import Predictor

        # Images go side by side already.
        return Predictor(self.models, threads=1, **self.options)


def _outcomes(folder: str) -> Iterator[tuple[int, Outcome]]:
    from apache_beam.io.filesystems import FileSystems

    for match in FileSystems.match([f"{folder}/outcomes*"])[0].metadata_list:
        with FileSystems.open(match.path) as file:
            for line in file.read().decode().splitlines():
                fields = json.loads(line)
                regions = {name: Region(**region) for name, region in fields["regions"].items()}
                yield fields["number"], Outcome(Path(fields["image"]), fields["masks"], regions, fields["error"])

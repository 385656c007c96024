"""The table and its statistics on Apache Beam: on several processes of this machine, or on a cluster."""

import json
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from keras_rau.datasets.beam_options import worker_environment
from keras_rau.datasets.findings import Finding
from keras_rau.datasets.reading.examination import Examination
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.statistics import record_batch, tfdv
from keras_rau.datasets.validation.table import Measured, measure
from keras_rau.errors import RauError

_BATCH = 256
# Of an examination, what is neither known here already, nor pixels, nor findings.
_KEPT = sorted({field.name for field in fields(Examination)} - {"sample", "image", "mask", "findings"})


def measure_on_beam(
    samples: Sequence[Sample], options: Any, with_statistics: bool = False
) -> tuple[list[Measured], Any]:
    """Measure samples on Beam, and have TFDV compute the statistics of their rows in the same pipeline.

    Workers must see the images under the same paths. Results go through files in the `temp_location` of the options, which
    all machines of a cluster must share; without one, in a temporary folder of this machine.

    Args:
        samples: the samples.
        options: what `beam_options` returned.
        with_statistics: also compute statistics.

    Returns:
        What was measured, in the order of the samples, and the statistics or `None`.

    Raises:
        RauError: the pipeline failed.
    """
    from apache_beam.options.pipeline_options import GoogleCloudOptions

    shared = options.view_as(GoogleCloudOptions).temp_location
    with tempfile.TemporaryDirectory() as local:
        folder = f"{shared}/keras-rau-{uuid.uuid4().hex}" if shared else local
        try:
            _run(samples, options, folder, with_statistics)
            measured = _read_rows(samples, folder)
            found = tfdv().load_stats_binary(f"{folder}/statistics.binpb") if with_statistics else None
        except Exception as error:
            raise RauError(f"The Beam pipeline failed: {type(error).__name__}: {error}") from error
    return measured, found


def _run(samples: Sequence[Sample], options: Any, folder: str, with_statistics: bool) -> None:
    import apache_beam as beam

    with warnings.catch_warnings(), worker_environment(), beam.Pipeline(options=options) as pipeline:
        warnings.simplefilter("ignore")
        lines = (
            pipeline | "Samples" >> beam.Create(list(enumerate(samples)), reshuffle=True) | "Measure" >> beam.Map(_line)
        )
        _ = lines | "Write rows" >> beam.io.WriteToText(f"{folder}/rows", ".jsonl")
        if with_statistics:
            statistics = (
                lines
                | "Batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=_BATCH)
                | "Arrow" >> beam.Map(_arrow)
                | "Statistics" >> tfdv().GenerateStatistics(tfdv().StatsOptions())
            )
            _ = statistics | "Write statistics" >> tfdv().WriteStatisticsToBinaryFile(f"{folder}/statistics.binpb")


def _line(numbered: tuple[int, Sample]) -> str:
    number, sample = numbered
    row, examination = measure(sample)
    return json.dumps(
        {
            "number": number,
            "row": row,
            "findings": [asdict(finding) for finding in examination.findings],
            **{name: getattr(examination, name) for name in _KEPT},
        },
        default=str,
    )


def _arrow(lines: list[str]) -> Any:
    return record_batch([json.loads(line)["row"] for line in lines])


def _read_rows(samples: Sequence[Sample], folder: str) -> list[Measured]:
    found = {record["number"]: record for record in _records(folder)}
    return [
        Measured(
            found[number]["row"],
            Examination(
                sample,
                findings=[_finding(one) for one in found[number]["findings"]],
                **{name: found[number][name] for name in _KEPT},
            ),
        )
        for number, sample in enumerate(samples)
    ]


def _records(folder: str) -> Iterator[dict[str, Any]]:
    from apache_beam.io.filesystems import FileSystems

    for match in FileSystems.match([f"{folder}/rows*"])[0].metadata_list:
        with FileSystems.open(match.path) as file:
            for line in file.read().decode().splitlines():
                yield json.loads(line)


def _finding(found: dict[str, Any]) -> Finding:
    path = found["path"]
    return Finding(**{**found, "path": None if path is None else Path(path)})

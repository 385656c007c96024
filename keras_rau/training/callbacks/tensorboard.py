"""TensorBoard: loss, metrics, learning rate, and what else is to be drawn."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import keras

from keras_rau.files import discard, is_part, part_of, put


class TensorBoardLog(keras.callbacks.Callback):
    """Log every epoch for TensorBoard, in `train/` and `validation/` of a folder, under Keras's own names.

    Unlike `keras.callbacks.TensorBoard` it can be resumed: what was logged of epochs that are trained again is removed, so
    that none is there twice. Before `Checkpoints` in the list, every epoch with a checkpoint is logged; after it, a log that
    cannot be written costs no epoch. It never changes a weight or draws a random number.

    Args:
        folder: where to write.
        first_epoch: number of epochs already finished, after which nothing is left in the folder; `None`: leave what is
            there.
        every: epochs from one call of `summaries` to the next; `None`: never.
        summaries: called with the model and the epoch to write more, such as `CaseImages` and `PrecisionRecall`.
        averaged: called with the model, a context in which its weights are those that are validated, such as their
            moving average; `summaries` are called in it.

    Example:
        >>> from keras_rau import training
        >>> curve = training.PrecisionRecall(val)
        >>> log = training.TensorBoardLog("logs", every=5, summaries=[curve])
        >>> model.fit(train, validation_data=val, epochs=20, callbacks=[log])
    """

    def __init__(
        self,
        folder: Path | str,
        first_epoch: int | None = None,
        every: int | None = 5,
        summaries: Sequence[Callable[[keras.Model, int], None]] = (),
        averaged: Callable[[keras.Model], AbstractContextManager[Any]] = lambda model: nullcontext(),
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.first_epoch = first_epoch
        self.every = every
        self.summaries = summaries
        self.averaged = averaged
        self.writers: dict[str, Any] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin where the training begins."""
        import tensorflow as tf

        if self.first_epoch is not None:
            drop_later_events(self.folder, self.first_epoch)
        self.writers = {
            name: tf.summary.create_file_writer(str(self.folder / name)) for name in ("train", "validation")
        }

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the epoch."""
        import tensorflow as tf

        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        for name, value in {**(logs or {}), "learning_rate": rate}.items():
            with self.writers["validation" if name.startswith("val_") else "train"].as_default():
                tf.summary.scalar(f"epoch_{name.removeprefix('val_')}", float(value), epoch)
        if self.every is not None and (epoch + 1) % self.every == 0:
            with self.averaged(self.model), self.writers["validation"].as_default():
                for write in self.summaries:
                    write(self.model, epoch)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()
        self.writers = {}


def drop_later_events(folder: Path, first_epoch: int) -> None:
    """Remove what was logged for epochs that will be trained again, and the torn end that a killed process leaves.

    Args:
        folder: with the event files in it or in folders of it; need not exist.
        first_epoch: number of finished epochs; their events are kept.

    Example:
        >>> drop_later_events(Path("runs/first/logs"), first_epoch=3)
    """
    for path in sorted(folder.rglob("events.out.tfevents.*")):
        if is_part(path):
            discard(path)
            continue
        kept, dropped = _events(path, first_epoch)
        if dropped:
            _rewrite(path, kept)


def _events(path: Path, first_epoch: int) -> tuple[list[bytes], bool]:
    import tensorflow as tf

    kept: list[bytes] = []
    dropped = False
    try:
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            if event.HasField("summary") and event.step >= first_epoch:
                dropped = True
            else:
                kept.append(record)
    except tf.errors.DataLossError:
        dropped = True
    return kept, dropped


def _rewrite(path: Path, events: list[bytes]) -> None:
    import tensorflow as tf

    # The first event says only what kind of file it is.
    if len(events) < 2:
        discard(path)
        return
    part = part_of(path)
    with tf.io.TFRecordWriter(str(part)) as writer:
        for event in events:
            writer.write(event)
    put(part, path)

"""TensorBoard's files of a training that is resumed."""

from pathlib import Path

from keras_rau.files import discard, is_part, part_of, put


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

"""Hostile SavedModel folders."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.deploy.hostile.attack import Attack, canary, secret


def _saved(make: Callable[[Any], Callable[[Any], Any]], folder: Path, **attributes: Any) -> Path:
    """Save a module whose signature does what `make(tf)` returns, and gives the image's red channel."""
    import tensorflow as tf

    path = folder / "saved"
    module = tf.Module()
    for name, value in attributes.items():
        setattr(module, name, value)
    act = make(tf)
    specification = tf.TensorSpec((None, 32, 32, 3), tf.float32, name="image")

    def serve(image: Any) -> Any:
        found = act(image)
        return found if isinstance(found, dict) else {"mask": image[..., :1] / 255 + 0 * tf.cast(found, tf.float32)}

    module.serve = tf.function(serve, input_signature=[specification], autograph=False)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve}, options=options)
    return path


def _acting(make: Callable[[Any], Callable[[Any], Any]], folder: Path) -> Attack:
    return Attack(_saved(make, folder))


def _writes(folder: Path) -> Attack:
    def make(tf: Any) -> Any:
        def act(_: Any) -> Any:
            with tf.control_dependencies([tf.io.write_file(str(canary(folder)), "x")]):
                return tf.constant(0.0)

        return act

    return Attack(_saved(make, folder))


def _reads(folder: Path) -> Attack:
    path = str(secret(folder))
    return Attack(_saved(lambda tf: lambda _: tf.strings.length(tf.io.read_file(path)), folder))


def _reads_in_a_loop(folder: Path) -> Attack:
    path = str(secret(folder))

    def make(tf: Any) -> Any:
        def step(number: Any) -> Any:
            return number + tf.strings.length(tf.io.read_file(path))

        return lambda _: tf.while_loop(lambda number: number < 3, lambda number: [step(number)], [tf.constant(0)])[0]

    return Attack(_saved(make, folder))


def _reads_in_a_data_set(folder: Path) -> Attack:
    path = str(secret(folder))

    def make(tf: Any) -> Any:
        def act(_: Any) -> Any:
            lines = tf.data.TextLineDataset(path)
            return lines.reduce(tf.constant(0), lambda count, _: count + 1)

        return act

    return Attack(_saved(make, folder))


def _calls_python(folder: Path) -> Attack:
    return Attack(_saved(lambda tf: lambda _: tf.numpy_function(lambda: 0.0, [], tf.float32), folder))


def _table(folder: Path) -> Attack:
    import tensorflow as tf

    words = folder / "words.txt"
    words.write_text("a\nb\n")
    initialiser = tf.lookup.TextFileInitializer(
        str(words), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
    )
    table = tf.lookup.StaticHashTable(initialiser, -1)
    return Attack(_saved(lambda tf: lambda _: table.lookup(tf.constant("a")), folder, table=table))


def _restores(folder: Path) -> Attack:
    """A function that reads any checkpoint, called by the signature: in every SavedModel, but called by nobody."""
    path = str(folder / "home" / "checkpoint")
    return Attack(_saved(lambda tf: lambda _: tf.raw_ops.RestoreV2(
        prefix=path, tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0], folder))  # fmt: skip


def _edited(change: Callable[[Any], None], folder: Path) -> Attack:
    from tensorflow.core.protobuf import saved_model_pb2

    path = _saved(lambda tf: lambda _: tf.constant(0.0), folder)
    proto = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    change(proto)
    (path / "saved_model.pb").write_bytes(proto.SerializeToString())
    return Attack(path)


def _constant(proto: Any) -> None:
    for function in proto.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            if node.op == "Const":
                tensor = node.attr["value"].tensor
                tensor.ClearField("tensor_content")
                del tensor.tensor_shape.dim[:]
                tensor.tensor_shape.dim.add(size=1 << 40)
                tensor.float_val.append(1.0)


def _stands_in(proto: Any) -> None:
    """A function that TensorFlow's optimiser may put in place of another, though nothing calls it."""
    for function in proto.meta_graphs[0].graph_def.library.function:
        function.attr["api_implements"].s = b"serve"


def _second_graph(folder: Path) -> Attack:
    path = _saved(lambda tf: lambda _: tf.constant(0.0), folder)
    shutil.copy(path / "saved_model.pb", path / "saved_model.cpb")
    return Attack(path)


def _link(folder: Path) -> Attack:
    path = _saved(lambda tf: lambda _: tf.constant(0.0), folder)
    (path / "variables" / "variables.data-00000-of-00001").unlink()
    (path / "variables" / "variables.data-00000-of-00001").symlink_to(secret(folder))
    return Attack(path)


def _variables(folder: Path) -> Attack:
    import tensorflow as tf

    weights = tf.Variable(tf.zeros((1 << 18,)))
    path = _saved(lambda tf: lambda _: tf.reduce_sum(weights), folder, weights=weights)
    data = path / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])
    return Attack(path)


def _damaged(folder: Path) -> Attack:
    path = folder / "saved"
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"\x0a\xff\xff\xff\xff\x0f" * 100)
    return Attack(path)


CASES = {
    "saved: writes a file": _writes,
    "saved: reads a file": _reads,
    "saved: reads a file in a loop": _reads_in_a_loop,
    "saved: reads a file in a data set": _reads_in_a_data_set,
    "saved: calls Python": _calls_python,
    "saved: table from a file": _table,
    "saved: restores a checkpoint": _restores,
    "saved: of TensorFlow 1": partial(_edited, lambda proto: proto.meta_graphs[0].ClearField("object_graph_def")),
    "saved: two graphs": partial(_edited, lambda proto: proto.meta_graphs.add()),
    "saved: constant of terabytes": partial(_edited, _constant),
    "saved: functions that stand in for others": partial(_edited, _stands_in),
    "saved: second file of a graph": _second_graph,
    "saved: link out of the folder": _link,
    "saved: variables that are not there": _variables,
    "saved: damaged": _damaged,
    "saved: classifier": partial(_acting, lambda tf: lambda image: {"mask": tf.reduce_mean(image, (1, 2))}),
    "saved: two outputs": partial(_acting, lambda tf: lambda image: {"mask": image[..., :1], "more": image}),
    "saved: other names": partial(_acting, lambda tf: lambda image: {"probability": image[..., :1]}),
    "saved: integers": partial(_acting, lambda tf: lambda image: {"mask": tf.cast(image[..., :1], tf.int32)}),
}

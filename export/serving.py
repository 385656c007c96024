"""From the bytes of an image file to its mask inside a TensorFlow graph, for servers; nothing of Python is left in it."""

from collections.abc import Callable

import tensorflow as tf

from keras_rau.datasets.geometry import Size

Model = Callable[[tf.Tensor], tf.Tensor]
UNREADABLE = "not a readable JPEG, PNG, BMP or GIF image"


def from_bytes(model: Model, size: Size, resize: str, threshold: float) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """A function for a signature that takes the bytes of image files.

    Resized as `datasets.fit_image` and `datasets.restore` do it. Pixels are taken as they are stored: the orientation of a
    JPEG's EXIF data is not looked at, and the mask fits the stored pixels.

    Args:
        model: maps float32 `(B, H, W, 3)` in [0, 255] to probabilities `(B, H, W, 1)`.
        size: height and width the model sees.
        resize: `"letterbox"` or `"squash"`.
        threshold: a pixel is lesion where its probability is at least this.

    Returns:
        A function of `image_bytes`, strings `(B,)`, to `mask`, float32 `(B, H, W, 1)`, `mask_bytes`, PNG files of 0 and
        255 of the images' own sizes, and `error`, strings, empty where the image could be read; where not, `mask` is 0 and
        `mask_bytes` empty.
    """

    def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        images, sizes, readable = tf.map_fn(
            lambda content: _read(content, size, resize),
            image_bytes,
            fn_output_signature=(
                tf.TensorSpec((*size, 3), tf.float32),
                tf.TensorSpec((2,), tf.int32),
                tf.TensorSpec((), tf.bool),
            ),
        )
        maps = model(images) * tf.cast(readable, tf.float32)[:, None, None, None]
        files = tf.map_fn(
            lambda parts: _png(*parts, size=size, resize=resize, threshold=threshold),
            (maps, sizes, readable),
            fn_output_signature=tf.TensorSpec((), tf.string),
        )
        return {"mask": maps, "mask_bytes": files, "error": tf.where(readable, "", UNREADABLE)}

    return serve


def _read(content: tf.Tensor, size: Size, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    # A damaged file raises inside the graph and would take the whole batch with it; a data set leaves it out instead.
    nothing = (tf.zeros((*size, 3)), tf.zeros((2,), tf.int32), tf.constant(False))
    found = tf.data.Dataset.from_tensors(content).map(lambda one: _decode(one, size, resize)).ignore_errors()
    return found.reduce(nothing, lambda _, read: read)


def _decode(content: tf.Tensor, size: Size, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    image = tf.io.decode_image(content, channels=3, expand_animations=False)
    image = tf.ensure_shape(image, (None, None, 3))
    original = tf.shape(image)[:2]
    top, left, inner = _box(original, size, resize)
    image = tf.cast(image, tf.float32)[None]
    shrinks = tf.reduce_prod(inner) < tf.reduce_prod(original)
    fitted = tf.cond(
        shrinks,
        lambda: tf.image.resize(image, inner, "area"),
        lambda: tf.image.resize(image, inner, "bilinear"),
    )[0]
    rows, columns = _repeated(top, inner[0], size[0]), _repeated(left, inner[1], size[1])
    fitted = tf.gather(tf.gather(tf.round(fitted), rows), columns, axis=1)
    return tf.ensure_shape(fitted, (*size, 3)), original, tf.constant(True)


def _repeated(before: tf.Tensor, length: tf.Tensor, whole: int) -> tf.Tensor:
    # Which row or column each one of the frame shows: those beside the picture show its border.
    return tf.clip_by_value(tf.range(whole) - before, 0, length - 1)


def _box(original: tf.Tensor, size: Size, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    whole = tf.constant(size, tf.int32)
    if resize == "squash":
        return tf.constant(0), tf.constant(0), whole
    lengths = tf.cast(original, tf.float64)
    scale = tf.reduce_min(tf.cast(whole, tf.float64) / lengths)
    inner = tf.clip_by_value(tf.cast(tf.round(lengths * scale), tf.int32), 1, whole)
    free = (whole - inner) // 2
    return free[0], free[1], inner


def _png(
    probability: tf.Tensor, original: tf.Tensor, readable: tf.Tensor, size: Size, resize: str, threshold: float
) -> tf.Tensor:
    def encode() -> tf.Tensor:
        top, left, inner = _box(original, size, resize)
        shown = tf.image.crop_to_bounding_box(probability, top, left, inner[0], inner[1])
        mask = tf.image.resize(shown[None], original, "bilinear")[0] >= threshold
        return tf.io.encode_png(tf.cast(mask, tf.uint8) * tf.constant(255, tf.uint8))

    return tf.cond(readable, encode, lambda: tf.constant(""))

"""From the bytes of an image file to its mask inside a TensorFlow graph, for servers; nothing of Python is left in it."""

from collections.abc import Callable

import tensorflow as tf

from keras_rau.datasets.geometry import Size
from keras_rau.export.image_headers import UNREADABLE, Header, read_header
from keras_rau.outputs import Outputs

Model = Callable[[tf.Tensor], tf.Tensor]
WRONG = "the model gives NaN or values outside [0, 1] for this image"
_STEP = 1 / 256  # as in `probabilities_of`
_FILES = {"lesion": 1, "exclusive": 2}  # PNG files for an image; of overlapping classes one for each


def from_bytes(
    model: Model, size: Size, resize: str, threshold: float, outputs: Outputs
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """A function for a signature that takes the bytes of image files.

    Files are read as `datasets.read_image` reads them, upright and with white where they are transparent, or refused;
    resized as `datasets.fit_image` and `datasets.restore` do it.

    Args:
        model: maps float32 `(B, H, W, 3)` in [0, 255] to probabilities `(B, H, W, K)`.
        size: height and width the model sees.
        resize: `"letterbox"` or `"squash"`.
        threshold: a pixel belongs to a class where its probability is at least this.
        outputs: what the K channels are.

    Returns:
        A function of `image_bytes`, strings `(B,)`, to `mask`, float32 `(B, H, W, K)`; `mask_bytes`, grey PNG files of 0
        and 255 of the upright images' own sizes: of the lesion, of all classes but the background where classes exclude each
        other, and one for each of overlapping classes, strings `(B, K)`; of exclusive classes also `class_bytes`, grey PNG
        files of class numbers; and `error`, strings, empty where all went well. Where not, `mask` is 0 and the files empty.
    """

    def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        images, sizes, reasons = tf.map_fn(
            lambda content: _read(content, size, resize),
            image_bytes,
            fn_output_signature=(
                tf.TensorSpec((*size, 3), tf.float32),
                tf.TensorSpec((2,), tf.int32),
                tf.TensorSpec((), tf.string),
            ),
        )
        maps = model(images)
        # Of NaN no comparison holds.
        right = tf.reduce_all((maps >= -_STEP) & (maps <= 1 + _STEP), (1, 2, 3))
        reasons = tf.where((reasons == "") & ~right, WRONG, reasons)
        maps = tf.where((reasons == "")[:, None, None, None], maps, tf.zeros_like(maps))
        files = tf.map_fn(
            lambda parts: _files(*parts, size=size, resize=resize, threshold=threshold, outputs=outputs),
            (maps, sizes, reasons),
            fn_output_signature=tf.TensorSpec((_FILES.get(outputs.kind, outputs.channels),), tf.string),
        )
        found = {"mask": maps, "mask_bytes": files if outputs.kind == "overlapping" else files[:, 0], "error": reasons}
        return {**found, "class_bytes": files[:, 1]} if outputs.kind == "exclusive" else found

    return serve


def _read(content: tf.Tensor, size: Size, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    header = read_header(content)
    # A damaged file raises inside the graph and would take the whole batch with it; a data set leaves it out instead.
    reason = tf.where(header.reason == "", UNREADABLE, header.reason)
    nothing = (tf.zeros((*size, 3)), tf.zeros((2,), tf.int32), reason)
    found = tf.data.Dataset.from_tensors(content).filter(lambda _: header.reason == "")
    found = found.map(lambda one: _fitted(_decoded(one, header), size, resize)).ignore_errors()
    return found.reduce(nothing, lambda _, read: read)


def _decoded(content: tf.Tensor, header: Header) -> tf.Tensor:
    image = tf.switch_case(
        header.kind,
        [
            # As exact as Pillow; the quick way that TensorFlow takes otherwise moves some values.
            lambda: tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE"),
            lambda: _over_white(tf.io.decode_png(content, channels=4)),
            lambda: tf.io.decode_bmp(content, channels=3),
        ],
    )
    return _turned(tf.ensure_shape(image, (None, None, 3)), header.orientation)


def _over_white(image: tf.Tensor) -> tf.Tensor:
    colours, alpha = image[..., :3], image[..., 3:]
    even = tf.reduce_min(alpha) == tf.reduce_max(alpha)

    def blend() -> tf.Tensor:
        share = tf.cast(alpha, tf.int32)
        return tf.cast((tf.cast(colours, tf.int32) * share + 255 * (255 - share) + 127) // 255, tf.uint8)

    return tf.cond(even, lambda: colours, blend)


def _turned(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turn pixels as stored to upright, as `datasets.read_image` does."""

    def one_of(*values: int) -> tf.Tensor:
        return tf.reduce_any(orientation == tf.constant(values, tf.int64))

    image = tf.cond(orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    image = tf.cond(one_of(3, 4, 7, 8), lambda: image[::-1], lambda: image)
    return tf.cond(one_of(2, 3, 6, 7), lambda: image[:, ::-1], lambda: image)


def _fitted(image: tf.Tensor, size: Size, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
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
    return tf.ensure_shape(fitted, (*size, 3)), original, tf.constant("")


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


def _files(
    probabilities: tf.Tensor,
    original: tf.Tensor,
    reason: tf.Tensor,
    size: Size,
    resize: str,
    threshold: float,
    outputs: Outputs,
) -> tf.Tensor:
    """Encode masks as PNG: one of the lesion, one of class numbers, or one for each of overlapping classes."""

    def encode() -> tf.Tensor:
        top, left, inner = _box(original, size, resize)
        shown = tf.image.crop_to_bounding_box(probabilities, top, left, inner[0], inner[1])
        found = tf.image.resize(shown[None], original, "bilinear")[0]
        if outputs.kind == "exclusive":
            numbers = tf.cast(tf.argmax(found, -1), tf.uint8)[..., None]
            return tf.stack([tf.io.encode_png(_black_and_white(numbers > 0)), tf.io.encode_png(numbers)])
        masks = _black_and_white(found >= threshold)
        return tf.stack([tf.io.encode_png(masks[..., channel, None]) for channel in range(outputs.channels)])

    return tf.cond(reason == "", encode, lambda: tf.fill([_FILES.get(outputs.kind, outputs.channels)], ""))


def _black_and_white(mask: tf.Tensor) -> tf.Tensor:
    return tf.cast(mask, tf.uint8) * tf.constant(255, tf.uint8)

"""The TFLite operators that a file may use without being trusted, and what each needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Inputs and outputs of an operator.

    Attributes:
        least: inputs it cannot be without; one of them left out (-1) takes the interpreter down.
        most: inputs it may have.
        constant: positions of inputs whose values must be in the file: sizes and axes, which decide how much memory a
            result takes.
        outputs: how many; `None` for any number.
    """

    least: int
    most: int
    constant: tuple[int, ...] = ()
    outputs: int | None = 1


MANY = 4096
_ONE = Rule(1, 1)
_TWO = Rule(2, 2)
_ALONG = Rule(2, 2, (1,))  # the second input names axes, a shape or margins

RULES = {
    **dict.fromkeys(
        (
            "ABS",
            "AVERAGE_POOL_2D",
            "CAST",
            "CEIL",
            "COS",
            "DEPTH_TO_SPACE",
            "DEQUANTIZE",
            "ELU",
            "EXP",
            "FLOOR",
            "GELU",
            "HARD_SWISH",
            "L2_NORMALIZATION",
            "LEAKY_RELU",
            "LOCAL_RESPONSE_NORMALIZATION",
            "LOG",
            "LOGICAL_NOT",
            "LOGISTIC",
            "LOG_SOFTMAX",
            "MAX_POOL_2D",
            "NEG",
            "QUANTIZE",
            "RELU",
            "RELU6",
            "RELU_0_TO_1",
            "RELU_N1_TO_1",
            "ROUND",
            "RSQRT",
            "SHAPE",
            "SIGN",
            "SIN",
            "SOFTMAX",
            "SPACE_TO_DEPTH",
            "SQRT",
            "SQUARE",
            "SQUEEZE",
            "TANH",
            "ZEROS_LIKE",
        ),
        _ONE,
    ),
    **dict.fromkeys(
        (
            "ADD",
            "BATCH_MATMUL",
            "DIV",
            "EQUAL",
            "FLOOR_DIV",
            "FLOOR_MOD",
            "GREATER",
            "GREATER_EQUAL",
            "LESS",
            "LESS_EQUAL",
            "LOGICAL_AND",
            "LOGICAL_OR",
            "MAXIMUM",
            "MINIMUM",
            "MUL",
            "NOT_EQUAL",
            "POW",
            "PRELU",
            "SQUARED_DIFFERENCE",
            "SUB",
        ),
        _TWO,
    ),
    **dict.fromkeys(
        (
            "ARG_MAX",
            "ARG_MIN",
            "BROADCAST_TO",
            "CUMSUM",
            "EXPAND_DIMS",
            "GATHER",
            "MEAN",
            "MIRROR_PAD",
            "PAD",
            "REDUCE_ALL",
            "REDUCE_ANY",
            "REDUCE_MAX",
            "REDUCE_MIN",
            "REDUCE_PROD",
            "RESIZE_BILINEAR",
            "RESIZE_NEAREST_NEIGHBOR",
            "REVERSE_V2",
            "SUM",
            "TILE",
            "TRANSPOSE",
        ),
        _ALONG,
    ),
    "BATCH_TO_SPACE_ND": Rule(3, 3, (1, 2)),
    "CONCATENATION": Rule(1, MANY),
    "CONV_2D": Rule(2, 3),
    "DEPTHWISE_CONV_2D": Rule(2, 3),
    "FILL": Rule(2, 2, (0,)),
    "FULLY_CONNECTED": Rule(2, 3),
    "PACK": Rule(1, MANY),
    "PADV2": Rule(3, 3, (1,)),
    "RANGE": Rule(3, 3, (0, 1, 2)),
    "RESHAPE": Rule(1, 2, (1,)),
    "SELECT": Rule(3, 3),
    "SELECT_V2": Rule(3, 3),
    "SLICE": Rule(3, 3, (1, 2)),
    "SPACE_TO_BATCH_ND": Rule(3, 3, (1, 2)),
    "SPLIT": Rule(2, 2, (0,), None),
    "SPLIT_V": Rule(3, 3, (1, 2), None),
    "STRIDED_SLICE": Rule(4, 4, (1, 2, 3)),
    "TRANSPOSE_CONV": Rule(3, 4, (0,)),
    "UNPACK": Rule(1, 1, (), None),
}

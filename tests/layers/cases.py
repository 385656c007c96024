"""Every layer with arguments, input shapes and the output shape they must give."""

from keras_rau import layers

SKIP, EQUAL, HALF, ODD = (2, 16, 16, 6), (2, 16, 16, 5), (2, 8, 8, 5), (2, 7, 5, 5)
LOGITS = (2, 8, 8, 1)

CASES = {
    "upsample-factor": (layers.Upsample, {}, HALF, (2, 16, 16, 5)),
    "upsample-nearest-3": (layers.Upsample, {"factor": 3, "interpolation": "nearest"}, HALF, (2, 24, 24, 5)),
    "upsample-reference": (layers.Upsample, {}, [ODD, SKIP], (2, 16, 16, 5)),
    "upsample-aligned": (layers.Upsample, {"align_corners": True}, [ODD, SKIP], (2, 16, 16, 5)),
    "stretched-pixels": (layers.StretchedPixels, {}, SKIP, SKIP),
    "conv-block": (layers.ConvBlock, {"filters": 4}, SKIP, (2, 16, 16, 4)),
    "conv-block-separable": (
        layers.ConvBlock,
        {"filters": 4, "separable": True, "normalization": None, "activation": "leaky_relu"},
        SKIP,
        (2, 16, 16, 4),
    ),
    "conv-block-group": (layers.ConvBlock, {"filters": 4, "normalization": "group", "depth": 1}, SKIP, (2, 16, 16, 4)),
    "reverse-equal": (layers.ReverseAttention, {"filters": 4}, [SKIP, EQUAL], (2, 16, 16, 4)),
    "reverse-half": (
        layers.ReverseAttention,
        {"filters": 4, "normalization": "instance"},
        [SKIP, HALF],
        (2, 16, 16, 4),
    ),
    "reverse-logits": (
        layers.ReverseAttention,
        {"filters": 4, "return_logits": True},
        [SKIP, LOGITS],
        [(2, 16, 16, 4), (2, 16, 16, 1)],
    ),
    "reverse-classes": (
        layers.ReverseAttention,
        {"filters": 4, "classes": 3, "return_logits": True},
        [SKIP, HALF],
        [(2, 16, 16, 4), (2, 16, 16, 3)],
    ),
    "boundary": (layers.BoundaryAttention, {"filters": 4, "depth": 1}, [SKIP, HALF], (2, 16, 16, 4)),
    "boundary-edge": (layers.BoundaryAttention, {"filters": 4, "form": "edge"}, [SKIP, LOGITS], (2, 16, 16, 4)),
    "bara": (layers.BoundaryReverseAttention, {"filters": 6}, [SKIP, HALF], (2, 16, 16, 6)),
    "bara-shortcut-separable": (
        layers.BoundaryReverseAttention,
        {"filters": 4, "separable": True, "boundary_depth": 1, "reverse_depth": 1, "return_logits": True},
        [SKIP, ODD],
        [(2, 16, 16, 4), (2, 16, 16, 1)],
    ),
    "grouped": (layers.GroupedConvolution, {"filters": 3, "kernel_size": 5}, SKIP, (2, 16, 16, 3)),
    "style-maps": (layers.StyleMaps, {"styles": 3, "offsets": [-1.0, 0.0, 1.0]}, [HALF, LOGITS], (2, 8, 8, 3)),
    "gate": (layers.AttentionGate, {"filters": 3}, [SKIP, EQUAL], SKIP),
    "gate-half": (layers.AttentionGate, {"filters": 3}, [SKIP, HALF], SKIP),
    "gate-original": (layers.AttentionGate, {"filters": 3, "form": "original"}, [SKIP, HALF], SKIP),
    "gate-original-odd": (
        layers.AttentionGate,
        {"filters": 3, "form": "original"},
        [(2, 13, 11, 6), ODD],
        (2, 13, 11, 6),
    ),
    "learned-scale": (layers.LearnedScale, {"initial": 0.5}, SKIP, SKIP),
    "axial-height": (layers.AxialAttention, {"axis": "height"}, (2, 7, 5, 16), (2, 7, 5, 16)),
    "axial-folded": (
        layers.AxialAttention,
        {"axis": "height", "folded": True},
        (2, 7, 5, 16),
        (2, 7, 5, 16),
    ),
    "axial-width": (layers.AxialAttention, {"axis": "width", "reduction": 2}, ODD, ODD),
    "affinity": (layers.AffinityAttention, {"reduction": 2}, (2, 7, 5, 8), (2, 7, 5, 8)),
    "external": (layers.ExternalAttention, {}, ODD, ODD),
    "soft-pooling": (layers.SoftPooling2D, {}, ODD, (2, 3, 2, 5)),
    "spectral": (layers.SpectralAttention, {}, (2, 14, 10, 32), (2, 14, 10, 32)),
    "shared-dilation": (layers.SharedDilation, {"filters": 4}, SKIP, [(2, 16, 16, 4)] * 3),
}
# The layers of the compared systems know no other format.
CHANNELS_LAST = (
    "upsample-aligned",
    "stretched-pixels",
    "grouped",
    "style-maps",
    "learned-scale",
    "axial-height",
    "axial-width",
    "axial-folded",
    "affinity",
    "external",
    "soft-pooling",
    "spectral",
    "shared-dilation",
)

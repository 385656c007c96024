"""Reverse attention: look where the coarse prediction sees no lesion yet."""

from typing import Any

import keras

from keras_rau.layers.weighted_refinement import WeightedRefinement


@keras.saving.register_keras_serializable(package="keras_rau")
class ReverseAttention(WeightedRefinement):
    """Features weighted by `1 − σ(coarse prediction)`, then refined.

    The features of what is already predicted as lesion are erased, so that the convolutions that follow explain
    what is missing, mostly the border. With `return_logits` the layer also predicts, and with `residual` it adds
    the coarse logits to its own, as in the source: `S_i = f((1 − σ(U)) ⊙ F_i) + U`.

    Source: Chen et al., "Reverse Attention for Salient Object Detection", ECCV 2018 (RAS); used per decoder stage by
    Fan et al., "PraNet", MICCAI 2020. The convolutions are a 1×1 projection without activation and `depth` 3×3
    ones, as in RAS.

    Args:
        filters: channels of the refined features.
        depth: number of refinement convolutions after the 1×1 projection.
        kernel_size: side of their square kernels.
        normalization: `"batch"`, `"group"`, `"instance"` or `None`.
        activation: name of a Keras activation, or `None`.
        separable: depthwise separable refinement convolutions.
        classes: channels of the logits: 1, or K with channel 0 the background; then the reverse weight is the
            softmax of the background.
        gating_is_logits: whether `gating` is the coarse logit map itself; otherwise a 1×1 convolution makes one
            of it. `None`: it is when it has exactly `classes` channels.
        return_logits: also return refined logits.
        residual: add the coarse logits to the refined ones.
        data_format: `"channels_last"` or `"channels_first"`; Keras's default when `None`.

    Call arguments:
        inputs: list `[features (B, H, W, C), gating (B, h, w, G)]`; gating of any size is resized to the features'.

    Returns:
        Features `(B, H, W, filters)`, or the list `[features, logits (B, H, W, classes)]`.

    Raises:
        ValueError: an argument has no valid value, or the inputs are not two 4-D tensors with known channels.

    Example:
        >>> skip, decoded = keras.Input((64, 64, 32)), keras.Input((32, 32, 64))
        >>> ReverseAttention(32)([skip, decoded]).shape
        (None, 64, 64, 32)
    """

    def attention_map(self, probability: Any) -> Any:
        """`1 − p`."""
        # Not σ(−z): the negation would take a scale of its own in int8.
        return 1.0 - probability

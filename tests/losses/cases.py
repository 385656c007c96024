"""Every loss with the arguments that change what it computes, and tensors to try them on."""

import keras
import numpy as np

from keras_rau import datasets, losses

CASES = {
    "bce": losses.BinaryCrossentropy(),
    "bce-smoothing": losses.BinaryCrossentropy(label_smoothing=0.1),
    "bce-class-weight": losses.BinaryCrossentropy(class_weight=[0.5, 2.0]),
    "weighted-bce": losses.WeightedBinaryCrossentropy(2.5),
    "weighted-bce-balanced": losses.WeightedBinaryCrossentropy(None),
    "focal": losses.FocalLoss(),
    "focal-half": losses.FocalLoss(gamma=0.5, alpha=None),
    "dice": losses.DiceLoss(),
    "dice-squared": losses.DiceLoss(squared=True),
    "generalized-dice": losses.GeneralizedDiceLoss(),
    "generalized-dice-simple": losses.GeneralizedDiceLoss("simple", smooth=0.1),
    "jaccard": losses.JaccardLoss(),
    "tversky": losses.TverskyLoss(alpha=0.2, beta=0.9),
    "focal-tversky": losses.FocalTverskyLoss(),
    "combo": losses.ComboLoss(alpha=0.3, beta=0.8),
    "compound": losses.CompoundLoss(),
    "compound-three": losses.CompoundLoss(
        [losses.TverskyLoss(alpha=0.2), losses.DiceLoss(), losses.FocalLoss()], weights=[0.5, 2, 1]
    ),
    "unified-focal": losses.UnifiedFocalLoss(smooth=1.0),
    "unified-focal-symmetric": losses.UnifiedFocalLoss(0.3, 0.7, 0.75, asymmetric=False, smooth=1.0),
    "lovasz": losses.LovaszLoss(),
    "structure": losses.StructureLoss(window=5),
    "structure-collapsed": losses.StructureLoss(window=5, collapsed=True),
    "boundary": losses.BoundaryLoss(alpha=0.4),
}
# Those that look at one class only, or not at the probabilities of each class.
BINARY = {"boundary"}


def again(loss: losses.SegmentationLoss, **changes: object) -> losses.SegmentationLoss:
    """The loss with other arguments."""
    return type(loss).from_config({**loss.get_config(), **changes})


def random_maps(shape: tuple = (3, 5, 7, 1), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A hard mask and probabilities that are never 0 or 1."""
    rng = np.random.default_rng(seed)
    return (rng.random(shape) > 0.6).astype("float32"), rng.uniform(0.02, 0.98, shape).astype("float32")


def with_distance(loss: losses.SegmentationLoss, truth: np.ndarray) -> np.ndarray:
    """The truth with its distance as second channel, if the loss reads one."""
    if not any(isinstance(part, losses.BoundaryLoss) for part in loss.parts()):
        return truth
    distance = np.stack([datasets.signed_distance(mask[..., 0]) for mask in truth])[..., None]
    return np.concatenate([truth, distance], axis=-1)


def value_and_gradient(loss: losses.SegmentationLoss, truth: np.ndarray, prediction: np.ndarray) -> tuple:
    """Loss and its gradient by the prediction, on whichever backend Keras uses."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(prediction)
        with tf.GradientTape() as tape:
            value = loss(truth, variable)
        return value.numpy(), tape.gradient(value, variable).numpy()
    if backend == "jax":
        import jax

        value, gradient = jax.value_and_grad(lambda p: loss(truth, p))(jax.numpy.asarray(prediction))
        return np.asarray(value), np.asarray(gradient)
    import torch

    variable = torch.tensor(prediction, requires_grad=True)
    value = loss(truth, variable)
    value.backward()
    return value.detach().numpy(), variable.grad.numpy()

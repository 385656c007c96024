"""The boundary (surface distance) loss and its schedule."""

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SHARED, SegmentationLoss
from keras_rau.losses.maps import Maps, with_settings
from keras_rau.losses.overlap import DiceLoss


@keras.saving.register_keras_serializable(package="keras_rau")
class BoundaryLoss(SegmentationLoss):
    """A region loss plus the mean of the predicted probability times the distance to the true border.

    `L = α L_region + (1 − α) mean[p φ]`, φ the signed distance of a pixel to the border of the true mask: positive outside,
    negative inside, so that probability far outside costs and probability deep inside gains. **The value may be
    negative.** Source: Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019; there α starts at 1 and
    falls by 0.01 per epoch to 0.01, which `BoundarySchedule` does:

        model.compile("adam", loss=BoundaryLoss())
        model.fit(pipeline(train, target="distance"), callbacks=[BoundarySchedule()])

    The distance is the second channel of `y_true`, made by `keras_rau.datasets.pipeline(target="distance")`.

    Args:
        region: the region loss; `DiceLoss()` when `None`. Its shared settings become those given here.
        alpha: α before the first epoch, in [0, 1].
        decrease: by how much α falls per epoch.
        minimum: smallest α.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true` `(B, H, W, 2)`: mask in [0, 1] and signed distance in pixels; `y_pred` `(B, H, W, 1)`.

    Raises:
        ValueError: `y_true` has no distance, an argument is out of range, or shapes do not fit.

    Example:
        >>> float(BoundaryLoss(alpha=0.0)([[[[1.0, -1.0], [0.0, 1.0]]]], [[[[1.0], [0.5]]]]))
        -0.25
    """

    needs_distance = True

    def __init__(
        self,
        region: SegmentationLoss | None = None,
        alpha: float = 1.0,
        decrease: float = 0.01,
        minimum: float = 0.01,
        name: str = "boundary",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if not 0 <= alpha <= 1 or decrease < 0 or not 0 <= minimum <= 1:
            raise ValueError(
                "`alpha` and `minimum` must be in [0, 1], `decrease` must not be negative. "
                f"Received: alpha={alpha}, decrease={decrease}, minimum={minimum}"
            )
        given = DiceLoss() if region is None else region
        if not isinstance(given, SegmentationLoss):
            raise ValueError(f"`region` takes a loss of keras_rau.losses. Received: {given!r}")
        self.region = with_settings(given, **{key: getattr(self, key) for key in SHARED})
        self.alpha = alpha
        self.decrease = decrease
        self.minimum = minimum
        self.share = keras.Variable(alpha, trainable=False, dtype="float32", name="boundary_alpha")

    def parts(self) -> Iterator[SegmentationLoss]:
        """This loss and its region loss."""
        yield self
        yield from self.region.parts()

    def set_epoch(self, epoch: int) -> None:
        """Set α to its value in an epoch (0 is the first)."""
        self.share.assign(max(self.alpha - self.decrease * epoch, min(self.minimum, self.alpha)))

    def per_image(self, maps: Maps) -> Any:
        """The formula above, `(B, 1)`."""
        if maps.distance is None:
            raise ValueError(
                "The boundary loss needs the signed distance as second channel of `y_true`; make it with "
                'keras_rau.datasets.pipeline(target="distance"). '
                f"Received: y_true of shape {tuple(maps.truth.shape)}, y_pred of shape {tuple(maps.prediction.shape)}"
            )
        surface = ops.mean(maps.mean(maps.probability() * maps.distance), axis=-1)
        share = ops.convert_to_tensor(self.share)
        return (share * self.region.per_class(maps) + (1 - share) * surface)[:, None]

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        own = {name: getattr(self, name) for name in ("alpha", "decrease", "minimum")}
        return {**super().get_config(), "region": keras.saving.serialize_keras_object(self.region), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BoundaryLoss":
        """Build the loss and its region loss again."""
        region = config.get("region")
        if isinstance(region, dict):
            region = keras.saving.deserialize_keras_object(region)
        return cls(**{**config, "region": region})


class BoundarySchedule(keras.callbacks.Callback):
    """Set α of every `BoundaryLoss` that the model is compiled with, before each epoch.

    α is a function of the number of the epoch, so that a resumed training goes on with the right one.

    Example:
        >>> model.fit(data, epochs=100, callbacks=[BoundarySchedule()])
    """

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set α."""
        loss = self.model.loss
        if not isinstance(loss, SegmentationLoss):
            return
        found = [part for part in loss.parts() if isinstance(part, BoundaryLoss)]
        for part in found:
            part.set_epoch(epoch)
        if found and keras.backend.backend() == "jax":
            # JAX compiles variables that are not the model's in as constants.
            self.model.make_train_function(force=True)
            self.model.make_test_function(force=True)

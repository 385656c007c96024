"""The schedule of the boundary loss."""

import keras
import numpy as np
import pytest

from keras_rau import losses
from tests.losses.cases import random_maps, with_distance


def _fit(loss, epochs, first=0):
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.get_layer(index=0).set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    # Rate 0: only α changes the loss from epoch to epoch.
    model.compile(keras.optimizers.SGD(0.0), loss=loss)
    images, _ = random_maps((4, 6, 6, 1))
    target = with_distance(losses.BoundaryLoss(), images)
    history = model.fit(
        images, target, epochs=epochs, initial_epoch=first, callbacks=[losses.BoundarySchedule()], verbose=0
    )
    prediction = model.predict(images, verbose=0)
    parts = [float(losses.BoundaryLoss(alpha=share)(target, prediction)) for share in (0.0, 1.0)]
    return history.history["loss"], parts


def test_alpha_falls_every_epoch_and_a_resumed_training_goes_on():
    found, (surface, region) = _fit(losses.BoundaryLoss(alpha=1.0, decrease=0.3, minimum=0.2), epochs=4)
    wanted = [share * region + (1 - share) * surface for share in (1.0, 0.7, 0.4, 0.2)]
    assert found == pytest.approx(wanted, abs=1e-5)
    later, _ = _fit(losses.BoundaryLoss(alpha=1.0, decrease=0.3, minimum=0.2), epochs=4, first=2)
    assert later == pytest.approx(wanted[2:], abs=1e-5)


def test_a_boundary_loss_inside_a_sum_is_found():
    inner = losses.BoundaryLoss(alpha=1.0, decrease=0.5)
    found, (surface, region) = _fit(losses.CompoundLoss([inner, losses.DiceLoss()]), epochs=2)
    assert found == pytest.approx([2 * region, 1.5 * region + 0.5 * surface], abs=1e-5)

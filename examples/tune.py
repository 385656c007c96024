"""
Search with KerasTuner
======================

Search for a width, a loss and a learning rate: ``pip install 'keras-rau[tune]'``.
"""

import keras
import keras_tuner

from keras_rau import datasets, losses, metrics, models

SIZE = 48


def build(choices: keras_tuner.HyperParameters) -> keras.Model:
    """The model of one trial."""
    model = models.from_preset(
        "rau_net_nano",
        weights=None,
        input_shape=(SIZE, SIZE, 3),
        depth=2,
        width=choices.Choice("width", [4, 8]),
    )
    loss = losses.get(choices.Choice("loss", ["compound", "focal_tversky"]))
    rate = choices.Float("learning_rate", 1e-3, 1e-2, sampling="log")
    model.compile(keras.optimizers.AdamW(rate), loss=loss, metrics=[metrics.DiceScore()])
    return model


samples = datasets.load("phantom", "phantoms-small", n=40, size=96)
train, val, _ = datasets.split(samples, (0.7, 0.2, 0.1), seed=0)
# Chosen on validation images; the test set is looked at once, with the model that was chosen.
tuner = keras_tuner.RandomSearch(
    build,
    keras_tuner.Objective("val_dice", "max"),
    max_trials=2,
    seed=0,
    directory="tuning",
    project_name="width_loss_rate",
)
tuner.search(
    datasets.pipeline(train, image_size=SIZE, augment=True, shuffle_seed=0),
    validation_data=datasets.pipeline(val, image_size=SIZE),
    epochs=2,
)
print(tuner.get_best_hyperparameters()[0].values)
# Keras warns that the optimiser starts afresh: KerasTuner keeps the weights of trials alone.
tuner.get_best_models()[0].save("best.keras")

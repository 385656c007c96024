"""
Callbacks in your own fit
=========================

Checkpoints, history and early stopping in your own ``fit``; started again, it goes on where it was stopped.
"""

from pathlib import Path

import keras

from keras_rau import datasets, losses, metrics, models, training
from keras_rau.training.runs.history import read_history
from keras_rau.training.runs.state import read_state, restore_random

EPOCHS = 3
folder = Path("run")
folder.mkdir(exist_ok=True)
last, history = folder / "last.keras", folder / "history.csv"

samples = datasets.load("phantom", "phantoms-small", n=40, size=96)
train, val, _ = datasets.split(samples, (0.7, 0.2, 0.1), seed=0)
if last.exists():
    # Weights, optimiser and learning rate are in the file, and beside them the number of epochs.
    model, state = keras.saving.load_model(last), read_state(last)
    restore_random(model, state)
    first_epoch = state.epoch
else:
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(48, 48, 3), depth=2)
    rate = training.learning_rate_schedule(3e-3, "cosine", steps=4 * EPOCHS, warmup_steps=4)
    model.compile(keras.optimizers.AdamW(rate), loss=losses.CompoundLoss(), metrics=[metrics.DiceScore()])
    first_epoch = 0

# Order and augmentation are functions of seed and epoch.
data = datasets.pipeline(train, image_size=48, augment=True, shuffle_seed=0, start_epoch=first_epoch)
earlier = [row for row in read_history(history) if row["epoch"] < first_epoch]
best = training.Monitor("val_dice")
model.fit(
    data,
    validation_data=datasets.pipeline(val, image_size=48),
    epochs=EPOCHS,
    initial_epoch=first_epoch,
    callbacks=[
        training.StopOnNonFinite(),
        training.EarlyStopping(best, patience=10, earlier=earlier),
        training.HistoryFile(history, first_epoch),
        training.Checkpoints(folder, best, earlier, done=(first_epoch, 0)),
    ],
)
print(
    f"{len(read_history(history))} epochs, best Dice {best.best(read_history(history)):.3f}, kept in {folder / 'best.keras'}"
)
# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_3.jpg"

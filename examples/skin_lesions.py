"""
From images to a model on a phone
=================================

This example trains a small reverse-attention U-Net, looks at what it does, scores it, and exports it as a TFLite file. It takes about a minute on
two processor cores and needs no download: the images are drawn (“phantoms”). What a model learns from them says nothing about patients; for real
images change the one line that loads them.
"""

from pathlib import Path

import keras
import matplotlib.pyplot as plt
import rich

from keras_rau import datasets, evaluation, export, losses, metrics, models, training

keras.utils.set_random_seed(0)
run = Path("run")
run.mkdir(exist_ok=True)

# %%
# Load and look
# -------------
#
# Every image comes with its mask; files are paired by name, and a missing or damaged one is named. Your own folder with ``images/`` and ``masks/`` is
# ``datasets.load("folder", "my_images")``.

samples = datasets.load("phantom", "phantoms", n=64, size=192)
datasets.check(samples)


def show(images, columns=6):
    _, axes = plt.subplots(1, columns, figsize=(2 * columns, 2.1), layout="constrained")
    for axis, image in zip(axes, images, strict=False):
        axis.imshow(image)
        axis.axis("off")


pairs = [datasets.read_pair(sample.image, sample.mask) for sample in samples[:6]]
show([evaluation.overlay(image, mask) for image, mask in pairs])

# %%
# .. image:: /images/gallery/skin_lesions_1.jpg
#    :alt: Drawn lesions with the outlines of their masks

# %%
# Split
# -----
#
# Images of one lesion or patient never end up in two sets. The model learns from the first set, the best epoch is chosen by the second, and the third is
# looked at once, at the end.

train, val, test = datasets.split(samples, (0.7, 0.1, 0.2), seed=0)
len(train), len(val), len(test)

# %%
# Feed
# ----
#
# The pipeline keeps the aspect ratio, shuffles, and augments image and mask alike. Images stay plain pixels from 0 to 255: models scale them inside.

train_data = datasets.pipeline(train, image_size=64, batch_size=8, augment=True, shuffle_seed=0)
val_data = datasets.pipeline(val, image_size=64)

images, masks = next(iter(train_data))
pairs = zip(images.numpy().astype("uint8"), masks.numpy()[..., 0] > 0.5, strict=True)
show([evaluation.overlay(image, mask) for image, mask in pairs])

# %%
# .. image:: /images/gallery/skin_lesions_2.jpg
#    :alt: Augmented training images with the outlines of their masks

# %%
# Train
# -----
#
# The model is an ordinary Keras model: ``compile`` and ``fit`` with our loss, metric and callbacks. ``best.keras`` is kept from the epoch with the best
# Dice on the validation images. (In the figure the training loss is the higher one because it counts the side outputs, too.)

epochs = 14
model = models.from_preset("rau_net_nano", weights=None, input_shape=(64, 64, 3), depth=3)
rate = training.learning_rate_schedule(8e-3, "cosine", steps=epochs * len(train_data), warmup_steps=len(train_data))
model.compile(keras.optimizers.AdamW(rate), loss=losses.CompoundLoss(), metrics=[metrics.DiceScore()])
print(f"{models.count_parameters(model):,} parameters")

history = model.fit(
    train_data,
    validation_data=val_data,
    epochs=epochs,
    shuffle=False,
    verbose=0,
    callbacks=[
        training.StopOnNonFinite(),
        training.HistoryFile(run / "history.csv"),
        training.Checkpoints(run, training.Monitor("val_dice")),
    ],
)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for axis, name in zip(axes, ("loss", "dice"), strict=True):
    for key, style, label in ((name, "--", "training"), (f"val_{name}", "-", "validation")):
        axis.plot(range(1, epochs + 1), history.history[key], style, color="#1f6f8b", label=label)
    axis.set(xlabel="epoch", ylabel=name)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False)

# %%
# .. image:: /images/gallery/skin_lesions_3.jpg
#    :alt: Loss and Dice over epochs

# %%
# Look at what it does
# --------------------
#
# A ``Predictor`` takes images of any size and gives masks of that size. Truth in green, prediction in yellow, Dice at the right; the worst test images
# first.

predictor = export.Predictor(run / "best.keras")
scores, summary = evaluation.evaluate(predictor, test)
dice = {row["id"]: row["dice"] for row in scores}
tiles = []
for sample in sorted(test, key=lambda sample: dice[sample.id])[:8]:
    image, truth = datasets.read_pair(sample.image, sample.mask)
    tiles.append(evaluation.Tile(sample.id, image, truth, predictor.predict(image), dice[sample.id]))
figure, axis = plt.subplots(figsize=(10, 5.5), layout="constrained")
axis.imshow(evaluation.panel(tiles, columns=4))
axis.axis("off")

# %%
# .. image:: /images/gallery/skin_lesions_4.jpg
#    :alt: Test images with the outlines of truth and prediction, the worst first

# %%
# Score
# -----
#
# Means over the test images, each at its own size, with 95 % bootstrap intervals.

rich.print(evaluation.table({**summary, "model": "best.keras", "dataset": "phantom", "split": "test"}))

# %%
# Export and predict
# ------------------
#
# The TFLite file is compared with the Keras model before it is kept, and runs without TensorFlow.

model = keras.saving.load_model(run / "best.keras")
print(export.tflite(model, run / "model.tflite"))
print(f"{(run / 'model.tflite').stat().st_size / 1e3:.0f} kB")

# %%
phone = export.Predictor(run / "model.tflite")
image, truth = datasets.draw_phantom(seed=7, index=0, size=400)
mask = phone.predict(image)

figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
pictures = {"image": image, "mask": mask, "both outlines": evaluation.overlay(image, truth, mask)}
for axis, (title, picture) in zip(axes, pictures.items(), strict=True):
    axis.imshow(picture, cmap="gray")
    axis.set_title(title, fontsize=10)
    axis.axis("off")

# %%
# .. image:: /images/gallery/skin_lesions_5.jpg
#    :alt: A drawn image, its mask, and both outlines
#
# On
# --
#
# The same by the command line, with a run directory that can be stopped and resumed: ``keras-rau train --dataset folder --data-dir my_images --output
# runs/first``. Scripts for callbacks, fine-tuning and several devices lie beside this notebook.

# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_4.jpg"

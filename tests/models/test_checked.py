"""What `compile`, `fit` and `evaluate` of our models refuse."""

import keras
import numpy as np
import pytest

from keras_rau import datasets, losses, metrics, models

IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 3)).astype("float32")
MASKS = np.zeros((4, 16, 16, 1), "float32")
MASKS[:, 4:10, 5:12] = 1


def _model(**arguments):
    # XLA has no gradient of nearest upsampling.
    return models.UNet(input_shape=(16, 16, 3), width=2, depth=2, upsampling="bilinear", **arguments)


@pytest.fixture(scope="module")
def lesion():
    return _model()


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_and_evaluate_name_the_values(lesion, compiled):
    """In whatever way a step is compiled."""
    if compiled and keras.backend.backend() == "torch":
        pytest.skip("needs a compiler")
    lesion.compile("sgd", losses.CompoundLoss(), metrics=[metrics.DiceScore()], jit_compile=compiled)
    line = r"^Loss compound_loss: `y_true` must hold .* Received: the values 0, 255. Divide the mask by 255"
    with pytest.raises(ValueError, match=line):
        lesion.evaluate(IMAGES, (255 * MASKS).astype("uint8"), verbose=0)
    batches = ((IMAGES[:2], 255 * MASKS[:2]) for _ in range(3))
    with pytest.raises(ValueError, match=line):
        lesion.evaluate(batches, steps=3, verbose=0)
    assert np.isfinite(lesion.evaluate(IMAGES, MASKS, verbose=0)).all()
    with pytest.raises(ValueError, match=line):
        lesion.fit(IMAGES, 255 * MASKS, verbose=0)
    # What was refused leaves a model that can go on.
    assert np.isfinite(lesion.fit(IMAGES, MASKS, verbose=0).history["loss"]).all()


def test_masks_by_name_are_refused(lesion):
    lesion.compile("sgd", losses.DiceLoss(), metrics=[metrics.DiceScore()])
    with pytest.raises(ValueError, match=r"has one output: pass its masks as one array .* the keys mask"):
        lesion.fit(IMAGES, {"mask": MASKS}, verbose=0)


# Eager steps warn, before the first of them is looked at.
@pytest.mark.filterwarnings("default:Metric dice")
def test_with_another_loss_the_metric_says_it(lesion):
    lesion.compile("sgd", lambda y, found: found - keras.ops.cast(y, "float32"), metrics=[metrics.DiceScore()])
    with pytest.raises(ValueError, match=r"^Metric dice: `y_true` must hold .* the values 0, 255. .* means void\.$"):
        lesion.evaluate(IMAGES, 255 * MASKS, verbose=0)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.Dice()])
def test_losses_of_keras_are_not_given_what_is_no_mask(lesion, loss, compiled):
    if compiled and keras.backend.backend() == "torch":
        pytest.skip("needs a compiler")
    lesion.compile("sgd", loss, metrics=["accuracy"], jit_compile=compiled)
    with pytest.raises(ValueError, match=r"^Loss (binary|dice).* the values 0, 255\. Divide the mask by 255"):
        lesion.evaluate(IMAGES, (255 * MASKS).astype("uint8"), verbose=0)
    with pytest.raises(ValueError, match=r"takes masks of 1 channels, .* Received: y_true of shape \(.*, 16, 16, 2\)"):
        lesion.evaluate(IMAGES, np.concatenate([1 - MASKS, MASKS], axis=-1), verbose=0)
    assert np.isfinite(lesion.evaluate(IMAGES, MASKS.astype(bool), verbose=0)).all()


def test_a_loss_of_keras_that_ignores_a_class_may_ignore_it():
    numbers = np.where(MASKS == 1, 2, 0).astype("uint8")
    model = _model(classes=3)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(ignore_class=255), run_eagerly=True)
    numbers[:, 0] = 255
    assert np.isfinite(model.evaluate(IMAGES, numbers, verbose=0))
    numbers[:, 1] = 3
    with pytest.raises(ValueError, match=r"whole class numbers 0 to 2.* Received: the values 0, 2, 3"):
        model.evaluate(IMAGES, numbers, verbose=0)


@pytest.mark.parametrize(
    "measure",
    [
        "accuracy",
        keras.metrics.BinaryIoU(),
        keras.metrics.Precision(),
        keras.metrics.AUC(),
        keras.losses.Dice(),
        "tversky",
    ],
)
def test_what_keras_computes_of_probabilities_is_refused_for_logits(measure):
    model = _model(output_activation=None)
    of_loss = isinstance(measure, keras.losses.Loss) or measure == "tversky"
    loss, measures = (measure, []) if of_loss else (losses.DiceLoss(from_logits=True), [measure])
    with pytest.raises(ValueError, match=r"gives logits .*, which Keras's '.*' takes for probabilities"):
        model.compile("sgd", loss, metrics=measures)
    told = [keras.metrics.BinaryAccuracy(threshold=0.0), keras.metrics.AUC(from_logits=True), "mse"]
    model.compile("sgd", losses.DiceLoss(from_logits=True), metrics=told)


def test_metrics_get_the_mask_beside_a_distance_map(lesion):
    distances = np.stack([datasets.signed_distance(mask[..., 0]) for mask in MASKS])[..., None]
    lesion.compile("sgd", losses.BoundaryLoss(), metrics=[metrics.DiceScore()])
    found = lesion.evaluate(IMAGES, np.concatenate([MASKS, distances], axis=-1), verbose=0, return_dict=True)
    score = metrics.DiceScore()
    score.update_state(MASKS, lesion.predict(IMAGES, verbose=0))
    assert found["dice"] == pytest.approx(float(score.result()), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "loss", "measures", "line"),
    [
        ({"output_activation": None}, losses.CompoundLoss(), [], "gives logits .* Pass it from_logits=True"),
        ({"output_activation": None}, "binary_crossentropy", [], "gives logits"),
        ({"output_activation": None}, keras.losses.BinaryCrossentropy(), [], "gives logits"),
        (
            {"output_activation": None},
            losses.DiceLoss(from_logits=True),
            [metrics.DiceScore()],
            "'dice' takes for prob",
        ),
        ({}, losses.CompoundLoss(from_logits=True), [], "gives probabilities"),
        ({}, losses.CompoundLoss(), [metrics.AUC(from_logits=True)], "'roc_auc' takes for logits"),
        ({"classes": 3}, losses.DiceLoss(), [metrics.DiceScore(overlapping=True)], "Pass it overlapping=False"),
        ({"classes": 3, "output_activation": "sigmoid"}, losses.DiceLoss(), [metrics.IoU()], "overlapping=True"),
        ({"classes": 3, "output_activation": "sigmoid"}, losses.CategoricalCrossentropy(), [], "exclude each other"),
        (
            {"classes": 3, "output_activation": None},
            losses.DiceLoss(from_logits=True, activation="sigmoid"),
            [],
            "may overlap. Leave it out",
        ),
    ],
)
def test_compile_refuses_what_reads_the_output_otherwise(arguments, loss, measures, line):
    with pytest.raises(ValueError, match=line):
        _model(**arguments).compile("sgd", loss, metrics=measures)


def test_overlapping_classes_take_a_mask_each():
    model = _model(classes=3, output_activation="sigmoid")
    model.compile("sgd", losses.DiceLoss(), run_eagerly=True)
    with pytest.raises(ValueError, match="one channel of 0 and 1 for each of class_1, class_2, class_3"):
        model.evaluate(IMAGES, MASKS, verbose=0)


def test_a_loaded_model_is_compiled_as_it_was(lesion, tmp_path):
    lesion.compile("adam", losses.TverskyLoss(alpha=0.2), metrics=[metrics.DiceScore()])
    lesion.optimizer.build(lesion.trainable_variables)
    lesion.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.alpha == 0.2
    assert again.optimizer.built


def test_a_teacher_leaves_what_is_no_label_alone(lesion):
    marked = MASKS.copy()
    marked[:, 0] = 255
    softened = keras.ops.convert_to_numpy(models.teacher.Teacher(lesion, 0.5).soften(IMAGES, marked))
    assert (softened[:, 0] == 255).all()
    assert (softened[:, 1:] <= 1).all()
    with pytest.raises(ValueError, match="one channel"):
        models.teacher.Teacher(lesion, 0.5).soften(IMAGES, np.concatenate([MASKS, MASKS], axis=-1))


def test_a_softmax_over_one_class_is_refused():
    with pytest.raises(ValueError, match="1 everywhere"):
        _model(output_activation="softmax")

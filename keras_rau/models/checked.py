"""A model that refuses losses and metrics that read its output otherwise, and names what is wrong with masks."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_rau.keras_internals import give_back_state
from keras_rau.models.class_weight import weighing
from keras_rau.models.first_batch import FirstBatch
from keras_rau.models.of_keras import known_targets, reads_probabilities
from keras_rau.outputs import Outputs
from keras_rau.plain_errors import plain_errors

# Place of `class_weight` among the arguments of `fit` after x and y.
_CLASS_WEIGHT = 7


class CheckedModel(keras.Model):
    """What our models add to `compile`, `fit` and `evaluate`.

    - `compile` refuses losses and metrics that take logits for probabilities, or the other way round, and those of exclusive
      classes where the classes may overlap.
    - `fit` and `evaluate` raise a `ValueError` that names the values, where masks hold some that are not labels.
    - `fit`, `evaluate` and `predict` raise our line about a file that cannot be read, without TensorFlow's around it.
    - metrics get the mask where the loss is a `BoundaryLoss`, whose `y_true` has a distance map besides.
    """

    # What `fit` or `evaluate` wants to see of its first step.
    _first_batch: FirstBatch | None = None
    # Weights of the classes in the running `fit`, and those that its compiled step was made with.
    class_weight: tuple[float, ...] | None = None
    traced_class_weight: tuple[float, ...] | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        *rest: Any,
        **options: Any,
    ) -> None:
        """Compile as `keras.Model` does.

        Raises:
            ValueError: a loss or metric takes logits for probabilities or the other way round, or exclusive classes for ones
                that may overlap.
        """
        for one in keras.tree.flatten([loss, metrics, weighted_metrics]):
            check_reading(self.output_description, one, self.name)
        super().compile(optimizer, loss, loss_weights, metrics, weighted_metrics, *rest, **options)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the model was that is loaded; Keras leaves it to those who override `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def fit(self, x: Any = None, y: Any = None, *arguments: Any, **options: Any) -> keras.callbacks.History:
        """Train as `keras.Model` does.

        `class_weight` weighs every pixel by its class: `{0: 1.0, 1: 4.0}` for one lesion class, a weight for each
        class number of exclusive classes. Overlapping classes have none.

        Raises:
            ValueError: masks hold values that are not labels, or `class_weight` does not fit the classes.
            DataError: a file that the data come from is missing or damaged.
        """
        if len(arguments) > _CLASS_WEIGHT:
            options["class_weight"] = arguments[_CLASS_WEIGHT]
            arguments = (*arguments[:_CLASS_WEIGHT], None, *arguments[_CLASS_WEIGHT + 1 :])
        class_weight = options.pop("class_weight", None)
        with plain_errors(), self._watch(x, y, options), weighing(self, class_weight):
            return super().fit(x, y, *arguments, **options)

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Train one step as `keras.Model` does; `class_weight` as of `fit`."""
        with weighing(self, class_weight):
            return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def evaluate(self, x: Any = None, y: Any = None, *arguments: Any, **options: Any) -> Any:
        """Score as `keras.Model` does.

        Raises:
            ValueError: masks hold values that are not labels.
            DataError: a file that the data come from is missing or damaged.
        """
        with plain_errors(), self._watch(x, y, options):
            return super().evaluate(x, y, *arguments, **options)

    def predict(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Compute the outputs as `keras.Model` does.

        Raises:
            DataError: a file that the data come from is missing or damaged.
        """
        with plain_errors():
            return super().predict(x, *arguments, **options)

    def make_train_function(self, force: bool = False) -> Any:
        """Make what trains a batch; its first call is looked at."""
        made = force or self.train_function is None
        super().make_train_function(force)
        if made:
            self.train_function = self._looked_at(self.train_function)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """Make what scores a batch; its first call is looked at."""
        made = force or self.test_function is None
        super().make_test_function(force)
        if made:
            self.test_function = self._looked_at(self.test_function)
        return self.test_function

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Loss of the output."""
        if isinstance(y, dict):
            raise ValueError(
                f"Model {self.name!r} has one output: pass its masks as one array (batch, height, width, channels). "
                f"Received: y with the keys {', '.join(map(str, y))}"
            )
        outputs = self.output_description
        if outputs.kind == "overlapping" and y is not None and (len(y.shape) == 3 or y.shape[-1] == 1):
            raise ValueError(
                f"The classes of model {self.name!r} may overlap, which class numbers cannot say: masks need one channel of 0 "
                f"and 1 for each of {', '.join(outputs.names)}. Received: y of shape {tuple(y.shape)}"
            )
        valid = known_targets(self.loss, y, y_pred, sample_weight)
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss if valid is None else ops.where(valid, loss, float("nan"))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Metrics of the mask."""
        reads_distance = any(getattr(one, "reads_distance", False) for one in keras.tree.flatten(self.loss))
        if reads_distance and len(y.shape) == 4 and y.shape[-1] == 2:
            y = y[..., :1]
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def split_target(self, y: Any) -> tuple[Any, Any]:
        """Return what losses read of a target, and the numbers of outline styles `(B, H, W, 1)` or `None`."""
        return y, None

    def _watch(self, x: Any, y: Any, options: dict[str, Any]) -> FirstBatch:
        self._first_batch = FirstBatch(self, x, y, options.get("sample_weight"))
        return self._first_batch

    def _looked_at(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            # JAX's steps take and return the model's variables.
            state = arguments[0] if keras.backend.backend() == "jax" else None
            try:
                result = function(*arguments)
                state = result[1] if state is not None else None
                if self._first_batch is not None:
                    first, self._first_batch = self._first_batch, None
                    first.look(result)
            except ValueError:
                if state is not None:
                    give_back_state(self, state)
                raise
            return result

        return step


def check_reading(outputs: Outputs, one: Any, model: str) -> None:
    """Refuse a loss or metric that takes a model's output for something else.

    Args:
        outputs: what the model says of its output.
        one: a loss or metric, ours or Keras's, or a name or function of Keras's; what does not say what it reads passes.
        model: the model's name.

    Raises:
        ValueError: `one` wants logits where there are probabilities or the other way round, exclusive classes where they may
            overlap, or the other way round.
    """
    name = getattr(one, "name", None) or getattr(one, "__name__", str(one))
    wants_logits = _wants_logits(one)
    if wants_logits is False and outputs.logits:
        raise ValueError(
            f"Model {model!r} gives logits (output_activation=None), which {name!r} takes for probabilities. Pass it "
            "from_logits=True."
        )
    if wants_logits and not outputs.logits:
        raise ValueError(
            f"Model {model!r} gives probabilities, which {name!r} takes for logits. Leave its from_logits=True out, or build "
            "the model with output_activation=None."
        )
    if outputs.logits and reads_probabilities(one, outputs.kind == "exclusive"):
        raise ValueError(
            f"Model {model!r} gives logits (output_activation=None), which Keras's {name!r} takes for probabilities. Take a "
            "loss or metric of keras_rau with from_logits=True, or tell Keras's metric so (from_logits=True, threshold=0.0)."
        )
    overlapping = getattr(one, "overlapping", None)
    if overlapping is not None and outputs.channels > 1 and overlapping != outputs.overlapping:
        raise ValueError(
            f"The classes of model {model!r} are {outputs.kind}, those of metric {name!r} are not. Pass it "
            f"overlapping={outputs.overlapping}."
        )
    activation, exclusive = getattr(one, "activation", None), getattr(one, "exclusive", False)
    if outputs.kind == "overlapping" and (exclusive or activation == "softmax"):
        raise ValueError(
            f"The classes of model {model!r} may overlap, those of loss {name!r} exclude each other. Take 'bce', 'dice' or "
            "another loss, or build the model with output_activation='softmax'."
        )
    if outputs.kind == "exclusive" and activation == "sigmoid":
        raise ValueError(
            f"The classes of model {model!r} exclude each other, those of loss {name!r} with activation='sigmoid' may "
            "overlap. Leave it out, or build the model with output_activation='sigmoid'."
        )


def _wants_logits(one: Any) -> bool | None:
    """Return whether logits are read; `None` when that is not stated."""
    if isinstance(one, str):
        try:
            one = keras.losses.get(one)
        except ValueError:
            return None
    if hasattr(one, "from_logits"):
        return bool(one.from_logits)
    if not inspect.isfunction(one):
        return None
    parameter = inspect.signature(one).parameters.get("from_logits")
    return None if parameter is None else bool(parameter.default)

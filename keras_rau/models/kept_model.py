"""The base of all models as far as Keras saves, loads, clones, quantises and calls them."""

import json
import warnings
from pathlib import Path
from typing import Any, Self

import h5py
import keras

from keras_rau.keras_internals import is_cloning, is_saving_hdf5, optimized_variables, sublayers
from keras_rau.models.checked import CheckedModel
from keras_rau.models.layer_settings import LayerSettings
from keras_rau.models.trainable_parts import read_parts, set_parts

_HDF5 = (".h5", ".hdf5")
# In what Keras stores of `compile`: numbers of the weights that the optimiser was built for.
_OPTIMIZED = "optimized_weights"


class KeptModel(CheckedModel):
    """A functional model that is built again from its constructor's arguments, as it was: class, frozen layers, optimiser.

    What a layer was told after it was built, other than `trainable`, is not among the arguments; saving and cloning warn of
    it.
    """

    _arguments: dict[str, Any]
    _supervised: keras.Function | None
    _teacher: Any
    _settings: LayerSettings

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, and `trainable_parts` where parts of the model were frozen."""
        if is_saving_hdf5():
            _check_hdf5(self)
        else:
            self._settings.warn_of_changes(self)
        parts = read_parts(self)
        frozen = {"trainable_parts": parts} if parts else {}
        return {"name": self.name, "trainable": self.trainable, **self._arguments, **frozen}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Build the model again."""
        config = dict(config)
        trainable, parts = config.pop("trainable", True), config.pop("trainable_parts", {})
        model = cls(**config)
        model._set_trainable(trainable, parts)
        return model

    def _set_trainable(self, trainable: bool, parts: dict[str, bool]) -> None:
        # Not where nothing was said: an encoder may come with layers that are frozen.
        if not trainable:
            self.trainable = trainable
        set_parts(self, parts)

    def get_compile_config(self) -> dict[str, Any]:
        """Return what `compile` was called with, and which weights the optimiser holds a state for."""
        config = super().get_compile_config()
        if not config or getattr(self, "optimizer", None) is None:
            return config
        if "optimizer" not in config:
            # Saving to HDF5 removes it from what Keras has stored (3.15.1).
            config["optimizer"] = keras.saving.serialize_keras_object(self.optimizer)
        variables = optimized_variables(self.optimizer)
        places = {id(weight): place for place, weight in enumerate(self.weights)}
        if variables is None:
            return {**config, _OPTIMIZED: None}
        if [id(variable) for variable in variables] == [id(weight) for weight in self.trainable_weights]:
            return config
        if all(id(variable) in places for variable in variables):
            config[_OPTIMIZED] = [places[id(variable)] for variable in variables]
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with what `get_compile_config` returned, and build the optimiser for the weights that it had."""
        config = dict(config)
        if _OPTIMIZED not in config or type(self).compile is not KeptModel.compile:
            super().compile_from_config({name: value for name, value in config.items() if name != _OPTIMIZED})
            return
        places = config.pop(_OPTIMIZED)
        self.compile(**keras.saving.deserialize_keras_object(config))
        if places is not None:
            weights = self.weights
            self.optimizer.build([weights[place] for place in places])

    def clone(self, *, weights: bool = True, compiled: bool = True) -> Self:
        """Return a model of the same class and arguments with weights of its own.

        Frozen layers stay frozen, side outputs are trained as here, and a teacher (`distill`) is the same.
        `keras.models.clone_model` knows the layers of a functional model alone: it is refused where it would lose side
        outputs, and warns elsewhere.

        Args:
            weights: with the weights of this model, and with the state of its optimiser; else with fresh ones.
            compiled: compile it as this one is, if it is.

        Raises:
            ValueError: a loss or metric that this model is compiled with cannot be made again from its configuration.

        Example:
            >>> copy = model.clone()
        """
        twin = type(self).from_config(self.get_config())
        if weights:
            twin.set_weights(self.get_weights())
        twin._teacher = self._teacher
        if compiled and self.compiled:
            try:
                twin.compile_from_config(self.get_compile_config())
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"The clone of model {self.name!r} cannot be compiled as the model is: {str(error).splitlines()[0]} "
                    "Register what it is compiled with by keras.saving.register_keras_serializable, or pass "
                    "compiled=False and compile the clone."
                ) from error
            if weights:
                for own, variable in zip(twin.optimizer.variables, self.optimizer.variables, strict=False):
                    own.assign(variable)
        return twin

    def save(self, filepath: Path | str, *arguments: Any, **named: Any) -> None:
        """Save the model as `keras.Model.save` does, so that `keras.models.load_model` opens `.h5` files too."""
        hdf5 = str(filepath).endswith(_HDF5)
        if hdf5:
            # Keras writes the settings of layers otherwise there, so that `get_config` cannot compare them.
            self._settings.warn_of_changes(self)
        super().save(filepath, *arguments, **named)
        if hdf5:
            _register_in_hdf5(Path(filepath), type(self))

    def quantize(self, *arguments: Any, **named: Any) -> None:
        """Refuse: Keras quantises no convolution.

        Raises:
            ValueError: always; it says how a model is quantised.
        """
        raise ValueError(
            "Keras's quantize() passes over convolutions, of which this model consists; export it instead, by "
            f"keras_rau.export.tflite(model, 'model.tflite', precision='int8'). Received: model {self.name!r} of class "
            f"{type(self).__name__}"
        )

    def symbolic_call(self, *arguments: Any, **named: Any) -> Any:
        """Return the symbolic mask; warn that another model will not train the side outputs of this one."""
        if self._supervised is not None and named.get("training") is not False:
            warnings.warn(
                f"Model {self.name!r} has deep supervision and becomes part of another model, which trains its mask alone: "
                "only this model's own fit trains the side outputs. Put what comes before it into the data "
                "(dataset.map), or build it with deep_supervision=False; call it with training=False if it is not to be "
                "trained there.",
                stacklevel=2,
            )
        return super().symbolic_call(*arguments, **named)

    def _run_through_graph(self, inputs: Any, *arguments: Any, **named: Any) -> Any:
        if is_cloning(named):
            _check_cloning(self)
        return super()._run_through_graph(inputs, *arguments, **named)


def _check_cloning(model: KeptModel) -> None:
    kind = type(model).__name__
    if model._supervised is not None:
        raise ValueError(
            f"keras.models.clone_model would lose the side outputs of {kind} {model.name!r}, which has deep supervision. Use "
            "model.clone(); or clone keras.Model(model.input, model.output), which has none."
        )
    warnings.warn(
        f"keras.models.clone_model makes a plain keras.Model of {kind} {model.name!r}, which no longer knows its classes and "
        "arguments; model.clone() makes another with the same weights.",
        stacklevel=5,
    )


def _check_hdf5(model: KeptModel) -> None:
    """Refuse to write a file that would lack weights: Keras stores those of `model.layers` there."""
    known = {id(weight) for layer in model.layers for weight in layer.weights}
    lost = [layer.name for layer in sublayers(model) if any(id(weight) not in known for weight in layer.weights)]
    if lost:
        raise ValueError(
            f"An HDF5 file would lack the weights of {', '.join(lost)}, which only training sees. Save model "
            f"{model.name!r} as .keras."
        )


def _register_in_hdf5(path: Path, kind: type) -> None:
    """Name the class as it is registered, by which `keras.models.load_model` finds it; Keras writes its bare name."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        # Another model may be left there where overwriting was declined.
        if config["class_name"] == kind.__name__:
            config["class_name"] = keras.saving.get_registered_name(kind)
            file.attrs["model_config"] = json.dumps(config).encode()

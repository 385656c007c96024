"""The small sections of the configuration, and what all sections are made of."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Section(BaseModel):
    """A part of the configuration in which unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class NamedSection(BaseModel):
    """A name, and arguments for what it names; these are checked when it is built."""

    model_config = ConfigDict(extra="allow")
    name: str

    @property
    def arguments(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


Epoch = Annotated[int, Field(ge=1)]


class CheckpointSection(Section):
    """Checkpoints besides `best.keras` and `last.keras`."""

    keep_epochs: list[Epoch] = Field([], description="epochs, from 1, after which the model is kept as epoch_NNN.keras")
    every_steps: int | None = Field(
        None, ge=1, description="save within an epoch too, after so many steps, to resume from there"
    )


class DistillationSection(Section):
    """A trained model whose maps are mixed into the masks that are trained on."""

    teacher: str | None = Field(None, description="model file, run directory or preset to learn from; null: none")
    weight: Finite = Field(0.5, gt=0, le=1, description="its share in the target of the loss, the masks have the rest")


class HardwareSection(Section):
    """Precision, compilation and devices."""

    mixed_precision: bool | Literal["float16", "bfloat16"] = Field(
        False,
        description="compute in float16 (true) or bfloat16, keep weights in float32; for GPUs, and bfloat16 for CPUs with AMX",
    )
    jit_compile: Literal["auto"] | bool = Field("auto", description="compile the step with XLA")
    devices: Literal["all"] | Annotated[int, Field(ge=1)] = Field(
        1, description="devices of this host that share each batch"
    )
    hosts: int = Field(
        1, ge=1, description="hosts that share each batch; the JAX backend, and the same command on each of them"
    )

    @property
    def shares_batches(self) -> bool:
        """True if several devices or hosts train on parts of each batch, so that all batches must be whole."""
        return self.devices != 1 or self.hosts > 1

    @property
    def policy(self) -> str | None:
        """Name of the dtype policy, or `None` for Keras's own."""
        if not self.mixed_precision:
            return None
        return f"mixed_{'float16' if self.mixed_precision is True else self.mixed_precision}"


class OptimizerSection(Section):
    """AdamW with a warm-up, and a learning rate that falls to zero."""

    learning_rate: Finite = Field(1e-3, gt=0, description="largest learning rate")
    weight_decay: Finite = Field(1e-4, ge=0, description="decoupled weight decay")
    warmup_epochs: Finite = Field(1.0, ge=0, description="epochs of linear warm-up")
    schedule: Literal["cosine", "polynomial", "constant"] = Field(
        "cosine", description="how the learning rate falls after the warm-up"
    )
    power: Finite = Field(0.9, gt=0, description="of the polynomial schedule")
    end_fraction: Finite = Field(0.0, ge=0, le=1, description="what is left of the learning rate at the end")
    clip_norm: Finite | None = Field(1.0, gt=0, description="global gradient norm, or null")
    accumulate: int = Field(1, ge=1, description="steps whose gradients are averaged before the weights change")
    ema: Finite | None = Field(
        None, gt=0, lt=1, description="momentum of a moving average of the weights, which is validated and kept as best"
    )

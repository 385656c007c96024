"""Settings of the optimiser."""

from typing import Literal

from pydantic import Field

from keras_rau.training.config.section import Finite, Section


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

"""Which states of the model are kept."""

from typing import Annotated

from pydantic import Field

from keras_rau.training.config.section import Section

Epoch = Annotated[int, Field(ge=1)]


class CheckpointSection(Section):
    """Checkpoints besides `best.keras` and `last.keras`."""

    keep_epochs: list[Epoch] = Field([], description="epochs, from 1, after which the model is kept as epoch_NNN.keras")
    every_steps: int | None = Field(
        None, ge=1, description="save within an epoch too, after so many steps, to resume from there"
    )

"""Settings of learning from another model."""

from pydantic import Field

from keras_rau.training.config.section import Finite, Section


class DistillationSection(Section):
    """A trained model whose maps are mixed into the masks that are trained on."""

    teacher: str | None = Field(None, description="model file, run directory or preset to learn from; null: none")
    weight: Finite = Field(0.5, gt=0, le=1, description="its share in the target of the loss, the masks have the rest")

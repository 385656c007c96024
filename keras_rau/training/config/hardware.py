"""Settings of the machine the training runs on."""

from typing import Annotated, Literal

from pydantic import Field

from keras_rau.training.config.section import Section


class HardwareSection(Section):
    """Precision, compilation and devices."""

    mixed_precision: bool = Field(False, description="compute in float16, keep weights in float32; for GPUs")
    jit_compile: Literal["auto"] | bool = Field("auto", description="compile the step with XLA")
    devices: Literal["all"] | Annotated[int, Field(ge=1)] = Field(
        1, description="devices of this host that share each batch"
    )

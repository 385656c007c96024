"""Settings of the machine the training runs on."""

from typing import Annotated, Literal

from pydantic import Field

from keras_rau.training.config.section import Section


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
    def policy(self) -> str | None:
        """Name of the dtype policy, or `None` for Keras's own."""
        if not self.mixed_precision:
            return None
        return f"mixed_{'float16' if self.mixed_precision is True else self.mixed_precision}"

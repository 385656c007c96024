"""The whole configuration."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationInfo, field_validator

from keras_rau.training.config.data import DataSection
from keras_rau.training.config.monitoring import TensorBoardSection, checked_metrics, checked_monitor
from keras_rau.training.config.sections import (
    CheckpointSection,
    DistillationSection,
    HardwareSection,
    NamedSection,
    OptimizerSection,
    Section,
)


class Config(Section):
    """A whole experiment."""

    data: DataSection = DataSection()
    model: NamedSection = Field(
        NamedSection(name="rau_net_small"),
        description="preset, see keras-rau models, and arguments that replace its own",
    )
    loss: NamedSection = Field(NamedSection(name="compound"), description="name of the loss, and its arguments")
    optimizer: OptimizerSection = OptimizerSection()
    epochs: int = Field(40, ge=1, le=1_000_000, description="epochs of the whole training")
    batch_size: int = Field(8, ge=1, le=1_000_000, description="images per step, over all devices and hosts")
    metrics: list[str] = Field(["dice", "iou"], description="metrics of every epoch, see keras_rau.metrics.names()")
    monitor: str = Field("val_dice", description="logged value that the best checkpoint is chosen by")
    monitor_mode: Literal["auto", "max", "min"] = Field(
        "auto", description="whether higher or lower is better; auto: lower for losses and ece, higher for scores"
    )
    early_stopping: int | None = Field(
        None, ge=1, description="stop after so many epochs without a better `monitor`; null: never"
    )
    seed: int | None = Field(
        None, ge=0, lt=2**32, description="makes the run repeatable: weights, order, augmentation, operations"
    )
    init: str | None = Field(
        None, description="model file, run directory or preset whose weights the training starts from"
    )
    distillation: DistillationSection = DistillationSection()
    frozen_encoder_epochs: int = Field(0, ge=0, description="epochs at the start in which the encoder is not trained")
    also_train: dict[str, Path] = Field(
        {},
        description="other data sets to train on too, each by its name and its folder, without what val and test show",
    )
    also_train_images: int | None = Field(
        None, ge=1, description="so many images of also_train are drawn for each epoch; null: all of them"
    )
    also_test: dict[str, Path] = Field({}, description="other data sets to test on, each by its name and its folder")
    checkpoints: CheckpointSection = CheckpointSection()
    tensorboard: TensorBoardSection = TensorBoardSection()
    hardware: HardwareSection = HardwareSection()

    @field_validator("metrics")
    @classmethod
    def _known_metrics(cls, value: list[str]) -> list[str]:
        return checked_metrics(value)

    @field_validator("monitor")
    @classmethod
    def _is_logged(cls, value: str, info: ValidationInfo) -> str:
        # Metrics that are wrong themselves have been refused.
        if "metrics" not in info.data or "data" not in info.data:
            return value
        outputs = info.data["data"].outputs[0]
        return checked_monitor(value, info.data["metrics"], outputs.foreground if outputs.channels > 1 else ())

    def to_yaml(self) -> str:
        """YAML text that `load_config` reads back."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)

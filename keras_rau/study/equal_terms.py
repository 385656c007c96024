"""Architectures on equal terms: widths for the same compute, the same kind of encoder."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.models.as_net import ASNet
from keras_rau.models.presets import PRESETS
from keras_rau.models.scaling import has_ready_encoder, scaled
from keras_rau.study.budget import Budget
from keras_rau.training.config import Config

# Arguments that mean the same in all architectures.
_COMMON = ("classes", "dtype")


class EqualTerms:
    """Widths and encoders that make the architectures of a study comparable.

    Args:
        models: presets.
        options: of the study. `multiply_adds`: thousand millions of them for one image, that models are widened or narrowed
            to, or `None` for the widths of the presets; `full_width_below`: models of fewer parameters keep their width all
            the same; `pretrained`: ImageNet weights for all encoders; `loss`: for the remark.
        shared: a configuration with the settings of all trainings.
        widths: JSON file of the widths that were found before.

    Raises:
        UsageError: an option has no valid value, an encoder has no pretrained weights where all are to be pretrained, a
            model exceeds the compute at its narrowest, or the settings have arguments of one model.
    """

    def __init__(self, models: Sequence[str], options: Mapping[str, Any], shared: Config, widths: Path) -> None:
        self.models = models
        self.wanted = options.get("multiply_adds")
        self.full_below = options.get("full_width_below") or 0
        self.encoder_weights = "imagenet" if options.get("pretrained") else None
        self.loss = options.get("loss")
        if self.wanted is not None and not 0 < self.wanted < math.inf:
            raise UsageError(f"--multiply-adds must be a positive number. Received: {self.wanted}")
        if self.full_below and self.wanted is None:
            raise UsageError("--full-width-below needs --multiply-adds: without it all widths are the published ones.")
        if self.encoder_weights is not None and (
            without := [name for name in models if not _has_pretrained_encoder(name)]
        ):
            raise UsageError(
                f"No pretrained encoder is known for {', '.join(without)}: leave them out, or train all from scratch."
            )
        if own := [f"model.{name}" for name in shared.model.arguments if name not in _COMMON]:
            raise UsageError(
                f"These settings mean something else in each architecture, or do not exist: leave out {', '.join(own)}. "
                f"For all may be set: {', '.join(f'model.{name}' for name in _COMMON)}."
            )
        self.factors: dict[str, float | None] = {}
        if self.wanted is not None:
            budget = Budget(1e9 * self.wanted, shared.data.image_size, widths)
            self.factors = {name: self._factor(name, budget) for name in models if not self._is_small(name)}

    def label(self, name: str) -> str:
        """Return the factor as it follows the name of a model in tables."""
        factor = self._factor_of(name)
        return "" if factor == 1 else f" × {factor:.3g}"

    def words(self, name: str) -> list[str]:
        """Words in the name of its run directory."""
        factor = self._factor_of(name)
        weights = [self.encoder_weights] if self.encoder_weights and _has_pretrained_encoder(name) else []
        return [*([] if factor == 1 else [f"x{factor:.3g}"]), *weights]

    def settings(self, name: str) -> dict[str, Any]:
        """Settings of its trainings."""
        found = {f"model.{key}": value for key, value in scaled(name, self._factor_of(name)).items()}
        if _has_pretrained_encoder(name):
            found["model.encoder_weights"] = self.encoder_weights
        if self.loss == "published":
            found |= {f"loss.{key}": value for key, value in PRESETS[name].loss_settings.items()}
        return found

    def remarks(self) -> list[str]:
        """Return what the page says of widths, encoders and losses."""
        weights = self.encoder_weights
        encoders = "start from scratch" if weights is None else f"have {weights} weights"
        loss = "each model's published one" if self.loss == "published" else f"`{self.loss}` for all"
        said = [f"Encoders {encoders}; the loss is {loss}."]
        if self.wanted is None:
            return [*said, "All widths are the published ones."]
        said.append(
            f"Widths are scaled to about {self.wanted:g} · 10⁹ multiply-adds; the factor stands behind the name."
        )
        if small := [name for name in self.models if self._is_small(name)]:
            said.append(
                f"Of fewer than {self.full_below:,} parameters, and at their published width: {', '.join(small)}."
            )
        if fixed := [name for name, factor in self.factors.items() if factor is None]:
            said.append(f"At their published width, because a ready-made encoder has no other: {', '.join(fixed)}.")
        return said

    def _factor_of(self, name: str) -> float:
        return self.factors.get(name) or 1.0

    def _is_small(self, name: str) -> bool:
        return PRESETS[name].parameters < self.full_below

    def _factor(self, name: str, budget: Budget) -> float | None:
        # The weights of VGG-16 are those of its own width.
        fixed = self.encoder_weights is not None and PRESETS[name].builder is ASNet
        return None if fixed else budget.factor(name)


def _has_pretrained_encoder(name: str) -> bool:
    return has_ready_encoder(name) or PRESETS[name].builder is ASNet

from .colour import enhance_contrast as enhance_contrast
from .colour import grey_world as grey_world
from .colour import shades_of_grey as shades_of_grey
from .hair import find_hair as find_hair
from .hair import remove_hair as remove_hair
from .stage import preprocess_stage as preprocess_stage
from .steps import (
    Step as Step,
)
from .steps import (
    as_config as as_config,
)
from .steps import (
    names as names,
)
from .steps import (
    parse_steps as parse_steps,
)
from .steps import (
    preprocess as preprocess,
)
from .vignette import find_vignette as find_vignette
from .vignette import remove_vignette as remove_vignette

__all__ = [
    "Step",
    "as_config",
    "enhance_contrast",
    "find_hair",
    "find_vignette",
    "grey_world",
    "names",
    "parse_steps",
    "preprocess",
    "preprocess_stage",
    "remove_hair",
    "remove_vignette",
    "shades_of_grey",
]

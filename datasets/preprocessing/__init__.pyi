from .colour import enhance_contrast, grey_world, shades_of_grey
from .hair import find_hair, remove_hair
from .stage import preprocess_stage
from .steps import Step, as_config, names, parse_steps, preprocess
from .vignette import find_vignette, remove_vignette

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

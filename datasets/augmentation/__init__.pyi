from .chain import apply as apply
from .policies import POLICIES as POLICIES
from .policies import Policy as Policy
from .policies import get_policy as get_policy
from .stage import augment as augment
from .stage import sample_seed as sample_seed

__all__ = [
    "POLICIES",
    "Policy",
    "apply",
    "augment",
    "get_policy",
    "sample_seed",
]

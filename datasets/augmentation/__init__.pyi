from .chain import apply
from .policies import POLICIES, Policy, get_policy
from .stage import augment, sample_seed

__all__ = [
    "POLICIES",
    "Policy",
    "apply",
    "augment",
    "get_policy",
    "sample_seed",
]

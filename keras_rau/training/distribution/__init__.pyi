from .cluster import Cluster, cluster_from_environment
from .devices import mirrored_strategy, synchronise_normalization, synchronise_updates
from .hosts import apart_from_hosts, join_hosts, plain_host_errors
from .strategy import TrainingStrategy

__all__ = [
    "Cluster",
    "TrainingStrategy",
    "apart_from_hosts",
    "cluster_from_environment",
    "join_hosts",
    "mirrored_strategy",
    "plain_host_errors",
    "synchronise_normalization",
    "synchronise_updates",
]

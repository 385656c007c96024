from .cluster import Cluster as Cluster
from .cluster import cluster_from_environment as cluster_from_environment
from .devices import (
    mirrored_strategy as mirrored_strategy,
)
from .devices import (
    synchronise_normalization as synchronise_normalization,
)
from .devices import (
    synchronise_updates as synchronise_updates,
)
from .hosts import (
    apart_from_hosts as apart_from_hosts,
)
from .hosts import (
    join_hosts as join_hosts,
)
from .hosts import (
    plain_host_errors as plain_host_errors,
)
from .strategy import TrainingStrategy as TrainingStrategy

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

"""Training on several devices and on several hosts."""

from keras_rau.lazy import lazy

_NAMES = {
    "Cluster": "cluster",
    "cluster_from_environment": "cluster",
    "apart_from_hosts": "hosts",
    "join_hosts": "hosts",
    "plain_host_errors": "hosts",
    "mirrored_strategy": "devices",
    "synchronise_normalization": "devices",
    "synchronise_updates": "devices",
    "TrainingStrategy": "strategy",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)

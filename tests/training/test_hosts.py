"""Which processes train together, by what the environment says."""

import json

import pytest

from keras_rau.errors import UsageError
from keras_rau.training.distribution import Cluster, cluster_from_environment


def _tf_config(index, kind="worker", **cluster):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"KERAS_RAU_COORDINATOR": "a:1", "KERAS_RAU_PROCESSES": "3", "KERAS_RAU_PROCESS": "2"},
            Cluster("a:1", 3, 2),
        ),
        (
            {"KERAS_RAU_COORDINATOR": "a:1", "KERAS_RAU_PROCESSES": "3", "JOB_COMPLETION_INDEX": "1"},
            Cluster("a:1", 3, 1),
        ),
        (_tf_config(1, worker=["a:1", "b:1"]), Cluster("a:1", 2, 1)),
        (_tf_config(0, worker=["b:1"], chief=["a:1"]), Cluster("a:1", 2, 1)),
        (_tf_config(0, "chief", worker=["b:1"], chief=["a:1"]), Cluster("a:1", 2, 0)),
        (
            {"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_STEP_NODELIST": "gpu[03-05,9],login"},
            Cluster("gpu03:12355", 2, 1),
        ),
        (
            {"SLURM_NTASKS": "2", "SLURM_PROCID": "0", "SLURM_JOB_NODELIST": "a,b", "KERAS_RAU_PORT": "7"},
            Cluster("a:7", 2, 0),
        ),
    ],
)
def test_the_environment_is_read(environment, expected):
    assert cluster_from_environment(environment) == expected


def test_our_own_variables_come_first():
    own = {"KERAS_RAU_COORDINATOR": "own:1", "KERAS_RAU_PROCESSES": "2", "KERAS_RAU_PROCESS": "0"}
    slurm = {"SLURM_NTASKS": "9", "SLURM_PROCID": "8", "SLURM_STEP_NODELIST": "n1"}
    assert cluster_from_environment({**slurm, **own}).coordinator == "own:1"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "Nothing in the environment"),
        ({"KERAS_RAU_COORDINATOR": "a:1", "KERAS_RAU_PROCESSES": "2"}, "must be known"),
        ({"KERAS_RAU_COORDINATOR": "a", "KERAS_RAU_PROCESSES": "2", "KERAS_RAU_PROCESS": "0"}, "HOST:PORT"),
        ({"KERAS_RAU_COORDINATOR": "a:1", "KERAS_RAU_PROCESSES": "2", "KERAS_RAU_PROCESS": "2"}, "number 1"),
        ({"TF_CONFIG": "{"}, "TF_CONFIG is damaged"),
        ({"TF_CONFIG": "[" * 100_000}, "TF_CONFIG is nested too deep"),
        ({"TF_CONFIG": "{}"}, "TF_CONFIG must hold"),
        (_tf_config(0, worker=[]), "names no workers"),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "0"}, "list of nodes"),
    ],
)
def test_what_cannot_be_read_is_said(environment, message):
    with pytest.raises(UsageError, match=message):
        cluster_from_environment(environment)

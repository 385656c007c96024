"""The images of an experiment: their sets, other data sets, pipelines and validation."""

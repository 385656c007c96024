"""Experiments: configuration in, run directory out."""

"""Checkpoints, history and state of a run, and resuming from them."""

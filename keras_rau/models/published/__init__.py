"""Checkpoints of the published networks: what their weights are called, and how they get into ours."""

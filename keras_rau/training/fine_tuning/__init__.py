"""Trainings that start from, or learn from, another model."""

"""Masks of several classes: what their values, colours or files mean, and how they are read and resized."""

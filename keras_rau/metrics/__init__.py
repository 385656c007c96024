"""Segmentation metrics."""

import keras  # noqa: F401  first, so that registration on the import of keras meets no half-imported module of ours

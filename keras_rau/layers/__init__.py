"""Keras layers of reverse attention, boundary attention and their U-Nets."""

import keras  # noqa: F401  first, so that registration on the import of keras meets no half-imported module of ours

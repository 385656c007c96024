"""Decoding image and mask files, and saying what is wrong with them."""

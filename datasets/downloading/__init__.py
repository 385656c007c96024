"""Fetching the official archives of the ISIC challenges."""

"""The command `keras-rau`."""

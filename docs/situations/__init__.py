"""Situations of user code, and the script that runs them and writes what the library does."""

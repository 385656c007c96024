"""Fuzzing: `make fuzz` feeds damaged and odd files to everything that reads files of strangers.

`FUZZ_MINUTES` (2) is the time for all targets together, `FUZZ_SEED` repeats a run, `FUZZ_ONLY` names some targets. Allowed are
the errors of this package; anything else, and a process that dies, is printed with the content that caused it, and the
status is 1.
"""

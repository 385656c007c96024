"""Model files that somebody hostile could send, made by `python -P tests/deploy/hostile/run.py FOLDER`.

`CASES` of each module: by name a function that writes files into a folder and returns what to open, as `Attack`.
"""

"""Run a command of `keras-rau` that kills itself as it is about to change a folder for the n-th time.

`python -P tests/killed.py FOLDER N WORDS...`: with N of 0 nothing is killed, and the number of changes is printed last.
Changes are files opened for writing, and names that are made, moved or removed, in the folder or below.
"""

import atexit
import os
import signal
import sys

FOLDER, AT = sys.argv[1], int(sys.argv[2])
_NAMES = ("os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")
changes = 0


def _listen(event: str, arguments: tuple) -> None:
    global changes
    if event == "open":
        _, mode, flags = arguments
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not set(mode or "") & set("wax+"):
            return
    elif event not in _NAMES:
        return
    if not any(str(each).startswith(FOLDER) for each in arguments[:2]):
        return
    changes += 1
    if changes == AT:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from keras_rau.cli import main

    sys.argv = ["keras-rau", *sys.argv[3:]]
    sys.addaudithook(_listen)
    atexit.register(lambda: print(f"changes: {changes}", flush=True))
    main()

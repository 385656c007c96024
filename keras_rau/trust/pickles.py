"""Pickles of PyTorch's state dicts, read without any of what else a pickle can do."""

import pickle
from typing import Any, BinaryIO

_KEYS_AND_VALUES = 1_000_000
_READS = 200_000  # instructions and their arguments; a thousand tensors take 50,000
# What a state dict is written with: numbers, words, tuples, dictionaries, named things, and where tensors lie.
_OPCODES = [
    "PROTO",
    "FRAME",
    "STOP",
    "MARK",
    "NONE",
    "NEWTRUE",
    "NEWFALSE",
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "BINFLOAT",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "SHORT_BINSTRING",
    "BINSTRING",
    "EMPTY_TUPLE",
    "TUPLE",
    "TUPLE1",
    "TUPLE2",
    "TUPLE3",
    "EMPTY_LIST",
    "APPEND",
    "APPENDS",
    "EMPTY_DICT",
    "DICT",
    "SETITEM",
    "SETITEMS",
    "GLOBAL",
    "STACK_GLOBAL",
    "REDUCE",
    "BUILD",
    "PUT",
    "BINPUT",
    "LONG_BINPUT",
    "MEMOIZE",
    "GET",
    "BINGET",
    "LONG_BINGET",
    "BINPERSID",
]


class Unpickler(pickle._Unpickler):
    """An unpickler that builds dictionaries of words, numbers and tuples, and calls nothing that a subclass does not name.

    Python's own calls whatever a file asks for, and even an innocent tuple that holds itself twice, forty times over,
    stops it for years when it becomes a key.

    Args:
        file: open in binary mode.
        size: bytes of the file, which no word in it can exceed.
    """

    dispatch = {  # noqa: RUF012
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in _OPCODES
    }

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__(_Limited(file, size))

    def find_class(self, module: str, name: str) -> Any:
        """Refuse; subclasses allow what they know."""
        raise pickle.UnpicklingError(f"{module[:60]}.{name[:60]} is not allowed")

    def load(self) -> Any:
        """Return what the next pickle of the file holds.

        Raises:
            pickle.UnpicklingError: it asks for something else.
        """
        try:
            return super().load()
        except (pickle.UnpicklingError, OSError):
            raise
        except KeyError as error:
            raise pickle.UnpicklingError(f"the instruction {error} is not allowed") from error
        # Each instruction takes for granted what stands on the stack and how many bytes follow.
        except Exception as error:
            raise pickle.UnpicklingError(f"damaged ({type(error).__name__})") from error

    def _set(self, target: Any, items: list[Any]) -> None:
        if not isinstance(target, dict) or len(items) % 2 or len(target) + len(items) > _KEYS_AND_VALUES:
            raise pickle.UnpicklingError("a dictionary is damaged")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, (str, int)):
                raise pickle.UnpicklingError("a key is not a word")
            target[key] = value

    def _load_setitems(self) -> None:
        items = self.pop_mark()
        self._set(self.stack[-1], items)

    def _load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set(self.stack[-1], [key, value])

    def _load_dict(self) -> None:
        items, found = self.pop_mark(), {}
        self._set(found, items)
        self.append(found)

    def _load_build(self) -> None:
        # An OrderedDict has attributes (versions of modules), which nobody needs.
        self.stack.pop()

    def _load_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not callable(function) or not isinstance(arguments, tuple):
            raise pickle.UnpicklingError("a call is damaged")
        if isinstance(function, type) and arguments:
            raise pickle.UnpicklingError("only empty dictionaries are made so")
        self.append(function(*arguments))

    dispatch[pickle.SETITEMS[0]] = _load_setitems
    dispatch[pickle.SETITEM[0]] = _load_setitem
    dispatch[pickle.DICT[0]] = _load_dict
    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.REDUCE[0]] = _load_reduce


class _Limited:
    """A file that refuses to read more than it has: memory is taken before anything is read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._reads = file, size, 0

    def read(self, count: int) -> bytes:
        self._reads += 1
        if self._reads > _READS:
            raise pickle.UnpicklingError("it holds more than a state dict does")
        if not 0 <= count <= self._size:
            raise pickle.UnpicklingError("the file is cut off")
        return self._file.read(count)

    def readline(self) -> bytes:
        return self._file.readline()

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)

"""HDF5 files of weights: groups and plain arrays that lie in the file itself, and nothing else HDF5 can do."""

from pathlib import Path
from typing import Any, BinaryIO

import h5py

from keras_rau.errors import ModelFileError

_MOST_OBJECTS = 100_000
_DEEPEST = 64
_LARGEST_ATTRIBUTE = 16 << 20  # bytes; old files list the names of all weights in one
_KINDS = "fiub"  # floats, integers, booleans


def check_hdf5(file: Path | BinaryIO, name: str) -> tuple[int, int]:
    """Look at every object of an HDF5 file without reading an array.

    Refused are links to other files, arrays whose content lies elsewhere (external or virtual), arrays that claim more than
    is stored, compression (which a bomb needs and Keras does not use), links back to a group that was seen, and types
    other than numbers.

    Args:
        file: the file, or an open one.
        name: what to call it in messages.

    Returns:
        Bytes and number of its arrays.

    Raises:
        ModelFileError: it is damaged or holds one of these.
    """
    try:
        with h5py.File(file, "r") as root:
            return _Walk(name).count(root)
    except ModelFileError:
        raise
    # Of damaged files h5py raises whatever it comes upon.
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(f"{name} is damaged or no file of weights: {reason[:200]}") from error


class _Walk:
    def __init__(self, name: str) -> None:
        self.name = name
        self.bytes = self.arrays = self.objects = 0
        self.seen: set[int] = set()

    def count(self, root: Any) -> tuple[int, int]:
        # A file of nothing but a group may be the largest there is: its arrays cannot hold more than it.
        self._group(root, 0)
        return self.bytes, self.arrays

    def _refuse(self, what: str) -> None:
        raise ModelFileError(f"{self.name} {what}. Files of weights by Keras never do; it was not opened.")

    def _group(self, group: Any, depth: int) -> None:
        if depth > _DEEPEST:
            self._refuse("nests its groups too deep")
        self._once(group)
        self._attributes(group)
        for key in group:
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                self._refuse(f"points elsewhere ({key[:60]!r} is a link to another place or file)")
            kind = group.get(key, getclass=True)
            if kind is h5py.Group:
                self._group(group[key], depth + 1)
            elif kind is h5py.Dataset:
                self._dataset(group[key], key[:60])
            else:
                self._refuse(f"holds another thing than groups and arrays ({key[:60]!r})")

    def _once(self, item: Any) -> None:
        self.objects += 1
        address = h5py.h5o.get_info(item.id).addr
        if address in self.seen:
            self._refuse("holds the same object in two places")
        if self.objects > _MOST_OBJECTS:
            self._refuse(f"holds more than {_MOST_OBJECTS:,} objects")
        self.seen.add(address)

    def _attributes(self, item: Any) -> None:
        for key in item.attrs:
            attribute = item.attrs.get_id(key)
            # HDF5 gives no size of an empty one.
            if 0 not in (attribute.shape or ()) and attribute.get_storage_size() > _LARGEST_ATTRIBUTE:
                self._refuse(f"has an attribute of {attribute.get_storage_size():,} bytes")

    def _dataset(self, array: Any, key: str) -> None:
        self._once(array)
        self._attributes(array)
        self.arrays += 1
        if array.external or array.is_virtual:
            self._refuse(f"takes the array {key!r} from another file")
        creation = array.id.get_create_plist()
        if creation.get_nfilters():
            self._refuse(f"compresses the array {key!r}")
        if array.dtype.kind not in _KINDS and array.dtype.kind != "V":
            self._refuse(f"holds no numbers in {key!r} but {array.dtype}")
        if array.dtype.kind == "V" and (array.dtype.fields or array.dtype.itemsize > 16):
            self._refuse(f"holds no numbers in {key!r} but {str(array.dtype)[:60]}")
        wanted = array.size * array.dtype.itemsize if array.shape is not None else 0
        if array.id.get_storage_size() < wanted:
            self._refuse(f"claims {wanted:,} bytes for the array {key!r} and stores {array.id.get_storage_size():,}")
        self.bytes += wanted

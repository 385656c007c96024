"""Sets that grow together."""

from collections.abc import Hashable
from typing import Any


class Unions:
    """Disjoint sets of anything hashable."""

    def __init__(self) -> None:
        self._parents: dict[Hashable, Any] = {}

    def find(self, item: Any) -> Any:
        """The member that stands for the set of `item`."""
        self._parents.setdefault(item, item)
        while self._parents[item] != item:
            self._parents[item] = self._parents[self._parents[item]]
            item = self._parents[item]
        return item

    def join(self, one: Any, other: Any) -> None:
        """Make the sets of two items one."""
        self._parents[self.find(one)] = self.find(other)

    def __contains__(self, item: Any) -> bool:
        return item in self._parents

    def __iter__(self) -> Any:
        return iter(list(self._parents))

"""Address columns: IP and hardware addresses as codes and a table of distinct values."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from . import _core


class AddressColumn:
    """One address a packet; compare it, test it for membership in networks, or take it apart into codes and values.

    Comparisons work on the raw addresses and are fast; :attr:`codes` and :attr:`values` are made on first use.

    Examples
    --------
    >>> cap.src == "10.20.0.10"  # doctest: +SKIP
    >>> cap[cap.dst.isin(["10.20.0.0/24", "fd00:20::/64"])]  # doctest: +SKIP
    """

    __slots__ = ("_frame", "_name")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, frame: _core.Frame | _core.FlowTable, name: str) -> None:
        self._frame = frame
        self._name = name

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def codes(self) -> NDArray[np.uint32]:
        """For each packet the place of its address in :attr:`values`.

        Returns
        -------
        numpy.ndarray of uint32
            Read-only; 0 where the packet has no address.
        """
        return self._frame.codes(self._name)

    @property
    def values(self) -> NDArray[np.object_]:
        """The distinct addresses.

        Returns
        -------
        numpy.ndarray of object
            Texts in ascending order, IPv4 before IPv6; the first is empty and stands for no address.
        """
        values = np.array(self._frame.categories(self._name), dtype=object)
        values.flags.writeable = False
        return values

    def unique(self) -> list[str]:
        """Return the distinct addresses that occur, in ascending order."""
        return self._frame.categories(self._name)[1:]

    def counts(self) -> dict[str, int]:
        """Return how many packets have each address, most first."""
        counted = np.bincount(self.codes, minlength=1)
        order = np.argsort(-counted, kind="stable")
        values = self.values
        return {values[code]: int(counted[code]) for code in order if code and counted[code]}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            message = "the addresses are stored as codes; an array of texts can only be a copy"
            raise ValueError(message)
        texts = self.values[self.codes]
        return texts if dtype is None else texts.astype(dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values[self.codes])

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice | NDArray[Any]) -> NDArray[np.object_]: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)):
            row = int(key) + (len(self) if key < 0 else 0)
            if not 0 <= row < len(self):
                message = f"row {key} is not there: there are {len(self)} packets"
                raise IndexError(message)
            return self._frame.address(self._name, row)
        return self.values[self.codes[key]]

    def __eq__(self, other: object) -> Any:
        if isinstance(other, AddressColumn):
            return np.asarray(self) == np.asarray(other)
        if isinstance(other, (str, ipaddress.IPv4Address, ipaddress.IPv6Address)):
            return self._frame.within(self._name, [self._exact(other)])
        message = f"addresses are compared with {type(other).__name__}, but must be with a text such as '10.0.0.1'"
        raise TypeError(message)

    def __ne__(self, other: object) -> Any:
        return ~(self == other)

    def isin(self, addresses: str | Iterable[str]) -> NDArray[np.bool_]:
        """Test which packets' addresses are among `addresses`.

        Parameters
        ----------
        addresses : str or iterable of str
            Addresses, or networks such as ``"10.0.0.0/8"``.

        Returns
        -------
        numpy.ndarray of bool
            One value a packet; False where it has no address.

        Raises
        ------
        ValueError
            A text is neither an address nor a network.
        """
        wanted = [addresses] if isinstance(addresses, str) else list(addresses)
        return self._frame.within(self._name, [self._network(text) for text in wanted])

    def _is_hardware(self) -> bool:
        return self._name.startswith("eth_")

    def _exact(self, address: object) -> tuple[str, int]:
        text = str(address)
        return self._network(text.partition("/")[0] if not self._is_hardware() else text)

    def _network(self, text: object) -> tuple[str, int]:
        if self._is_hardware():
            return str(text).lower().replace("-", ":"), 48
        try:
            network = ipaddress.ip_network(str(text), strict=False)
        except ValueError:
            message = f"{text!r} is neither an IP address nor a network such as '10.0.0.0/8'"
            raise ValueError(message) from None
        return str(network.network_address), network.prefixlen

    def __repr__(self) -> str:
        shown = [self[row] or "-" for row in range(min(len(self), 4))]
        more = ", …" if len(self) > len(shown) else ""
        return f"<{self._name}: {', '.join(shown)}{more} ({len(self):,} packets)>"

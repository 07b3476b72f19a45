"""Linux cooked capture, version 2: LINKTYPE_LINUX_SLL2."""

from pcapframe._core import SLL2 as SLL2

from .ethernet import Ethernet

SLL2._typesw = Ethernet._typesw

"""Linux cooked capture: LINKTYPE_LINUX_SLL."""

from pcapframe._core import SLL as SLL

from .ethernet import Ethernet

SLL._typesw = Ethernet._typesw

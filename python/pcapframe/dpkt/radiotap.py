"""Radiotap, what a wireless adapter tells of a frame: https://www.radiotap.org."""

from functools import cache
from typing import Any, NamedTuple

from . import dpkt

_WORD_LEN = 4
_ANOTHER_WORD = 0x80  # in the last byte of a word of present flags
_FCS_SHIFT = 4
_FCS_MASK = 1 << _FCS_SHIFT


class _Field(NamedTuple):
    """Field of the header: the bit that announces it, the attribute it becomes and the class that reads it."""

    bit: int
    name: str
    reader: str


_FIELDS = (
    _Field(0, "tsft", "TSFT"),
    _Field(1, "flags", "Flags"),
    _Field(2, "rate", "Rate"),
    _Field(3, "channel", "Channel"),
    _Field(4, "fhss", "FHSS"),
    _Field(5, "ant_sig", "AntennaSignal"),
    _Field(6, "ant_noise", "AntennaNoise"),
    _Field(7, "lock_qual", "LockQuality"),
    _Field(8, "tx_attn", "TxAttenuation"),
    _Field(9, "db_tx_attn", "DbTxAttenuation"),
    _Field(10, "dbm_tx_power", "DbmTxPower"),
    _Field(11, "ant", "Antenna"),
    _Field(12, "db_ant_sig", "DbAntennaSignal"),
    _Field(13, "db_ant_noise", "DbAntennaNoise"),
    _Field(14, "rx_flags", "RxFlags"),
    # These three have no attribute, but the one behind them has its place by them.
    _Field(15, "", "_TxFlags"),
    _Field(16, "", "_Retries"),
    _Field(17, "", "_Retries"),
    _Field(18, "chanplus", "ChannelPlus"),
)


def _present(bit: int) -> Any:
    """Make a property for one bit of the present flags."""
    index, shift = divmod(bit, 8)

    def read(self: "Radiotap") -> int:
        return 1 if self.present_flags[index] >> shift & 1 else 0

    def write(self: "Radiotap", value: int) -> None:
        self.present_flags[index] = self.present_flags[index] & ~(1 << shift) | value << shift

    return property(read, write, doc=f"Whether bit {bit} of the present flags is set: 1 or 0.")


@cache
def _payload_class() -> Any:
    """Return the class that decodes a wireless frame, or None where dpkt, which has it, is not installed."""
    try:
        from . import ieee80211
    except ImportError:
        return None
    return ieee80211.IEEE80211  # type: ignore[attr-defined]


class Radiotap(dpkt.Packet):
    """Radiotap header and the wireless frame behind it.

    Fields that are there are attributes, and in their order in `fields`. Only those of the first word of present flags
    are read. Packing writes them back to where they were read: no field can be added or removed.
    """

    __hdr__ = (
        ("version", "B", 0),
        ("pad", "B", 0),
        ("length", "H", 0),
    )
    __byte_order__ = "<"
    version: int
    pad: int
    length: int

    # What was read between the fixed header and the frame, and where in it a field begins.
    __rest__: bytes = b""
    __places__: tuple[tuple[int, str], ...] = ()

    tsft_present: int = _present(0)
    flags_present: int = _present(1)
    rate_present: int = _present(2)
    channel_present: int = _present(3)
    fhss_present: int = _present(4)
    ant_sig_present: int = _present(5)
    ant_noise_present: int = _present(6)
    lock_qual_present: int = _present(7)
    tx_attn_present: int = _present(8)
    db_tx_attn_present: int = _present(9)
    dbm_tx_power_present: int = _present(10)
    ant_present: int = _present(11)
    db_ant_sig_present: int = _present(12)
    db_ant_noise_present: int = _present(13)
    rx_flags_present: int = _present(14)
    chanplus_present: int = _present(18)

    def unpack(self, buf: bytes) -> None:
        """Read the header with its fields, and decode the frame."""
        super().unpack(buf)
        self.data = buf[self.length :]
        self.fields: list[Any] = []
        self.present_flags = _present_words(buf, self.__hdr_len__)
        self.__rest__ = bytes(buf[self.__hdr_len__ : self.length])
        self._unpack_fields(buf)
        self._unpack_frame()

    def _unpack_fields(self, buf: bytes) -> None:
        off = self.__hdr_len__ + len(self.present_flags)
        places = []
        for bit, name, reader in _FIELDS:
            if not self.present_flags[bit // 8] >> bit % 8 & 1:
                continue
            kind = getattr(self, reader)
            off += -off % kind.__alignment__
            if name:
                field = kind(buf[off : off + kind.__hdr_len__])
                setattr(self, name, field)
                self.fields.append(field)
                places.append((off - self.__hdr_len__, name))
            off += kind.__hdr_len__
        self.__places__ = tuple(places)

    def _unpack_frame(self) -> None:
        kind = _payload_class()
        if kind is None or not self.data:
            return
        if self.flags_present and self.flags.fcs:
            self.data = kind(self.data, fcs=self.flags.fcs)
        else:
            self.data = kind(self.data)

    def __len__(self) -> int:
        return super().__len__() + len(self.__rest__)

    def __bytes__(self) -> bytes:
        return self.pack_hdr() + self._pack_rest() + bytes(self.data)

    def _pack_rest(self) -> bytes:
        """Write what may have been changed over what was read, as far as the header reaches."""
        rest = bytearray(self.__rest__)
        if not rest:
            return b""
        parts = [(0, bytes(self.present_flags)), *((off, bytes(getattr(self, name))) for off, name in self.__places__)]
        for off, part in parts:
            rest[off : off + len(part)] = part
        return bytes(rest[: len(self.__rest__)])

    class RadiotapField(dpkt.Packet):
        """Base of the fields, which are aligned to a multiple of their `__alignment__`."""

        __alignment__ = 1
        __byte_order__ = "<"

    class Antenna(RadiotapField):
        """Number of the antenna."""

        __hdr__ = (("index", "B", 0),)
        index: int

    class AntennaNoise(RadiotapField):
        """Noise at the antenna, in dBm."""

        __hdr__ = (("db", "b", 0),)
        db: int

    class AntennaSignal(RadiotapField):
        """Signal at the antenna, in dBm."""

        __hdr__ = (("db", "b", 0),)
        db: int

    class Channel(RadiotapField):
        """Frequency in MHz and flags of the channel."""

        __alignment__ = 2
        __hdr__ = (
            ("freq", "H", 0),
            ("flags", "H", 0),
        )
        freq: int
        flags: int

    class FHSS(RadiotapField):
        """Set and pattern of a frequency hopping radio."""

        __hdr__ = (
            ("set", "B", 0),
            ("pattern", "B", 0),
        )
        set: int
        pattern: int

    class Flags(RadiotapField):
        """Properties of the frame."""

        __hdr__ = (("val", "B", 0),)
        val: int

        @property
        def fcs(self) -> int:
            """Whether the frame ends with its check sequence: 1 or 0."""
            return int((self.val & _FCS_MASK) >> _FCS_SHIFT)

        @fcs.setter
        def fcs(self, value: int) -> None:
            self.val = self.val & ~_FCS_MASK | value << _FCS_SHIFT

    class LockQuality(RadiotapField):
        """Quality of the lock on the code of a Barker radio."""

        __alignment__ = 2
        __hdr__ = (("val", "H", 0),)
        val: int

    class RxFlags(RadiotapField):
        """Properties of the reception."""

        __alignment__ = 2
        __hdr__ = (("val", "H", 0),)
        val: int

    class Rate(RadiotapField):
        """Rate, in units of 500 kbit/s."""

        __hdr__ = (("val", "B", 0),)
        val: int

    class TSFT(RadiotapField):
        """Time of the adapter's clock at the first bit, in microseconds."""

        __alignment__ = 8
        __hdr__ = (("usecs", "Q", 0),)
        usecs: int

    class TxAttenuation(RadiotapField):
        """Power of transmission below the highest, without a unit."""

        __alignment__ = 2
        __hdr__ = (("val", "H", 0),)
        val: int

    class DbTxAttenuation(RadiotapField):
        """Power of transmission below the highest, in dB."""

        __alignment__ = 2
        __hdr__ = (("db", "H", 0),)
        db: int

    class DbAntennaNoise(RadiotapField):
        """Noise at the antenna, in dB above an unnamed level."""

        __hdr__ = (("db", "B", 0),)
        db: int

    class DbAntennaSignal(RadiotapField):
        """Signal at the antenna, in dB above an unnamed level."""

        __hdr__ = (("db", "B", 0),)
        db: int

    class DbmTxPower(RadiotapField):
        """Power of transmission, in dBm."""

        __hdr__ = (("dbm", "B", 0),)
        dbm: int

    class ChannelPlus(RadiotapField):
        """Channel with flags in 32 bits, frequency in MHz, number and highest power."""

        __alignment__ = 4
        __hdr__ = (
            ("flags", "I", 0),
            ("freq", "H", 0),
            ("channel", "B", 0),
            ("maxpower", "B", 0),
        )
        flags: int
        freq: int
        channel: int
        maxpower: int

    class _TxFlags(RadiotapField):
        """Properties of the transmission."""

        __alignment__ = 2
        __hdr__ = (("val", "H", 0),)
        val: int

    class _Retries(RadiotapField):
        """Number of retries: of RTS, and of the frame."""

        __hdr__ = (("val", "B", 0),)
        val: int

    # The fields that are there.
    tsft: TSFT
    flags: Flags
    rate: Rate
    channel: Channel
    fhss: FHSS
    ant_sig: AntennaSignal
    ant_noise: AntennaNoise
    lock_qual: LockQuality
    tx_attn: TxAttenuation
    db_tx_attn: DbTxAttenuation
    dbm_tx_power: DbmTxPower
    ant: Antenna
    db_ant_sig: DbAntennaSignal
    db_ant_noise: DbAntennaNoise
    rx_flags: RxFlags
    chanplus: ChannelPlus


def _present_words(buf: bytes, off: int) -> bytearray:
    """Return the words of present flags; the highest bit of each says whether another follows."""
    end = off
    more = True
    while more:
        end += _WORD_LEN
        if len(buf) < end:
            raise dpkt.NeedData(f"got {len(buf)}, {end} needed at least")
        more = bool(buf[end - 1] & _ANOTHER_WORD)
    return bytearray(buf[off:end])

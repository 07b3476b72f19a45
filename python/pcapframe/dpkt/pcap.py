"""The capture format of libpcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from decimal import Decimal as Decimal
from typing import Any

from pcapframe import _core

from . import dpkt
from ._reader import File, PacketReader, Time, Timestamps, begun, integers, name_of, opened
from .compat import intround as intround

# The first four bytes, read as a big-endian number: files in that byte order, and in the other.
TCPDUMP_MAGIC = 0xA1B2C3D4
TCPDUMP_MAGIC_NANO = 0xA1B23C4D
MODPCAP_MAGIC = 0xA1B2CD34

PMUDPCT_MAGIC = 0xD4C3B2A1
PMUDPCT_MAGIC_NANO = 0x4D3CB2A1
PACPDOM_MAGIC = 0x34CDB2A1

PCAP_VERSION_MAJOR = 2
PCAP_VERSION_MINOR = 4

# Link types: https://www.tcpdump.org/linktypes.html
DLT_NULL = 0
DLT_EN10MB = 1
DLT_EN3MB = 2
DLT_AX25 = 3
DLT_PRONET = 4
DLT_CHAOS = 5
DLT_IEEE802 = 6
DLT_ARCNET = 7
DLT_SLIP = 8
DLT_PPP = 9
DLT_FDDI = 10
DLT_PFSYNC = 18
DLT_PPP_SERIAL = 50
DLT_PPP_ETHER = 51
DLT_ATM_RFC1483 = 100
DLT_RAW = 101
DLT_C_HDLC = 104
DLT_IEEE802_11 = 105
DLT_FRELAY = 107
DLT_LOOP = 108
DLT_LINUX_SLL = 113
DLT_LTALK = 114
DLT_PFLOG = 117
DLT_PRISM_HEADER = 119
DLT_IP_OVER_FC = 122
DLT_SUNATM = 123
DLT_IEEE802_11_RADIO = 127
DLT_ARCNET_LINUX = 129
DLT_APPLE_IP_OVER_IEEE1394 = 138
DLT_MTP2_WITH_PHDR = 139
DLT_MTP2 = 140
DLT_MTP3 = 141
DLT_SCCP = 142
DLT_DOCSIS = 143
DLT_LINUX_IRDA = 144
DLT_USER0 = 147
DLT_USER1 = 148
DLT_USER2 = 149
DLT_USER3 = 150
DLT_USER4 = 151
DLT_USER5 = 152
DLT_USER6 = 153
DLT_USER7 = 154
DLT_USER8 = 155
DLT_USER9 = 156
DLT_USER10 = 157
DLT_USER11 = 158
DLT_USER12 = 159
DLT_USER13 = 160
DLT_USER14 = 161
DLT_USER15 = 162
DLT_IEEE802_11_RADIO_AVS = 163
DLT_BACNET_MS_TP = 165
DLT_PPP_PPPD = 166
DLT_GPRS_LLC = 169
DLT_GPF_T = 170
DLT_GPF_F = 171
DLT_LINUX_LAPD = 177
DLT_BLUETOOTH_HCI_H4 = 187
DLT_USB_LINUX = 189
DLT_PPI = 192
DLT_IEEE802_15_4 = 195
DLT_SITA = 196
DLT_ERF = 197
DLT_BLUETOOTH_HCI_H4_WITH_PHDR = 201
DLT_AX25_KISS = 202
DLT_LAPD = 203
DLT_PPP_WITH_DIR = 204
DLT_C_HDLC_WITH_DIR = 205
DLT_FRELAY_WITH_DIR = 206
DLT_IPMB_LINUX = 209
DLT_IEEE802_15_4_NONASK_PHY = 215
DLT_USB_LINUX_MMAPPED = 220
DLT_FC_2 = 224
DLT_FC_2_WITH_FRAME_DELIMS = 225
DLT_IPNET = 226
DLT_CAN_SOCKETCAN = 227
DLT_IPV4 = 228
DLT_IPV6 = 229
DLT_IEEE802_15_4_NOFCS = 230
DLT_DBUS = 231
DLT_DVB_CI = 235
DLT_MUX27010 = 236
DLT_STANAG_5066_D_PDU = 237
DLT_NFLOG = 239
DLT_NETANALYZER = 240
DLT_NETANALYZER_TRANSPARENT = 241
DLT_IPOIB = 242
DLT_MPEG_2_TS = 243
DLT_NG40 = 244
DLT_NFC_LLCP = 245
DLT_INFINIBAND = 247
DLT_SCTP = 248
DLT_USBPCAP = 249
DLT_RTAC_SERIAL = 250
DLT_BLUETOOTH_LE_LL = 251
DLT_NETLINK = 253
DLT_BLUETOOTH_LINUX_MONITOR = 253
DLT_BLUETOOTH_BREDR_BB = 255
DLT_BLUETOOTH_LE_LL_WITH_PHDR = 256
DLT_PROFIBUS_DL = 257
DLT_PKTAP = 258
DLT_EPON = 259
DLT_IPMI_HPM_2 = 260
DLT_ZWAVE_R1_R2 = 261
DLT_ZWAVE_R3 = 262
DLT_WATTSTOPPER_DLM = 263
DLT_ISO_14443 = 264
DLT_LINUX_SLL2 = 276
DLT_LOOP, DLT_RAW = (12, 14) if "openbsd" in sys.platform else (108, 12)

#: Lengths of link-layer headers.
dltoff = {
    DLT_NULL: 4,
    DLT_EN10MB: 14,
    DLT_IEEE802: 22,
    DLT_ARCNET: 6,
    DLT_SLIP: 16,
    DLT_PPP: 4,
    DLT_FDDI: 21,
    DLT_PFLOG: 48,
    DLT_PFSYNC: 4,
    DLT_LOOP: 4,
    DLT_LINUX_SLL: 16,
    DLT_LINUX_SLL2: 20,
}


class PktHdr(dpkt.Packet):
    """The header of a record: time, captured length, length on the wire."""

    __hdr__ = (("tv_sec", "I", 0), ("tv_usec", "I", 0), ("caplen", "I", 0), ("len", "I", 0))
    tv_sec: int
    tv_usec: int
    caplen: int
    len: int


class PktModHdr(dpkt.Packet):
    """The header of a record in Kuznetzov's modified format."""

    __hdr__ = (
        ("tv_sec", "I", 0),
        ("tv_usec", "I", 0),
        ("caplen", "I", 0),
        ("len", "I", 0),
        ("ifindex", "I", 0),
        ("protocol", "H", 0),
        ("pkt_type", "B", 0),
        ("pad", "B", 0),
    )
    tv_sec: int
    tv_usec: int
    caplen: int
    len: int
    ifindex: int
    protocol: int
    pkt_type: int
    pad: int


class LEPktHdr(PktHdr):
    """The header of a record, in little-endian order."""

    __byte_order__ = "<"


class LEPktModHdr(PktModHdr):
    """The header of a modified record, in little-endian order."""

    __byte_order__ = "<"


MAGIC_TO_PKT_HDR: dict[int, type[dpkt.Packet]] = {
    TCPDUMP_MAGIC: PktHdr,
    TCPDUMP_MAGIC_NANO: PktHdr,
    MODPCAP_MAGIC: PktModHdr,
    PMUDPCT_MAGIC: LEPktHdr,
    PMUDPCT_MAGIC_NANO: LEPktHdr,
    PACPDOM_MAGIC: LEPktModHdr,
}


class FileHdr(dpkt.Packet):
    """The header of a file."""

    __hdr__ = (
        ("magic", "I", TCPDUMP_MAGIC),
        ("v_major", "H", PCAP_VERSION_MAJOR),
        ("v_minor", "H", PCAP_VERSION_MINOR),
        ("thiszone", "I", 0),
        ("sigfigs", "I", 0),
        ("snaplen", "I", 1500),
        ("linktype", "I", 1),
    )
    magic: int
    v_major: int
    v_minor: int
    thiszone: int
    sigfigs: int
    snaplen: int
    linktype: int


class LEFileHdr(FileHdr):
    """The header of a file, in little-endian order."""

    __byte_order__ = "<"


class Writer:
    """Writes a capture, in the byte order of this machine.

    Parameters
    ----------
    fileobj : binary file object or path
        Where to write.
    snaplen : int
        What the file header gives as the most bytes of a packet; packets are not cut to it.
    linktype : int
        One of `DLT_*`.
    nano : bool
        Times in nanoseconds instead of microseconds.

    Examples
    --------
    >>> import io
    >>> from pcapframe import dpkt
    >>> file = io.BytesIO()
    >>> dpkt.pcap.Writer(file).writepkt(b"a frame", ts=1.5)
    >>> dpkt.pcap.Reader(io.BytesIO(file.getvalue())).readpkts()
    [(1.5, b'a frame')]
    """

    __le = sys.byteorder == "little"

    def __init__(self, fileobj: File, snaplen: int = 1500, linktype: int = DLT_EN10MB, nano: bool = False) -> None:
        self.__f = open(fileobj, "wb") if isinstance(fileobj, (str, os.PathLike)) else fileobj  # noqa: SIM115
        self._precision = 9 if nano else 6
        self._precision_multiplier = 10**self._precision
        magic = TCPDUMP_MAGIC_NANO if nano else TCPDUMP_MAGIC
        header, record = (LEFileHdr, LEPktHdr) if self.__le else (FileHdr, PktHdr)
        self._PktHdr = record()
        self._pack_hdr = self._PktHdr._pack_hdr
        self.__f.write(bytes(header(snaplen=snaplen, linktype=linktype, magic=magic)))

    def writepkt(self, pkt: Any, ts: Time | None = None) -> None:
        """Write `bytes(pkt)` with the time `ts` in seconds, or now."""
        if ts is None:
            ts = time.time()
        self.writepkt_time(bytes(pkt), ts)

    def writepkt_time(self, pkt: bytes, ts: Time) -> None:
        """Write bytes with the time `ts` in seconds."""
        self.__f.write(_core.pcap_record(pkt, ts, self._precision_multiplier, self.__le))

    def writepkts(self, pkts: Iterable[tuple[Time, bytes]]) -> None:
        """Write (time, bytes) one after the other."""
        multiplier, little = self._precision_multiplier, self.__le
        write, record = self.__f.write, _core.pcap_record
        for ts, pkt in pkts:
            write(record(pkt, ts, multiplier, little))

    def close(self) -> None:
        """Close the file."""
        self.__f.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reader(PacketReader):
    """Reads a capture.

    Parameters
    ----------
    fileobj : binary file object or path
        What to read.
    timestamps : "ns", optional
        Times as whole nanoseconds instead of seconds.

    Attributes
    ----------
    name : str
        The file's name.
    snaplen, dloff : int
        What the file header gives as the most bytes of a packet; length of a link-layer header.
    wirelen : int or None
        Bytes on the wire of the packet read last.

    Raises
    ------
    ValueError
        This is no capture of this format.
    NeedData
        There are fewer bytes than a file header has.

    Examples
    --------
    >>> from pcapframe import dpkt
    >>> with dpkt.pcap.Reader("examples/data/lab.pcap", timestamps="ns") as reader:
    ...     timestamp, frame = next(reader)
    >>> timestamp, len(frame)
    (1795470663899432000, 110)
    """

    def __init__(self, fileobj: File, *, timestamps: Timestamps = None) -> None:
        whole = integers(timestamps)
        with opened(fileobj) as file:
            self._file = self.__f = file
            self.name = name_of(file)
            stream, head = begun(file, FileHdr.__hdr_len__)
            self.__fh = FileHdr(head)
            magic = self.__fh.magic
            if magic in (PMUDPCT_MAGIC, PMUDPCT_MAGIC_NANO, PACPDOM_MAGIC):
                self.__fh = LEFileHdr(head)
            if magic not in MAGIC_TO_PKT_HDR:
                raise ValueError("invalid tcpdump header")
        self.__ph = MAGIC_TO_PKT_HDR[magic]
        nanoseconds = magic in (TCPDUMP_MAGIC_NANO, PMUDPCT_MAGIC_NANO)
        self._divisor = Decimal("1E9") if nanoseconds else 1e6
        records = _core.Records.pcap(
            stream,
            head,
            big_endian=magic in (TCPDUMP_MAGIC, TCPDUMP_MAGIC_NANO, MODPCAP_MAGIC),
            header=self.__ph.__hdr_len__,
            nanoseconds=nanoseconds,
            integers=whole,
        )
        self._begin(stream, records, link_type=self.__fh.linktype, offsets=dltoff, snaplen=self.__fh.snaplen)


class UniversalReader:
    """Makes a reader of the format that a file has: :class:`Reader` or :class:`pcapframe.dpkt.pcapng.Reader`."""

    def __new__(cls, fileobj: File, *, timestamps: Timestamps = None) -> PacketReader:  # type: ignore[misc]
        """Return a reader; ValueError if the file has neither format."""
        from . import pcapng

        with opened(fileobj) as file:
            try:
                return Reader(file, timestamps=timestamps)
            except ValueError as classic:
                file.seek(0)
                try:
                    return pcapng.Reader(file, timestamps=timestamps)
                except ValueError as newer:
                    message = f"unknown pcap format; libpcap error: {classic}, pcapng error: {newer}"
                    raise ValueError(message) from None

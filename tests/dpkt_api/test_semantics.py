"""What a drop-in must keep. The cases are lines of Python that are run with dpkt and with ours as `d`, and must find the same.

What has no counterpart in dpkt is tested below them: putting ours in dpkt's place, modules that come from dpkt, memory.
"""

from __future__ import annotations

import array
import contextlib
import copy
import gc
import importlib
import io
import json
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import textwrap
import types
import warnings
import weakref

import pytest

dpkt = pytest.importorskip("dpkt")

from . import targets  # noqa: E402
from .tree import Raised, attempt  # noqa: E402

ours = targets.ours()
FRAME = bytes.fromhex(
    "020000000002 020000000001 0800 4500002c000140004006 0000 0a000001 0a000002"
    "04d2005000000001000000006002200000000000020405b4"
)  # fmt: skip
DATAGRAM, SEGMENT = FRAME[14:], FRAME[34:]


def public(packet):
    return [name for name in vars(packet) if not name.startswith("_")]


def printed(packet, **options):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        packet.pprint(**options)
    return out.getvalue()


@contextlib.contextmanager
def changed(owner, name, value):
    """For a while an attribute of a class is another one."""
    before = vars(owner).get(name, changed)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is changed:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def tagged(tags):
    """The frame with tags or labels behind its addresses."""
    return FRAME[:12] + bytes.fromhex(tags) + (FRAME[14:] if "8847" in tags else FRAME[12:])


def both(packet):
    return bytes(packet), repr(packet)


def copies(packet):
    """dpkt's packets take no protocol of pickle below 2."""
    yield from (pickle.loads(pickle.dumps(packet, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1))
    yield from (copy.copy(packet), copy.deepcopy(packet))


# A line with "?" is an expression: its value, or the exception it raises, is compared.
CASES = r"""
# keywords set fields, unknown names are attributes, and a buffer goes before all of them
ip = d.ip.IP(src=b'abcd', p=17, df=1, ttl=1, foo=[1], data=d.udp.UDP(dport=53, data=b'x'), opts=b'1234', hl=6)
? both(ip), len(ip), ip.len, ip.foo, public(ip), d.ip.IP(len=5).len, d.ip.IP(data=b'abc').len
? (lambda p: (p.ttl, hasattr(p, 'foo'), p.src))(d.ip.IP(DATAGRAM, ttl=9, foo=1))
? d.udp.UDP(None)
? d.udp.UDP(5)
? d.udp.UDP(bytes(9), 1, 2).data, bytes(d.tcp.TCP(flags=0x12, off=6, opts=b'1234', sport=1))
frame = d.ethernet.Ethernet(type=0x0800, data=DATAGRAM, zz=1, aa=1)
? type(frame.data).__name__, frame.ip is frame.data, public(frame), both(frame)
? (lambda p: (hasattr(p, 'ip'), p.type, bytes(p)))(d.ethernet.Ethernet(data=d.ip.IP(), type=0x86DD))
? bytes(d.icmp.ICMP(type=8, data=d.icmp.ICMP.Echo(id=1, seq=2, data=b'xy')))

# what there is to look at
frame = d.ethernet.Ethernet(FRAME)
? len(frame), bytes(frame), frame.pack(), str(frame), f'{frame}', bool(frame), list(frame), dict(frame), dict(frame.ip)
? frame[d.tcp.TCP].dport, d.tcp.TCP in frame, d.udp.UDP in frame, d.ethernet.Ethernet in frame, d.tcp.TCP in frame.ip
? [error.args == (d.udp.UDP,) for error in [pytest.raises(KeyError, frame.__getitem__, d.udp.UDP).value]]
? frame == frame, frame == d.ethernet.Ethernet(FRAME), len({frame, frame}), {'ip', 'src', 'unpack'} <= set(dir(frame))
? frame.ip is frame.data, frame.ip.tcp is frame.data.data, getattr(frame, 'udp', 5), hasattr(frame, 'tcp')
? isinstance(frame, d.Packet), type(frame.ip) is d.ip.IP, d.tcp.parse_opts(frame.ip.tcp.opts), frame._pack_hdr(b'', b'', 1)
? object.__getattribute__(d.udp.UDP(sport=7), 'sport'), type(frame.ip).ttl.__get__(frame.ip), d.tcp.TCP.opts
? weakref.ref(frame)() is frame, len(weakref.WeakKeyDictionary({frame: 1}))

# repr and pprint
packets = [d.ethernet.Ethernet(FRAME), d.ip.IP(a=[1, 'x'], b=[], src=b'1234'), d.ethernet.Ethernet(tagged('81002001'))]
packets += [d.tcp.TCP(), d.icmp.ICMP(bytes.fromhex('0303000000000000') + DATAGRAM), d.arp.ARP(), d.udp.UDP(data=b'raw')]
packets += [d.dns.DNS(qd=[d.dns.DNS.Q(name='a.b')]), d.ip6.IP6(nxt=17, data=d.udp.UDP()), d.tcp.TCP(off=5, flags=0x1FF)]
? [(repr(packet), printed(packet), printed(packet, indent=4)) for packet in packets]

# pprint goes on where a reading of a value raises KeyError or AttributeError
class Mine(d.Packet):
    __hdr__ = (('a', 'H', 1), ('b', 'H', 2), ('c', 'H', 3))
    __pprint_funcs__ = {'a': lambda value: value.nothing, 'b': lambda value: {}[value], 'c': lambda value: f'<{value}>'}
? printed(Mine())

# bytes, bytearray, memoryview
def look(kind):
    frame, udp = d.ethernet.Ethernet(kind(FRAME)), d.udp.UDP(kind(bytes(8) + b'abc'))
    kinds = [type(part).__name__ for part in (frame.src, frame.ip.tcp.opts, frame.ip.tcp.data, udp.data)]
    return kinds, bytes(frame), bytes(udp), len(udp), bytes(udp.data), frame.ip.tcp.dport, bool(udp.data)
? [look(kind) for kind in (bytes, bytearray, memoryview, type('Own', (bytes,), {}))]
changing = bytearray(FRAME)
frame = d.ethernet.Ethernet(changing)
changing[:] = bytes(len(changing))
? bytes(frame), frame.ip.ttl

# other buffers
? d.udp.UDP(array.array('B', bytes([0, 5]) * 4)).sport

# what is too short or contradicts itself
classes = d.ip.IP, d.tcp.TCP, d.udp.UDP, d.ethernet.Ethernet, d.arp.ARP, d.icmp.ICMP, d.ip6.IP6, d.sll.SLL, d.dns.DNS
sizes = [(cls, kind, size) for cls in classes for kind in (bytes, bytearray, memoryview) for size in (0, 1, 7)]
? [attempt(lambda: cls(kind(bytes(size)))) for cls, kind, size in sizes]
? d.ip.IP(b'\x44' + bytes(30))
? d.tcp.TCP(bytes(12) + b'\x40' + bytes(9))

# errors of the struct module become NeedData and UnpackError
class Mine(d.Packet):
    __hdr__ = (('a', 'H', 7),)
    def unpack(self, buf):
        d.Packet.unpack(self, buf)
        (self.x,) = struct.unpack('>I', self.data)
? [attempt(lambda: Mine(data).x) for data in (b'', b'1', b'12', b'123456', b'1234567')]

# setting
frame, tcp, alone = d.ethernet.Ethernet(FRAME), d.tcp.TCP(SEGMENT), d.ethernet.Ethernet(FRAME)
frame.src, frame.dst = frame.dst, frame.src
frame.ip.src, frame.ip.sum, frame.ip.tcp.sum, frame.ip.tcp.dport, frame.note = b'wxyz', 0, 0, 443, 1
tcp.stream, tcp.data, tcp.seq, tcp.flags = 7, b'new', 1, tcp.flags | 1
? bytes(frame), frame.data.data.dport, frame.note, public(frame), bytes(tcp), len(tcp), tcp.stream
del tcp.stream
? hasattr(tcp, 'stream'), attempt(lambda: delattr(tcp, 'stream')), attempt(lambda: setattr(tcp, 'flags', 512))
old, alone.data = alone.ip, b'xyz'
? alone.ip is old, both(alone), len(alone)
frame.type = 0x86DD
? [(setattr(frame, 'data', data), bytes(frame)[12:14], frame.type, len(frame)) for data in (b'raw', d.arp.ARP(), d.tcp.TCP())]

# attributes in the order of setting: those of parsing first
tcp, ip = d.tcp.TCP(SEGMENT), d.ip.IP(DATAGRAM)
tcp.stream, ip.note = 7, 1
? public(tcp), repr(tcp), public(ip), repr(ip)

# vars
frame = d.ethernet.Ethernet(FRAME)
frame.__dict__['x'] = 1
vars(frame).update(y=2)
? frame.x, frame.y, vars(frame).pop('x'), hasattr(frame, 'x'), public(frame), vars(frame)['ip'] is frame.data
? public(d.udp.UDP(bytes(8))), public(d.tcp.TCP(SEGMENT)), 'sport' in vars(d.udp.UDP())

# another dict
frame = d.ethernet.Ethernet(FRAME)
frame.__dict__ = {'z': 3}
? frame.z, hasattr(frame, 'ip'), sorted(vars(frame))

# another class is refused
? isinstance(attempt(lambda: setattr(d.ip.IP(), '__class__', type('Own', (d.ip.IP,), {}))), Raised)

# deleting fields
for packet in (d.ip.IP(DATAGRAM), d.ip.IP(src=b'1234')):
    del packet.ttl, packet._v_hl
? hasattr(packet, 'ttl'), hasattr(packet, 'v'), packet.dst, attempt(lambda: delattr(packet, 'ttl'))
? bytes(packet)
? repr(packet)
? [(hasattr(other, 'ttl'), other.dst) for other in copies(packet)]
tcp = d.tcp.TCP(SEGMENT)
del tcp.flags, tcp.off
? tcp.flags, tcp.off, bytes(tcp)

# deleting the data
packet = d.udp.UDP(bytes(8) + b'abc')
del packet.data
? hasattr(packet, 'data'), packet.sport

# deleting the payload's attribute
frame = d.ethernet.Ethernet(FRAME)
del frame.ip
? hasattr(frame, 'ip'), public(frame), type(frame.data).__name__, bytes(frame)

# deleting it after a look at it
frame = d.ethernet.Ethernet(FRAME)
frame.ip.ttl -= 1
del frame.ip
? hasattr(frame, 'ip'), public(frame), frame.data.ttl

# deleting the options
tcp = d.tcp.TCP(SEGMENT)
del tcp.opts
? tcp.opts, bytes(tcp), len(tcp)

# pickle and copy
def states():
    frame, tag = d.ethernet.Ethernet(FRAME), d.ethernet.Ethernet(tagged('81000001'))
    frame.ip.ttl, frame.note, frame.ip.tcp.note, tag.vlan_tags[0].id = 9, [1], 'x', 77
    return d.ethernet.Ethernet(FRAME), frame, tag, d.ip.IP(foo=1, data=d.udp.UDP(data=b'x')), d.udp.UDP(bytearray(9))
pairs = [(packet, other) for packet in states() for other in copies(packet)]
? [(both(other), public(other), other.data is packet.data, other.data is getattr(other, 'ip', 0)) for packet, other in pairs]
for _, other in pairs:
    other.data, other.more = b'changed', 1
? [both(packet) for packet, _ in pairs]

# parsing again
ip, udp, again, built, plain = d.ip.IP(DATAGRAM), d.udp.UDP(), d.udp.UDP(bytes(8) + b'1st'), d.udp.UDP(sport=5), d.ip.IP()
ip.ttl, ip.note = 5, 1
ip.unpack(DATAGRAM[:20])
udp.unpack(bytes(range(8)) + b'rest')
again.__init__(bytes(range(8)) + b'2nd')
built.__init__(dport=1)
d.Packet.unpack(plain, DATAGRAM)
? [(p.data, bytes(p), len(p), public(p)) for p in (ip, udp, again, built)], ip.ttl, plain.ttl, plain.data

# formats of fields
def make(order, *more):
    hdr = [(c + str(i), c, v) for i, (c, v) in enumerate(zip('BbHhIiQqLl', (1, -1, 2, -2, 3, -3, 4, -4, 5, -5)))]
    return type('Mine', (d.Packet,), {'__byte_order__': order, '__hdr__': [*hdr, ('p', '4s', b'ab'), ('s', 's', b'z'), *more]})
floats = ('f', 'f', 1.5), ('d', 'd', 2.5), ('t', '?', True), ('c', 'c', b'x')
made = [make(order, *more) for order in '><!=@' for more in ((), floats)]
? [(both(p), len(p), cls.__hdr_len__, cls.__hdr_fmt__, list(p)) for cls in made for p in (cls(), cls(bytes(range(255, 100, -1))))]
values = [(n, v) for n in ('B0', 'b1', 'H2', 'q7', 'p') for v in (0, 256, -1, -129, 1.5, None, True, 'x', b'', b'12345', bytearray(b'w'))]
? [(setattr(p, n, v), attempt(lambda: bytes(p))) for n, v in values for p in [make('>')()]]
? both(type('Two', (d.Packet,), {'__hdr__': (('a', '2H', (1, 2)), ('b', 'B', 3))})()), both(type('No', (d.Packet,), {'__hdr__': ()})(b'x'))

# bit fields
class Bits(d.Packet):
    __hdr__ = (('_a_b_c', 'H', 0x1234), ('_x', 'B', 7), ('_hid_den', 'B', 1))
    __bit_fields__ = {'_a_b_c': (('a', 4), ('b', 3), ('_r', 1), ('c', 8))}
    hid = property(lambda self: 'H')
p, q = Bits(), Bits(b'\xff\xff\1\2rest')
? p.a, p.b, p.c, repr(p), printed(p), Bits.__bit_fields_defaults__, hasattr(p, '_r'), both(Bits(a=3, c=9))
p.a, p.c, q.b = 15, 0, 1
? both(p), p._a_b_c, both(q), (q.a, q.b, q.c)
? [(attempt(lambda: setattr(p, n, v)), p._a_b_c) for n, v in (('a', 16), ('a', -1), ('b', 8), ('c', 256), ('c', True))]
? type('Bad', (d.Packet,), {'__hdr__': (('_a_b', 'H', 0),), '__bit_fields__': {'_a_b': (('a', 4), ('b', 3))}}) and None

# a class with methods of its own
class Mine(d.Packet):
    __hdr__ = (('n', 'B', 0),)
    def __init__(self, *args, **kwargs):
        self.opts = []
        d.Packet.__init__(self, *args, **kwargs)
        self.after = 1
    def unpack(self, buf):
        d.Packet.unpack(self, buf)
        self.opts, self.data = [self.data[:1]] * self.n, self.data[self.n:]
    def pack_hdr(self):
        return d.Packet.pack_hdr(self) + b'|'
    def __bytes__(self):
        return self.pack_hdr() + b''.join(self.opts) + bytes(self.data)
    def __len__(self):
        return self.__hdr_len__ + len(self.opts) + len(self.data)
p, q = Mine(b'\2abcd'), Mine(n=3, data=b'zz')
? both(p), len(p), p.opts, p.after, both(q), q.after, list(p), p.pack(), bytes(d.ethernet.Ethernet(data=p))
? bytes(d.ip.IP(data=p)), len(d.ip.IP(data=p)), d.ip.IP(data=p).len

# subclasses of the core's classes
class MyIP(d.ip.IP):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra = len(args)
    def unpack(self, buf):
        super().unpack(buf)
        self.seen, self.ttl = True, self.ttl + 1
class MyTCP(d.tcp.TCP):
    unpack = lambda self, buf: (d.tcp.TCP.unpack(self, buf), setattr(self, 'own', self.dport * 2))
    pack_hdr = lambda self: b'<' + super(MyTCP, self).pack_hdr()
class MyEthernet(d.ethernet.Ethernet):
    smac = property(lambda self: d.utils.mac_to_str(self.src))
    _typesw = {0x0800: MyIP}
ip, frame = MyIP(DATAGRAM), MyEthernet(FRAME)
? ip.ttl, ip.seen, ip.extra, bytes(ip), ip.tcp is ip.data, len(ip), MyIP(ttl=3).ttl, hasattr(MyIP(), 'seen')
? MyTCP(SEGMENT).own, bytes(MyTCP(SEGMENT)), bytes(d.ip.IP(data=MyTCP())), frame.smac, frame.myip.seen, bytes(frame)
? type(d.ethernet.Ethernet(FRAME).data) is d.ip.IP, repr(MyTCP(SEGMENT))

# subclasses: order of attributes
class MyIP(d.ip.IP):
    unpack = lambda self, buf: (d.ip.IP.unpack(self, buf), setattr(self, 'seen', 1))
? repr(MyIP(DATAGRAM))

# other headers in subclasses
class A(d.Packet):
    __hdr__ = (('a', 'H', 1),)
    unpack = lambda self, buf: (d.Packet.unpack(self, buf), setattr(self, 'n', 1))
class B(A):
    __hdr__ = A.__hdr__ + (('b', 'B', 2),)
class C(B):
    __byte_order__ = '<'
class D(d.udp.UDP):
    __hdr__ = (('b', 'B', 2),)
    def unpack(self, buf):
        d.Packet.unpack(self, buf)
        self.sport = 9
? both(B(b'\0\1\2rest')), B(b'\0\1\2').n, both(C(a=1)), C(b'\1\0\2').a, bytes(A()), D.__hdr_fields__
? (lambda p: (p.sport, p.b, bytes(p)))(D(b'\7rest'))

# slots, mixins, properties, no header
class Slots(d.Packet):
    __slots__ = ('z',)
    __hdr__ = (('n', 'B', 1),)
class Mixin:
    def __init__(self, *args, **kwargs):
        self.m = 1
        super().__init__(*args, **kwargs)
    hello = lambda self: f'hello {self.n}'
Mixed, Other, Bare = type('Mixed', (Mixin, Slots), {}), type('Other', (d.udp.UDP, Mixin), {}), type('Bare', (d.Packet,), {})
p, q = Slots(b'\5x'), Mixed(b'\7')
p.z = 3
? p.z, bytes(p), q.hello(), q.m, bytes(q), Other(bytes(8)).m if hasattr(Other(bytes(8)), 'm') else None, Bare(a=1).a
? bytes(Bare())
? len(Bare())
p.w = 4
? p.w, public(p)

# tables
class My(d.Packet):
    __hdr__ = (('a', 'H', 0),)
Ethernet, IP = d.ethernet.Ethernet, d.ip.IP
tables = dict(Ethernet._typesw), dict(Ethernet._typesw_rev), dict(IP._protosw)
Ethernet.set_type(0x1234, My)
frame = Ethernet(FRAME[:12] + b'\x12\x34\0\5rest')
? frame.my.a, frame.my is frame.data, both(frame), Ethernet.get_type(0x1234) is My, Ethernet.get_type_rev(My), bytes(Ethernet(data=My()))
del Ethernet._typesw[0x1234], Ethernet._typesw_rev[My]
? both(Ethernet(FRAME[:12] + b'\x12\x34\0\5rest')), attempt(lambda: Ethernet.get_type(0x1234))
tcp = IP.get_proto(6)
IP.set_proto(6, My)
? repr(Ethernet(FRAME)), hasattr(Ethernet(FRAME).ip, 'tcp'), Ethernet(FRAME).ip.my.a
del IP._protosw[6]
? repr(Ethernet(FRAME)), public(Ethernet(FRAME).ip)
IP._protosw[6] = tcp
Ethernet._typesw[0x0800] = My
? repr(Ethernet(FRAME))
Ethernet._typesw[0x0800] = IP
found = []
for table in ({0x0800: My}, {}, {0x0800: IP}, type('Any', (dict,), {'__missing__': lambda self, key: My})()):
    with changed(Ethernet, '_typesw', table):
        found.append(repr(Ethernet(FRAME)))
    found.append(repr(Ethernet(FRAME)))
? found, tables == (Ethernet._typesw, Ethernet._typesw_rev, IP._protosw)

"""Put an 802.1Q tag on what a host sends and take it off what it receives.

    vlan_tap.py TAP DEVICE MAC VLAN PRIORITY

Does what `ip link add link DEVICE name TAP type vlan id VLAN` does, for kernels built without 802.1Q
(containers and small virtual machines often are). The host's addresses live on TAP, tagged frames on DEVICE.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
ETH_P_ALL, ETH_P_8021Q = 0x0003, 0x8100
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 0x10


def main(tap_name: str, device: str, mac: str, vlan: int, priority: int) -> None:
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", tap_name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", tap_name, "address", mac], check=True)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind((device, 0))
    tag = struct.pack("!HH", ETH_P_8021Q, priority << 13 | vlan)
    while True:
        ready, _, _ = select.select([tap, wire], [], [])
        try:
            if tap in ready:
                frame = os.read(tap, 65536)
                wire.send(frame[:12] + tag + frame[12:])
            if wire in ready:
                frame, ancillary, _, address = wire.recvmsg(65536, 256)
                if address[2] != socket.PACKET_OUTGOING and received_vlan(ancillary) == vlan:
                    os.write(tap, frame)
        except OSError:
            pass  # an interface is not up yet: the frame is lost, as on any cable


def received_vlan(ancillary: list) -> int:
    """The kernel takes the tag out of the frame and hands it over beside it (struct tpacket_auxdata)."""
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = struct.unpack_from("=IIIHHHH", data)
            if status & TP_STATUS_VLAN_VALID:
                return tci & 0x0FFF
    return 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))

"""Every packet of a capture, in order: when, and how many bytes."""

import sys

import dpkt

with open(sys.argv[1], "rb") as file:
    reader = dpkt.pcap.Reader(file)
    print("link type", reader.datalink(), "snaplen", reader.snaplen, "header", reader.dloff)
    count = total = 0
    for timestamp, data in reader:
        count += 1
        total += len(data)
        if count <= 5:
            print(repr(timestamp), data[:24].hex(" "))
print(count, "packets,", total, "bytes; the last at", timestamp if count else None)

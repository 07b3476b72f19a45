"""Every second packet into a new capture, which is read again."""

import hashlib
import io
import sys

import dpkt

with open(sys.argv[1], "rb") as file:
    reader = dpkt.pcap.Reader(file)
    kept = list(reader)[::2]
    link_type = reader.datalink()

written = io.BytesIO()
writer = dpkt.pcap.Writer(written, linktype=link_type)
for timestamp, data in kept:
    writer.writepkt(data, timestamp)
print(len(written.getvalue()), "bytes", hashlib.sha256(written.getvalue()).hexdigest())

at_once = io.BytesIO()
dpkt.pcap.Writer(at_once, linktype=link_type).writepkts(kept)
print("the same at once:", at_once.getvalue() == written.getvalue())

written.seek(0)
again = dpkt.pcap.Reader(written).readpkts()
print(len(again), "packets again, the bytes are the same:", [data for _, data in again] == [data for _, data in kept])
if len(sys.argv) > 2:
    with open(sys.argv[2], "wb") as file:
        file.write(written.getvalue())

"""Hand-over to Arrow, pandas, polars, DuckDB and Parquet: the same values, null where a packet has no such field."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pcapframe as pf
from frames import assorted, pcap

EACH = pcap([(i, 0, frame) for i, frame in enumerate(assorted())])
SPORT = [1234, 80, 5353, 1, None, None, None, None]
SRC = ["10.0.0.1", "10.0.0.2", "10.0.0.1", "fd00::1", "10.0.0.1", "10.0.0.1", "10.0.0.1", None]
NULLS = {
    "vlan_id": 6, "ip_id": 3, "fragment_offset": 3, "tcp_flags": 6, "tcp_mss": 7, "tcp_wscale": 7, "tcp_tsval": 8,
    "icmp_type": 7, "payload_length": 3, "protocol": 2, "timestamp": 0, "layers": 0, "stop": 0, "eth_src": 0, "src": 1,
}  # fmt: skip


@pytest.fixture
def cap():
    return pf.read_pcap(EACH, columns="all")


def test_arrow(cap):
    table = cap.to_arrow()
    table.validate(full=True)
    assert table.num_rows == len(cap)
    assert table["sport"].to_pylist() == SPORT
    assert table["src"].to_pylist() == SRC
    assert table.schema.field("timestamp").type == pa.timestamp("ns")
    assert table.schema.field("src").type == pa.dictionary(pa.uint32(), pa.string())
    assert {name: table[name].null_count for name in NULLS} == NULLS
    assert pa.schema(cap) == table.schema


def test_the_stream_is_made_as_often_as_it_is_asked_for(cap):
    assert pa.table(cap).equals(pa.table(cap))
    empty = cap[:0].to_arrow()
    assert empty.num_rows == 0
    assert empty.schema == cap.to_arrow().schema


def test_arrow_shares_the_memory_of_numpy(cap):
    buffer = cap.to_arrow()["sport"].chunk(0).buffers()[1]
    assert buffer.address == cap.sport.ctypes.data
    part = cap[3:6]
    assert part.to_arrow()["sport"].to_pylist() == SPORT[3:6]
    assert part.to_arrow()["sport"].chunk(0).buffers()[1].address == cap.sport[3:].ctypes.data


def test_checksums_are_booleans(lab):
    cap = pf.read_pcap(lab, columns=["ip_checksum_ok", "l4_checksum_ok"])
    meaning = {pf.Checksum.NOT_VERIFIABLE: None, pf.Checksum.GOOD: True, pf.Checksum.BAD: False}
    for name in cap.columns:
        expected = [meaning[value] for value in cap[name].tolist()]
        assert set(cap[name].tolist()) >= {pf.Checksum.NOT_VERIFIABLE, pf.Checksum.GOOD}
        assert cap.to_arrow().schema.field(name).type == pa.bool_()
        assert cap.to_arrow()[name].to_pylist() == expected
        assert cap.to_polars()[name].to_list() == expected
        assert cap.to_pandas()[name].dtype == pd.BooleanDtype()
        assert [None if value is pd.NA else value for value in cap.to_pandas()[name]] == expected
        assert cap[5:50].to_arrow()[name].to_pylist() == expected[5:50]


def test_polars(cap):
    frame = cap.to_polars()
    assert frame["sport"].to_list() == SPORT
    assert frame["src"].cast(pl.String).to_list() == SRC
    assert frame["timestamp"].dtype == pl.Datetime("ns")
    grouped = frame.group_by("protocol").len().sort("protocol", nulls_last=True)
    assert grouped["len"].to_list() == [1, 2, 3, 2]


def test_pandas(cap):
    frame = cap.to_pandas()
    assert frame["sport"].dtype == "UInt16"
    assert [None if pd.isna(v) else v for v in frame["sport"]] == SPORT
    assert [None if pd.isna(v) else v for v in frame["src"]] == SRC
    assert frame["timestamp"].dtype == "datetime64[ns]"
    assert frame["src"].dtype.name == "category"
    assert frame.isna().sum().to_dict().items() >= NULLS.items()
    frame.loc[0, "sport"] = 7  # a frame is the user's own
    assert cap.sport[0] == 1234


def test_duckdb(cap):
    rows = duckdb.sql("select src, count(*), max(sport) from cap group by src order by 2 desc, 1 nulls last").fetchall()
    assert rows == [("10.0.0.1", 5, 5353), ("10.0.0.2", 1, 80), ("fd00::1", 1, 1), (None, 1, None)]


def test_parquet(cap, tmp_path):
    cap.write_parquet(tmp_path / "cap.parquet")
    assert pq.read_table(tmp_path / "cap.parquet")["src"].to_pylist() == SRC


def test_all_forms_agree_on_a_real_capture(lab):
    cap = pf.read_pcap(lab, columns="all")
    arrow, pandas, polars = cap.to_arrow(), cap.to_pandas(), cap.to_polars()
    for name in cap.columns:
        values = arrow[name].to_pylist()
        if name != "timestamp":
            assert polars[name].to_list() == values, name
            assert [None if pd.isna(v) else v for v in pandas[name]] == values, name
            filled = np.asarray(cap[name]).tolist()
            assert [v or ("" if isinstance(f, str) else 0) for v, f in zip(values, filled, strict=True)] == filled, name
        else:
            assert (pandas[name].to_numpy() == cap.timestamp).all()
            assert (polars[name].to_numpy() == cap.timestamp).all()


def test_missing_packages_name_the_extra(cap, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(ImportError, match=r"pip install 'pcapframe\[polars\]'"):
        cap.to_polars()

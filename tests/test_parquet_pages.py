"""Parquet that unpacks to far more than it weighs: known by its page headers, before room is made for it."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlcap.records.parquet_pages import Page, PageError, _header, pages_of, row_groups, rows_at_once
from mlcap.records.reading import read_records
from mlcap.records.thrift import ThriftError
from mlcap.records.types import FieldChoice


def put(path, columns, **options):
    """A Parquet file with these columns."""
    pq.write_table(pa.table(columns), path, **options)
    return path


def repeated(count):
    """A column of one row, a list that repeats a long text."""
    items = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 4000])
    return pa.ListArray.from_arrays([0, count], items)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_page_headers_say_what_the_file_holds(tmp_path, version, compression, dictionary):
    """Sizes and numbers of values of all pages add up to what the footer says, in every kind of file."""
    texts = [f"A crane waits, number {n % 700}." * (n % 9) for n in range(5000)]
    columns = {"id": list(range(5000)), "text": texts, "tags": [["a"] * (n % 4) for n in range(5000)]}
    options = {"data_page_version": version, "compression": compression, "use_dictionary": dictionary}
    path = put(tmp_path / "a.parquet", columns, data_page_size=4096, row_group_size=2000, **options)
    file = pq.ParquetFile(path)
    with open(path, "rb") as stream:
        for group, chunks in enumerate(row_groups(stream)):
            for column, own in enumerate(chunks):
                chunk = file.metadata.row_group(group).column(column)
                pages = list(pages_of(stream, own))
                assert sum(p.values for p in pages if not p.dictionary) == chunk.num_values
                # The footer counts the headers as well.
                assert 0 <= chunk.total_uncompressed_size - sum(p.size for p in pages) < 400 * len(pages)
        assert rows_at_once(stream, file, 256) == 256


def read(path):
    """(records, failures) of a file."""
    failures = []
    records = list(read_records([str(path)], None, FieldChoice(), lambda _: None, failures.append))
    return records, [str(f) for f in failures]


def test_what_would_fill_the_memory_is_refused_or_cut_off(tmp_path):
    """150 MiB of text in a few kilobytes is refused; a row that repeats a text without end is an error record."""
    text = "A crane lifts the capsule."
    big = put(tmp_path / "a.parquet", {"text": [text, "x" * (150 << 20)]}, compression="zstd", use_dictionary=False)
    assert big.stat().st_size < 100_000
    records, failures = read(big)
    assert not records
    assert "takes more than 128 MiB while it is read" in failures[0]
    many = put(tmp_path / "b.parquet", {"id": [1], "text": [text], "l": repeated(500_000)}, compression="zstd")
    (record,), failures = read(many)
    assert (record.id, record.fields["text"], record.text) == ("1", text, None)
    assert record.error == "the row is longer than 16 MiB (l)"


def test_large_rows_are_read_a_few_at_a_time(tmp_path):
    """A batch has as many rows as have room."""
    path = put(tmp_path / "a.parquet", {"text": ["x" * (4 << 20)] * 40}, use_dictionary=False, write_batch_size=1)
    with open(path, "rb") as stream:
        assert rows_at_once(stream, pq.ParquetFile(path), 256) < 64


def test_memory_of_a_process_stays_small(tmp_path):
    """Reading such files takes less than 400 MB, as the system counts it."""
    put(tmp_path / "a.parquet", {"text": ["x" * (60 << 20)]}, compression="zstd")
    put(tmp_path / "b.parquet", {"text": ["A crane."], "l": repeated(2_000_000)}, compression="zstd")
    code = (
        "import sys; from pathlib import Path; from mlcap.records.reading import read_records;"
        "from mlcap.records.types import FieldChoice\n"
        "for name in sys.argv[1:]: print(len(list(read_records([name], None, FieldChoice(), print, print))))\n"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    command = [sys.executable, "-c", code, tmp_path / "a.parquet", tmp_path / "b.parquet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) < 400_000


@pytest.mark.parametrize(
    "data",
    [b"\x15\x00\x00", b"\x15\x00\x15\x01\x15\x02\x00", b"\x15" + b"\xff" * 12, b"\x1c" * 40, b"\x19\x05"],
)
def test_damaged_headers_are_refused(data):
    """A header without sizes, with negative ones, or that never ends is no header."""
    with pytest.raises((PageError, ThriftError, EOFError)):
        _header(data)


def test_a_header_is_read_as_it_is_written():
    """Type, sizes and number of values of a dictionary page, by hand."""
    data = b"\x15\x04\x15\x14\x15\x18\x4c\x15\x06\x15\x04\x00\x00rest"
    assert _header(data) == (Page(True, 10, 3), 12, 13)


def test_a_damaged_footer_ends_no_process(tmp_path):
    """Whatever byte of a file is another, it is read or refused with one line, and pyarrow never ends the process."""
    path = put(tmp_path / "a.parquet", {"id": [1, 2], "text": ["A crane.", "A crew."], "l": [["x"], []]})
    code = (
        "import sys; from pathlib import Path; from mlcap.records.reading import read_records;"
        "from mlcap.records.types import FieldChoice\n"
        "data = Path(sys.argv[1]).read_bytes(); path = Path(sys.argv[1] + '.parquet'); faults = []\n"
        "for place in range(len(data)):\n"
        "    path.write_bytes(data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1:])\n"
        "    list(read_records([str(path)], None, FieldChoice(), lambda _: None, faults.append))\n"
        "assert all(len(str(f).splitlines()) == 1 for f in faults)\n"
        "print(len(data), len(faults))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) > 100

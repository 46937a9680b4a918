"""Makes the Parquet and gzip files of this folder: `python3 parquet.py` (pyarrow 26).

They are committed; this script says what they are.
"""

import datetime
import decimal
import gzip
import io
import os
import struct

import pyarrow as pa
import pyarrow.parquet as pq

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(28)]
N = len(DAYS)


def table(**changed):
    columns = {
        "date": pa.array(DAYS),
        "sku": pa.array(["LAMP", "DESK"] * (N // 2)),
        "quantity": pa.array([float(i % 4) for i in range(N)]),
        "unit_price": pa.array([19.9] * N),
    }
    columns.update(changed)
    return pa.table({name: column for name, column in columns.items() if column is not None})


def encoded(content, **options):
    out = io.BytesIO()
    pq.write_table(content, out, **options)
    return out.getvalue()


def save(name, content):
    with open(os.path.join(FILES, name), "wb") as file:
        file.write(content)


def zipped(text):
    return gzip.compress(text, mtime=0)


good = encoded(table())
footer = struct.unpack("<I", good[-8:-4])[0]

# Good files in types that need care.
prices = [decimal.Decimal("19.90")] * N
save("parquet-decimal.parquet", encoded(table(unit_price=pa.array(prices, pa.decimal128(12, 2)))))
save("parquet-decimal-as-integer.parquet",
     encoded(table(unit_price=pa.array(prices, pa.decimal128(12, 2))), store_decimal_as_integer=True))
save("parquet-decimal-quantity.parquet",
     encoded(table(quantity=pa.array([decimal.Decimal(i % 4) for i in range(N)], pa.decimal128(38, 10)))))
save("parquet-narrow.parquet", encoded(table(quantity=pa.array([i % 4 for i in range(N)], pa.int8()))))
save("parquet-dictionary.parquet", encoded(table(sku=pa.array(["LAMP", "DESK"] * (N // 2)).dictionary_encode())))

# Whole files that are wrong.
save("parquet-decimal256.parquet", encoded(table(unit_price=pa.array(prices, pa.decimal256(60, 2)))))
save("parquet-no-rows.parquet", encoded(table().slice(0, 0)))
save("parquet-no-quantity.parquet", encoded(table(quantity=None, qty=pa.array([1.0] * N))))
save("parquet-nulls.parquet", encoded(table(quantity=pa.array([None] * N, pa.float64()))))
save("parquet-null-type.parquet", encoded(table(quantity=pa.nulls(N))))
save("parquet-list.parquet", encoded(table(quantity=pa.array([[1.0]] * N))))
save("parquet-struct.parquet", encoded(table(quantity=pa.array([{"units": 1.0}] * N))))
save("parquet-map.parquet", encoded(table(sku=pa.array([[("a", "b")]] * N, pa.map_(pa.string(), pa.string())))))
save("parquet-binary-sku.parquet", encoded(table(sku=pa.array([b"\xff\xfe"] * N, pa.binary()))))
save("parquet-text-dates.parquet", encoded(table(date=pa.array(["yesterday"] * N))))
save("parquet-far-timestamps.parquet",
     encoded(table(date=pa.array([2**62] * N, pa.timestamp("us"))), coerce_timestamps=None))
save("parquet-infinite.parquet", encoded(table(quantity=pa.array([float("inf")] * N))))
save("parquet-duration.parquet", encoded(table(quantity=pa.array([1] * N, pa.duration("s")))))
save("parquet-time-as-date.parquet", encoded(table(date=pa.array([datetime.time(2, 0)] * N))))
save("parquet-brotli.parquet", encoded(table(), compression="brotli"))
save("parquet-two-names.parquet", encoded(pa.table(
    [pa.array(DAYS), pa.array(["LAMP"] * N), pa.array([1.0] * N), pa.array([2.0] * N)],
    names=["date", "sku", "quantity", "quantity"])))

# Damaged files.
save("parquet-cut.parquet", good[: len(good) // 2])
save("parquet-only-magic.parquet", b"PAR1PAR1")
save("parquet-no-end.parquet", good[:-4] + b"XXXX")
save("parquet-footer-length.parquet", good[:-8] + struct.pack("<I", 0xFFFFFFFF) + b"PAR1")
save("parquet-footer-zero.parquet", good[:-8] + struct.pack("<I", 0) + b"PAR1")
save("parquet-footer-noise.parquet", good[: -8 - footer] + bytes(range(256)) * 4 + struct.pack("<I", 1024) + b"PAR1")
save("parquet-pages-noise.parquet", good[:4] + b"\xa5" * (len(good) - footer - 12) + good[-8 - footer:])
save("parquet-encrypted.parquet", good[:-4] + b"PARE")

# A bit of a page that turned: the checksum of the page tells, where the writer took one.
checked = bytearray(encoded(table(), write_page_checksum=True, compression="none"))
assert checked.find(struct.pack("<d", 3.0)) > 0
checked[checked.find(struct.pack("<d", 3.0)) + 6] ^= 1
save("parquet-page-checksum.parquet", bytes(checked))
save("parquet-page-checksum-good.parquet", encoded(table(), write_page_checksum=True))

# A text of a megabyte that every row names: once in the file, a hundred thousand times unpacked.
MANY = 100_000
same = pa.DictionaryArray.from_arrays(pa.array([0] * MANY, pa.int32()), pa.array(["x" * (1 << 20)]))
rows = {
    "date": pa.array([DAYS[0]] * MANY),
    "sku": pa.array(["LAMP"] * MANY),
    "quantity": pa.array([1.0] * MANY),
}
for name in ["date", "sku", "quantity"]:
    save(f"parquet-bomb-{name}.parquet", encoded(pa.table({**rows, name: same}), compression="zstd"))
notes = ["{" + "\"note\": \"x\", " * 600 + str(i) + "}" for i in range(N)]
save("parquet-json-quantity.parquet", encoded(table(quantity=pa.array(notes))))
save("parquet-json-sku.parquet", encoded(table(sku=pa.array(notes))))

# Gzip.
HEAD = b"date,sku,quantity\n"
ROW = b"2024-01-28,LAMP,3\n"
whole = zipped(HEAD + ROW * 200)
save("gzip-cut.csv.gz", whole[: len(whole) // 2])
save("gzip-checksum.csv.gz", whole[:-8] + b"\0\0\0\0" + whole[-4:])
save("gzip-empty.csv.gz", zipped(b""))
save("gzip-noise-behind.csv.gz", whole + b"noise")
save("gzip-of-gzip.csv.gz", zipped(whole))
save("gzip-bomb.csv.gz", zipped(HEAD + ROW * 200_000))
save("gzip-endless-row.csv.gz", zipped(HEAD + b'2024-01-28,"' + b"L" * (17 << 20)))
save("gzip-plain-text.csv.gz", HEAD + ROW)
save("gzip-is-parquet.csv.gz", good)
save("parquet-is-text.parquet", HEAD + ROW)

#!/usr/bin/env python3
"""Far sources against real servers of this machine: what comes from far is what lies near.

    python3 tests/far/run.py PROGRAM      PROGRAM = a build with all far features; needs requirements.txt

The last line counts. Each check is a function; each runs in a folder of its own.
"""
import base64
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from servers import PASSWORD, S3, Azure, Google, Postgres, Web, free_port  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/orderpoint")
DAYS, ITEMS = 90, 6
UNITS = sum((day * item) % 5 + 1 for day in range(DAYS) for item in range(ITEMS))
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "AZURE_", "GOOGLE_", "PG"))}


def rows():
    first = datetime.date(2024, 1, 1)
    for day in range(DAYS):
        for item in range(ITEMS):
            yield (first + datetime.timedelta(day)).isoformat(), f"SKU-{item}", (day * item) % 5 + 1


def text(some=None):
    lines = ["date,sku,quantity"] + [f"{d},{s},{q}" for d, s, q in (rows() if some is None else some)]
    return "\n".join(lines) + "\n"


class Shop:
    """A folder with a configuration, and the program called on it."""

    def __init__(self, mapping, environment=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=ROOT))
        (self.folder / "data").mkdir()
        (self.folder / "orderpoint.toml").write_text(mapping)
        self.environment = environment or {}
        self.said = ""

    def start(self, command, *more):
        return subprocess.Popen(
            [PROGRAM, command, "--config", self.folder / "orderpoint.toml", *more],
            cwd=self.folder, env=CLEAN | self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def call(self, command, *more):
        process = self.start(command, *more)
        out, err = process.communicate(timeout=300)
        self.said += out + err
        return process.returncode, out, err

    def fails(self, code, *words):
        """The input is refused with this code, in these words."""
        got, _, err = self.call("check")
        assert got == code, f"exit {got}, expected {code}: {err}"
        for word in words:
            assert word in err, f"`{word}` is not said: {err}"

    def reads(self, units=UNITS):
        """The units are read; what `check` says."""
        code, out, err = self.call("check", "--json")
        assert code == 0, f"exit {code}: {err}"
        told = json.loads(out)
        got = sum(sold["units"] for sold in told["sold"])
        assert got == units, f"{got} units, expected {units}"
        return told

    def publishes(self):
        """A night is published; its manifest's inputs."""
        code, _, err = self.call("run")
        assert code in (0, 5), f"exit {code}: {err}"
        return json.loads((self.folder / "reports/current/manifest.json").read_text())["inputs"]

    def fetched(self):
        found = [p for p in (self.folder / "reports/.fetched").rglob("*") if p.is_file()]
        return [p.name for p in found if not p.name.endswith(".sha256") and p.name != "lock"]

    def keeps_its_secrets(self):
        assert PASSWORD not in self.said, "the password is said"
        for path in self.folder.rglob("*"):
            if path.is_file():
                assert PASSWORD.encode() not in path.read_bytes(), f"the password stands in {path}"


def s3_objects_by_pattern_folder_and_name(s3, **_):
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = ROOT / "parts"
    everything = list(rows())
    for at, half in enumerate((everything[: len(everything) // 2], everything[len(everything) // 2 :])):
        table = pa.table({"date": [r[0] for r in half], "sku": [r[1] for r in half], "quantity": [r[2] for r in half]})
        folder = parts / f"channel=c{at}"
        folder.mkdir(parents=True)
        pq.write_table(table, folder / "part 0.parquet")
    (parts / "_SUCCESS").write_text("")
    (parts / "all.csv").write_text(text())
    s3.put(parts, "sales")
    for file, units in [
        ("s3://shop/sales/*/*.parquet", UNITS),
        ("s3://shop/sales/**/*.parquet", UNITS),
        ("s3://shop/sales/all.csv", UNITS),
    ]:
        told = Shop(f'[mapping.sales]\nfile = "{file}"\n', s3.environment()).reads(units)
        if "parquet" in file:
            assert {sold["channel"] for sold in told["sold"]} == {"c0", "c1"}, "folders name channels"
    shop = Shop('[mapping.sales]\nfile = "s3://shop/sales/*/*.parquet"\n', s3.environment())
    inputs = shop.publishes()
    first = inputs[0]
    path = parts / "channel=c0/part 0.parquet"
    tag = s3.client.head_object(Bucket="shop", Key="sales/channel=c0/part 0.parquet")["ETag"].strip('"')
    assert first["file"] == "s3://shop/sales/channel=c0/part 0.parquet", first
    assert first["bytes"] == path.stat().st_size and first["version"] == tag, first
    assert len(first["sha256"]) == 64, first
    _, out, _ = shop.call("run")
    assert "nothing changed" in out, out
    (parts / "channel=c1/part 0.parquet").unlink()
    s3.client.delete_object(Bucket="shop", Key="sales/channel=c1/part 0.parquet")
    shop.call("check")
    assert len(shop.fetched()) == 1, f"the work folder is swept: {shop.fetched()}"
    shop.keeps_its_secrets()


def s3_that_is_missing_unreachable_or_forbidden(s3, web, **_):
    Shop('[mapping.sales]\nfile = "s3://shop/none/*.csv"\n', s3.environment()).fails(
        3, "s3://shop/none/*.csv", "there is no such file")
    Shop('[mapping.sales]\nfile = "s3://nobody/sales.csv"\n', s3.environment()).fails(3, "s3://nobody/sales.csv")
    closed = Shop('[mapping.sales]\nfile = "s3://shop/sales.csv"\n', s3.environment(free_port()))
    closed.fails(3, "s3://shop/sales.csv", "cannot be reached", "refused")
    closed.keeps_its_secrets()
    web.status = 403
    shop = Shop('[mapping.sales]\nfile = "s3://shop/sales.csv"\n', s3.environment(web.port))
    shop.fails(3, "s3://shop/sales.csv", "may not be read", "AWS_ACCESS_KEY_ID")
    shop.keeps_its_secrets()


def s3_that_arrives_damaged(s3, web, **_):
    web.files["/shop/sales.csv"] = text().encode()
    web.spoil = 1
    Shop('[mapping.sales]\nfile = "s3://shop/sales.csv"\n', s3.environment(web.port)).reads()
    gets = [asked for asked in web.asked if asked[0] == "GET"]
    assert len(gets) == 2, f"fetched once more: {web.asked}"


def halves():
    """The sales in two files, by name."""
    everything = list(rows())
    middle = len(everything) // 2
    return {"sales/part 1.csv": text(everything[:middle]).encode(), "sales/2024/part 2.csv": text(everything[middle:]).encode()}


def units_of(body):
    return sum(int(line.split(",")[2]) for line in body.decode().splitlines()[1:])


def reads_halves(scheme, environment):
    """One file by name, by pattern and at any depth; what is not there is told."""
    first, second = halves().values()
    for file, units in [
        ("sales/part 1.csv", units_of(first)),
        ("sales/*.csv", units_of(first)),
        ("sales/*/*.csv", units_of(second)),
        ("sales/**/*.csv", UNITS),
    ]:
        Shop(f'[mapping.sales]\nfile = "{scheme}://shop/{file}"\n', environment).reads(units)
    shop = Shop(f'[mapping.sales]\nfile = "{scheme}://shop/sales/**/*.csv"\n', environment)
    inputs = shop.publishes()
    assert [entry["file"] for entry in inputs] == [f"{scheme}://shop/{name}" for name in sorted(halves())], inputs
    assert all(entry["version"] for entry in inputs), inputs
    Shop(f'[mapping.sales]\nfile = "{scheme}://shop/none.csv"\n', environment).fails(
        3, f"{scheme}://shop/none.csv", "there is no such file")


def azure_blobs_by_pattern_folder_and_name(**_):
    azure = Azure(ROOT)
    try:
        for name, body in halves().items():
            azure.put(name, body)
        reads_halves("az", azure.environment())
        Shop('[mapping.sales]\nfile = "az://nobody/*.csv"\n', azure.environment()).fails(3, "there is no such file")
        wrong = azure.environment() | {"AZURE_STORAGE_ACCOUNT_KEY": "d3Jvbmc="}
        shop = Shop('[mapping.sales]\nfile = "az://shop/sales/*.csv"\n', wrong)
        shop.fails(3, "az://shop/sales/*.csv", "may not be read", "AZURE_STORAGE_ACCOUNT_KEY")
    finally:
        azure.stop()


def google_objects_by_pattern_folder_and_name(**_):
    google = Google(ROOT, halves())
    try:
        reads_halves("gs", google.environment())
    finally:
        google.stop()


def http_that_breaks_off_goes_on(web, **_):
    body = text().encode()
    web.files["/sales.csv"] = body
    web.drop = len(body) // 4
    Shop(f'[mapping.sales]\nfile = "{web.url("/sales.csv")}"\n').reads()
    starts = [asked[2] for asked in web.asked if asked[0] == "GET"]
    assert len(starts) >= 4 and all(start for start in starts[1:]), f"goes on where it was: {starts}"


def http_without_tags_ranges_or_heads(web, **_):
    web.files["/export?format=csv"] = text().encode()
    mapping = f'[mapping.sales]\nfile = "{web.url("/export?format=csv")}"\n'
    web.tag = web.dated = web.ranges = web.heads = False
    told = Shop(mapping).reads()
    assert told["tables"][0]["file"] == web.url("/export?format=csv"), told["tables"]
    web.drop = 700
    Shop(mapping).fails(3, "/export?format=csv", "breaks off", "again and again")


def http_that_is_killed_is_taken_up(web, **_):
    body = text().encode()
    web.files["/sales.csv"] = body
    web.pause = 0.5
    shop = Shop(f'[mapping.sales]\nfile = "{web.url("/sales.csv")}"\n')
    process = shop.start("check")
    for _ in range(200):
        time.sleep(0.05)
        if any(p.stat().st_size for p in (shop.folder / "reports/.fetched").rglob("*.part")):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    web.pause = 0.0
    web.asked.clear()
    shop.reads()
    starts = [asked[2] for asked in web.asked if asked[0] == "GET"]
    assert starts and starts[0] and starts[0] != "bytes=0-", f"taken up: {web.asked}"
    assert shop.fetched() == ["sales.csv"], shop.fetched()


def http_that_changes_or_is_not_there(web, **_):
    mapping = f'[mapping.sales]\nfile = "{web.url("/sales.csv")}"\n'
    Shop(mapping).fails(3, web.url("/sales.csv"), "there is no such file")
    web.files["/sales.csv"] = text().encode()
    web.changes = True
    Shop(mapping).fails(3, web.url("/sales.csv"), "was changed while it was read")
    web.changes = False
    # What is wrong with its content is said of the address, with advice that was tried.
    slashed = [(f"{d[8:]}/{d[5:7]}/{d[:4]}", s, q) for d, s, q in rows()]
    web.files["/sales.csv"] = text(slashed).encode()
    Shop(mapping).fails(3, web.url("/sales.csv"), "date_formats = [\"%d/%m/%Y\"]")
    Shop(mapping + 'date_formats = ["%d/%m/%Y"]\n').reads()


def fill(path):
    with sqlite3.connect(path) as database:
        database.execute("create table lines (day text, item text, quantity integer)")
        database.executemany("insert into lines values (?, ?, ?)", rows())


QUERY = 'query = "select day as date, item as sku, quantity from lines order by 1, 2"\n'


def driver(name):
    module = __import__(name)
    return f'driver = "{module._driver_path()}"\n'


def sqlite_answers_a_query(**_):
    lite = driver("adbc_driver_sqlite")
    shop = Shop(f'[mapping.sales]\n{QUERY}{lite}connection = "shop.db"\n')
    shop.fails(3, "shop.db", "there is no such database file")
    fill(shop.folder / "data/shop.db")
    shop.reads()
    inputs = shop.publishes()
    assert inputs[0]["file"] == "shop.db query 1 of sales" and inputs[0]["bytes"] > 0, inputs
    (shop.folder / "orderpoint.toml").write_text(
        f'[mapping.sales]\n{lite}connection = "shop.db"\nquery = "select * from nowhere"\n')
    shop.fails(3, "shop.db query 1 of sales", "no such table: nowhere")
    named = Shop(f'[mapping.sales]\n{QUERY}connection = "shop.db"\n')
    fill(named.folder / "data/shop.db")
    named.fails(2, "pip install adbc-driver-sqlite", "_driver_path()")


def a_night_over_buckets_asks_a_database_once(**_):
    lite = driver("adbc_driver_sqlite")
    shop = Shop(f'[mapping.sales]\n{QUERY}{lite}connection = "shop.db"\n')
    database = shop.folder / "data/shop.db"
    fill(database)

    def phase(*arguments):
        # Whatever the database says meanwhile is for the next night.
        code, _, err = shop.call(*arguments, "--work", str(shop.folder / "work"))
        assert code in (0, 5), f"{arguments}: exit {code}: {err}"
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("update lines set quantity = quantity + 1")

    for of in (2, 2):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            units = connection.execute("select sum(quantity) from lines").fetchone()[0]
        for bucket in "01":
            phase("observe", "--pass", "rows", "--of", str(of), "--bucket", bucket)
        phase("merge", "--pass", "rows", "--of", str(of))
        phase("observe", "--pass", "history", "--bucket", "0,1")
        phase("merge", "--pass", "history")
        phase("plan", "--bucket", "0,1")
        phase("finish")
        import pyarrow.parquet as pq

        got = sum(pq.read_table(shop.folder / "reports/current/tables/demand.parquet")["gross"].to_pylist())
        assert got == units, f"{got} units, expected {units}"


def a_night_begun_anew_in_its_folder_reads_what_is_there_now(web, **_):
    """The first phases run, the night breaks off, the files and the table change, and it begins again."""
    lite = driver("adbc_driver_sqlite")
    query = QUERY.replace("select day", "select 'db' as channel, day")
    shop = Shop(
        f'[[mapping.sales]]\nfile = "{web.url("/one.csv")}"\n'
        f'[[mapping.sales]]\n{query}{lite}connection = "shop.db"\n'
    )
    database = shop.folder / "data/shop.db"
    fill(database)

    def phase(*arguments):
        code, _, err = shop.call(*arguments, "--work", str(shop.folder / "work"))
        assert code in (0, 5), f"{arguments}: exit {code}: {err}"

    def observes():
        for bucket in "01":
            phase("observe", "--pass", "rows", "--of", "2", "--bucket", bucket)

    def finishes(units):
        phase("merge", "--pass", "rows", "--of", "2")
        phase("observe", "--pass", "history", "--bucket", "0,1")
        phase("merge", "--pass", "history")
        phase("plan", "--bucket", "0,1")
        phase("finish")
        import pyarrow.parquet as pq

        got = sum(pq.read_table(shop.folder / "reports/current/tables/demand.parquet")["gross"].to_pylist())
        assert got == units, f"{got} units, expected {units}"

    web.files["/one.csv"] = text().encode()
    observes()
    gets = [path for command, path, _ in web.asked if command == "GET"]
    assert gets == ["/one.csv"], f"fetched once for both buckets: {gets}"
    # Broken off: the file changes, and so does the table.
    changed = [(day, sku, units + 1) for day, sku, units in rows()]
    web.files["/one.csv"] = text(changed).encode()
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("update lines set quantity = quantity + 2")
    observes()
    finishes(2 * UNITS + 3 * DAYS * ITEMS)
    # Another address in the same folder: nothing of the first one is read.
    web.files["/two.csv"] = text().encode()
    (shop.folder / "orderpoint.toml").write_text(f'[mapping.sales]\nfile = "{web.url("/one.csv")}"\n')
    observes()
    (shop.folder / "orderpoint.toml").write_text(f'[mapping.sales]\nfile = "{web.url("/two.csv")}"\n')
    observes()
    finishes(UNITS)


def postgres_answers_a_query(postgres, **_):
    import adbc_driver_postgresql.dbapi as pg
    import pyarrow as pa

    everything = list(rows())
    day = pa.array([datetime.date.fromisoformat(r[0]) for r in everything])
    lines = pa.table({"day": day, "item": [r[1] for r in everything], "quantity": [r[2] for r in everything]})
    with pg.connect(postgres.address.replace("reader@", f"reader:{PASSWORD}@")) as connection:
        with connection.cursor() as cursor:
            cursor.adbc_ingest("lines", lines, mode="create")
            cursor.execute("create table stock as select distinct item, 12.50::numeric(10, 2) as cost from lines")
        connection.commit()
    elephant = driver("adbc_driver_postgresql")
    tables = (
        f'[mapping.sales]\n{QUERY}{elephant}connection = "{postgres.address}"\n'
        f'[mapping.products]\nquery = "select item as sku, item as name, cost as unit_cost from stock order by 1"\n'
        f'{elephant}connection = "$SHOP_DATABASE"\n'
    )
    whole = postgres.address.replace("reader@", f"reader:{PASSWORD}@")
    shop = Shop(tables, {"PGPASSWORD": PASSWORD, "SHOP_DATABASE": whole})
    shop.reads()
    files = {entry["file"] for entry in shop.publishes()}
    assert files == {f"{postgres.address} query 1 of sales", "$SHOP_DATABASE query 1 of products"}, files
    shop.environment["PGPASSWORD"] = "wrong"
    shop.fails(3, postgres.address, "password authentication failed")
    shop.environment["PGPASSWORD"] = PASSWORD
    del shop.environment["SHOP_DATABASE"]
    shop.fails(2, "SHOP_DATABASE is not set")
    shop.keeps_its_secrets()
    Shop(f'[mapping.sales]\n{QUERY}{elephant}connection = "{whole}"\n').fails(2, "PGPASSWORD")
    closed = f"postgresql://reader@127.0.0.1:{free_port()}/postgres"
    Shop(f'[mapping.sales]\n{QUERY}{elephant}connection = "{closed}"\n').fails(3, closed, "refused")


def delta_with_checkpoints_near_and_far(s3, **_):
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    everything = list(rows())
    table = pa.table({
        "date": pa.array([datetime.date.fromisoformat(r[0]) for r in everything]),
        "sku": [r[1] for r in everything],
        "quantity": [r[2] for r in everything],
        "channel": ["web" if r[1] < "SKU-3" else "shop" for r in everything],
    })
    shop = Shop("")
    folder = shop.folder / "data/sales"
    write_deltalake(folder, table.slice(0, 5), partition_by=["channel"])
    write_deltalake(folder, table, mode="overwrite")
    delta = DeltaTable(folder)
    delta.delete("sku = 'SKU-0'")
    delta.create_checkpoint()
    for log in (folder / "_delta_log").glob("*.json"):
        log.unlink()
    units = sum(q for _, sku, q in everything if sku != "SKU-0")
    told = shop.reads(units)
    assert {sold["channel"] for sold in told["sold"]} == {"web", "shop"}, told["sold"]
    inputs = shop.publishes()
    assert inputs[0]["file"] == "sales" and inputs[0]["version"] == "2", inputs
    s3.put(folder, "delta/sales")
    Shop('[mapping.sales]\nfile = "s3://shop/delta/sales"\n', s3.environment()).reads(units)


def z85(data):
    """ZeroMQ's form of base 85 (RFC 32), in which a Delta log has its deletion vectors."""
    rfc_1924 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    zeromq = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    return base64.b85encode(data).decode().translate(str.maketrans(rfc_1924, zeromq))


def deletion_vector(gone):
    """Positions of rows as a RoaringBitmapArray of one array container, as the Delta protocol has it."""
    container = struct.pack("<IIHHI", 12346, 1, 0, len(gone) - 1, 16) + b"".join(struct.pack("<H", row) for row in gone)
    return struct.pack("<IQI", 1681511377, 1, 0) + container


def delta_with_deletion_vectors(s3, **_):
    import pyarrow as pa
    from deltalake import write_deltalake

    everything, gone = list(rows()), [0, 1, 5, 300, 539]
    units = sum(q for at, (_, _, q) in enumerate(everything) if at not in gone)
    days, items, counts = zip(*everything)
    table = pa.table({"date": list(days), "sku": list(items), "quantity": list(counts)})
    data = deletion_vector(gone)
    for inline in (True, False):
        shop = Shop("")
        folder = shop.folder / "data/sales"
        write_deltalake(folder, table)
        log = folder / "_delta_log/00000000000000000000.json"
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            if "protocol" in action:
                features = ["deletionVectors"]
                action["protocol"] = {
                    "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}
            if "add" in action and inline:
                padded = data + bytes(-len(data) % 4)
                action["add"]["deletionVector"] = {
                    "storageType": "i", "pathOrInlineDv": z85(padded), "sizeInBytes": len(data), "cardinality": len(gone)}
            elif "add" in action:
                name = uuid.uuid4()
                parts = [b"\1", struct.pack(">I", len(data)), data, struct.pack(">I", zlib.crc32(data))]
                (folder / f"deletion_vector_{name}.bin").write_bytes(b"".join(parts))
                action["add"]["deletionVector"] = {
                    "storageType": "u", "pathOrInlineDv": z85(name.bytes), "offset": 1, "sizeInBytes": len(data),
                    "cardinality": len(gone)}
        log.write_text("".join(json.dumps(action) + "\n" for action in actions))
        shop.reads(units)
        s3.put(folder, f"vectors/{inline}")
        Shop(f'[mapping.sales]\nfile = "s3://shop/vectors/{inline}"\n', s3.environment()).reads(units)


CHECKS = [
    s3_objects_by_pattern_folder_and_name,
    s3_that_is_missing_unreachable_or_forbidden,
    s3_that_arrives_damaged,
    azure_blobs_by_pattern_folder_and_name,
    google_objects_by_pattern_folder_and_name,
    http_that_breaks_off_goes_on,
    http_without_tags_ranges_or_heads,
    http_that_is_killed_is_taken_up,
    http_that_changes_or_is_not_there,
    sqlite_answers_a_query,
    a_night_over_buckets_asks_a_database_once,
    a_night_begun_anew_in_its_folder_reads_what_is_there_now,
    postgres_answers_a_query,
    delta_with_checkpoints_near_and_far,
    delta_with_deletion_vectors,
]


def main():
    only = sys.argv[2:]
    s3, postgres, failed = S3(), Postgres(ROOT), 0
    checks = [check for check in CHECKS if not only or check.__name__ in only]
    try:
        for check in checks:
            start = time.time()
            try:
                check(s3=s3, postgres=postgres, web=Web())
                print(f"ok      {check.__name__} ({time.time() - start:.1f} s)", flush=True)
            except Exception as error:  # noqa: BLE001: all are told
                failed += 1
                print(f"failed  {check.__name__}: {type(error).__name__}: {error}", flush=True)
    finally:
        s3.stop()
        postgres.stop()
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    ROOT = pathlib.Path(tempfile.mkdtemp(prefix="orderpoint-far-"))
    try:
        status = main()
    finally:
        shutil.rmtree(ROOT, ignore_errors=True)
    sys.exit(status)

"""Opens every table of a run with one reader and says what it saw, as JSON: {table: [rows, sum of a column]}.

    python read.py READER TABLES COLUMNS      READER = polars | pyarrow | deltalake | duckdb | datafusion

COLUMNS: {table: its column to sum, or null}, as JSON. Single-precision numbers are added up as doubles: engines add them in
different orders.
"""
import json
import pathlib
import shutil
import sys
import tempfile


def with_polars(path, column):
    import polars

    table = polars.read_parquet(path)
    return table.height, table[column].cast(polars.Float64).sum() if column else None


def with_pyarrow(path, column):
    import pyarrow.compute
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    total = pyarrow.compute.sum(table[column].cast(pyarrow.float64())).as_py() if column else None
    return table.num_rows, total


def query(path, column):
    total = f'sum(cast("{column}" as double))' if column else "null"
    return f"select count(*), {total} from {path}"


def with_duckdb(path, column):
    import duckdb

    # Every column is decoded, or a fault in one of them would stay unseen.
    database = duckdb.connect()
    database.execute(f"select * from '{path}'").fetchall()
    return database.execute(query(f"'{path}'", column)).fetchone()


def with_datafusion(path, column):
    from datafusion import SessionContext

    context = SessionContext()
    context.register_parquet("t", str(path))
    context.sql("select * from t").collect()
    return tuple(value[0] for value in context.sql(query("t", column)).to_pydict().values())


def with_deltalake(path, column):
    from deltalake import DeltaTable, QueryBuilder, convert_to_deltalake

    # A table of one file, read by the engine that deltalake carries.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        convert_to_deltalake(folder)
        engine = QueryBuilder().register("t", DeltaTable(folder))
        engine.execute("select * from t").read_all()
        found = engine.execute(query("t", column)).read_all()
        return tuple(found.column(i)[0].as_py() for i in range(2))


def main():
    reader, tables, columns = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
    seen = {}
    for path in sorted(tables.glob("*.parquet")):
        try:
            rows, total = globals()[f"with_{reader}"](path, columns.get(path.stem))
            seen[path.stem] = [rows, total]
        except BaseException as error:  # a reader's own panic is no Exception
            seen[path.stem] = f"{type(error).__name__}: {error}"
    print(json.dumps(seen))


main()

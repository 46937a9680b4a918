"""Every table of a run, opened with old and new readers: row counts and one sum must agree with the manifest and each other.

    python3 matrix.py RUN VENVS       RUN = OUT/current, VENVS = where the readers' environments are kept
"""
import json
import math
import pathlib
import subprocess
import sys

READERS = {
    "polars 1.30": ["polars==1.30.0"],
    "pyarrow 10": ["pyarrow==10.0.1", "numpy<2"],
    "deltalake 1.2": ["deltalake==1.2.0", "pyarrow==18.1.0"],
    "duckdb 0.10": ["duckdb==0.10.3"],
    "datafusion 45": ["datafusion==45.2.0"],
    "polars newest": ["polars"],
    "pyarrow newest": ["pyarrow"],
    "deltalake newest": ["deltalake", "pyarrow"],
    "duckdb newest": ["duckdb"],
    "datafusion newest": ["datafusion"],
}


def environment(name, packages, venvs):
    """The Python of an environment with `packages`; the newest releases are looked for each time."""
    folder = venvs / name.replace(" ", "-")
    if not (folder / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    newest = ["--upgrade"] if name.endswith("newest") else []
    pip = [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *newest, *packages], check=True)
    return folder / "bin" / "python"


def columns(python, tables):
    """The first DOUBLE column of each table, by its own schema."""
    code = (
        "import json, sys, pathlib, pyarrow, pyarrow.parquet as pq\n"
        "first = lambda schema: next((f.name for f in schema if f.type == pyarrow.float64()), None)\n"
        "print(json.dumps({p.stem: first(pq.read_schema(p)) for p in pathlib.Path(sys.argv[1]).glob('*.parquet')}))"
    )
    return subprocess.run([python, "-c", code, tables], check=True, capture_output=True, text=True).stdout


def main():
    run, venvs = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    tables = run / "tables"
    files = json.loads((run / "manifest.json").read_text())["files"]
    expected = {pathlib.Path(f["path"]).stem: f["rows"] for f in files if f["path"].endswith(".parquet")}
    pythons = {name: environment(name, packages, venvs) for name, packages in READERS.items()}
    of_table = columns(pythons["pyarrow newest"], tables)
    sums, failures = {}, 0
    for name, python in pythons.items():
        command = [python, pathlib.Path(__file__).with_name("read.py"), name.split()[0], tables, of_table]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seen = json.loads(done.stdout) if done.returncode == 0 else {}
        opened = 0
        for table, rows in expected.items():
            found = seen.get(table, f"no answer: {done.stderr[-300:]}")
            if isinstance(found, str):
                failures += 1
                print(f"{name}: {table}: {found.splitlines()[0]}")
                continue
            total = sums.setdefault(table, found[1])
            if found[0] != rows:
                problem = f"{found[0]} rows, the manifest says {rows}"
            elif (found[1] is None) != (total is None) or (total and not math.isclose(found[1], total, rel_tol=1e-9)):
                problem = f"the sum is {found[1]}, others say {total}"
            else:
                opened += 1
                continue
            failures += 1
            print(f"{name}: {table}: {problem}")
        print(f"{name}: {opened} of {len(expected)} tables")
    print(f"{len(READERS)} readers, {failures} failures")
    return 1 if failures or not expected else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every table of a run, opened with old and new readers: rows as the manifest says, one sum the same for all.

    python3 matrix.py RUN VENVS       RUN = OUT/current, VENVS = where the readers' environments are kept

A reader that cannot be installed or fails names itself and the table; the last line counts. The readers of
the contract: what teams run today, and what they ran three years ago.
"""
import concurrent.futures
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
SUMMED_BY = "pyarrow newest"  # its schema says which column of each table is summed


def environment(name, packages, venvs):
    """The Python of an environment with `packages`; the newest releases are looked for each time."""
    folder = venvs / name.replace(" ", "-")
    if not (folder / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    newest = ["--upgrade"] if name.endswith("newest") else []
    pip = [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    done = subprocess.run([*pip, *newest, *packages], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError("cannot be installed: " + " ".join(done.stderr.split())[-300:])
    return folder / "bin" / "python"


def environments(venvs):
    """The Python of each reader, or why there is none; installing waits for the network, so several at a time."""
    pythons = {}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = {name: pool.submit(environment, name, packages, venvs) for name, packages in READERS.items()}
        for name, future in made.items():
            try:
                pythons[name] = future.result()
            except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
                pythons[name] = error
    return pythons


def columns(python, tables):
    """The first column of numbers of each table, by its own schema, as JSON."""
    code = (
        "import json, sys, pathlib, pyarrow.types as t, pyarrow.parquet as pq\n"
        "number = lambda f: t.is_floating(f.type) or t.is_integer(f.type)\n"
        "first = lambda schema: next((f.name for f in schema if number(f)), None)\n"
        "print(json.dumps({p.stem: first(pq.read_schema(p)) for p in pathlib.Path(sys.argv[1]).glob('*.parquet')}))"
    )
    return subprocess.run([python, "-c", code, tables], check=True, capture_output=True, text=True).stdout


def problem(found, rows, total):
    """What is wrong with what a reader saw of a table; None if nothing."""
    if isinstance(found, str):
        return (found.splitlines() or [""])[0]
    if found[0] != rows:
        return f"{found[0]} rows, the manifest says {rows}"
    # Of no rows, some say that the sum is none, others that it is 0.
    if not math.isclose(found[1] or 0.0, total or 0.0, rel_tol=1e-9):
        return f"the sum is {found[1]}, {SUMMED_BY} says {total}"
    return None


def main():
    run, venvs = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    venvs.mkdir(parents=True, exist_ok=True)
    tables = run / "tables"
    files = json.loads((run / "manifest.json").read_text())["files"]
    expected = {pathlib.Path(f["path"]).stem: f["rows"] for f in files if f["path"].endswith(".parquet")}
    pythons = environments(venvs)
    if isinstance(pythons[SUMMED_BY], Exception):
        print(f"{SUMMED_BY}: {pythons[SUMMED_BY]}")
        return 1
    of_table = columns(pythons[SUMMED_BY], tables)
    seen, failures = {}, 0
    for name, python in pythons.items():
        seen[name] = {}
        if isinstance(python, Exception):
            seen[name] = dict.fromkeys(expected, str(python))
            continue
        command = [python, pathlib.Path(__file__).with_name("read.py"), name.split()[0], tables, of_table]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            seen[name] = dict.fromkeys(expected, "no answer: " + " ".join(done.stderr.split())[-300:])
        else:
            seen[name] = json.loads(done.stdout)
    for name, found in seen.items():
        opened = 0
        for table, rows in expected.items():
            right = seen[SUMMED_BY].get(table)
            total = right[1] if isinstance(right, list) else None
            what = problem(found.get(table, "not seen"), rows, total)
            if what is None:
                opened += 1
            else:
                failures += 1
                print(f"{name}: {table}: {what}")
        print(f"{name}: {opened} of {len(expected)} tables")
    print(f"{len(READERS)} readers, {len(expected)} tables, {failures} failures")
    return 1 if failures or not expected else 0


if __name__ == "__main__":
    sys.exit(main())

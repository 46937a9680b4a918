"""The ten queries of queries.sql on the sample shop, two nights and some decisions later; the answers as in expected.txt.

    python run.py PROGRAM [--bless]       needs duckdb
"""
import csv
import datetime
import decimal
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb

HERE = pathlib.Path(__file__).resolve().parent


def orderpoint(program, folder, *args):
    """Runs the program in the folder; 5 is a run that published with degradations."""
    done = subprocess.run([program, *args], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise SystemExit(f"orderpoint {' '.join(args)} ended with {done.returncode}: {done.stderr}")


def shop(program, folder):
    """Two nights four weeks apart; the first night's lines of one supplier are approved, one edited, one rejected."""
    orderpoint(program, folder, "demo", "--out", "shop", "--data-only")
    folder = folder / "shop"
    config = (folder / "data" / "orderpoint.toml").read_text()
    for key, value in (("data", "data"), ("out", "."), ("models", "models")):
        config = re.sub(rf'^{key} = .*$', f'{key} = "{value}"', config, flags=re.M)
    (folder / "orderpoint.toml").write_text(config)
    orderpoint(program, folder, "run", "--as-of", "2026-02-02")
    lines = duckdb.sql(
        f"select recommendation_id, quantity from '{folder}/current/tables/recommendations.parquet'"
        " where quantity > 0 order by value_at_risk desc, recommendation_id limit 6"
    ).fetchall()
    with open(folder / "decisions.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["recommendation_id", "decision", "quantity", "reason", "author", "time"])
        for at, (identity, quantity) in enumerate(lines):
            verdict = ["approved", "rejected"][at == 5]
            rows.writerow([identity, verdict, "", "enough" if at == 5 else "", ["ann", "bob"][at % 2], "2026-02-02T08:00:00Z"])
    orderpoint(program, folder, "review", "--decisions", "decisions.csv")
    orderpoint(program, folder, "run", "--as-of", "2026-03-02")
    return folder


def cell(value):
    if isinstance(value, (float, decimal.Decimal)):
        return f"{float(value):.10g}"
    if isinstance(value, datetime.datetime):
        return str(value.date())
    return "" if value is None else str(value)


def answers(folder):
    """Each query's title and rows as text."""
    text = (HERE / "queries.sql").read_text()
    said = []
    for title, query in re.findall(r"^-- (\d+\. .*)\n((?:(?!-- \d+\.).*\n)+)", text, re.M):
        found = duckdb.sql(query.replace("'runs/", f"'{folder}/runs/").replace("'current/", f"'{folder}/current/").replace("'history/", f"'{folder}/history/"))
        rows = found.fetchall()
        said += [f"# {title}", " | ".join(found.columns), *(" | ".join(map(cell, row)) for row in rows), ""]
        if not rows:
            raise SystemExit(f"no rows: {title}")
    return "\n".join(said)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as work:
        found = answers(shop(program, pathlib.Path(work)))
    expected = HERE / "expected.txt"
    if "--bless" in sys.argv:
        expected.write_text(found)
    wanted = expected.read_text().splitlines()
    differences = 0
    for number, (got, want) in enumerate(zip(found.splitlines(), wanted), 1):
        if got != want:
            differences += 1
            print(f"expected.txt:{number}\n  expected: {want}\n  found:    {got}")
    if len(found.splitlines()) != len(wanted):
        differences += 1
        print(f"{len(found.splitlines())} lines, expected {len(wanted)}")
    print(f"{found.count('# ')} queries, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

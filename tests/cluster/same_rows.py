#!/usr/bin/env python3
"""A night on Spark and on Ray is the night of one machine: every cell of every table.

    tests/cluster/same_rows.py target/release/orderpoint [--engines spark,ray,local] [--skus 60]

One task of every phase is killed at its first attempt. A folder of bad input stops with one error at the driver.
Prints the CPU seconds of the program on one machine and in buckets, engines' own apart.
"""

import argparse
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = str(HERE.parent.parent / "src" / "engines" / "python")
sys.path.insert(0, PACKAGE)
# Engines start Pythons of their own.
os.environ["PYTHONPATH"] = PACKAGE

import pyarrow.parquet as pq  # noqa: E402

from orderpoint import NightFailed  # noqa: E402

BUCKETS = 5
# Stands before the program: the first attempt at one bucket of each phase is killed, as machines die.
FLAKY = """#!/bin/sh
case "$*" in *"--pass history"*) pass=history ;; *) pass= ;; esac
case "$*" in
  *"--bucket 3"*) if mkdir "{marks}/$1$pass" 2>/dev/null; then kill -9 $$; fi ;;
esac
exec "{program}" "$@"
"""


def tables(folder):
    """Sorted rows of every table: their order is no part of what they say."""
    found = {}
    for path in sorted(Path(folder, "tables").glob("*.parquet")):
        table = pq.read_table(path)
        rows = zip(*(column.to_pylist() for column in table.columns)) if table.num_columns else []
        found[path.name] = (table.schema.names, sorted(map(repr, rows)))
    return found


def compare(name, whole, other):
    one, two = tables(whole), tables(other)
    assert one.keys() == two.keys(), f"{name}: tables {one.keys() ^ two.keys()}"
    rows = 0
    for table, (columns, cells) in one.items():
        assert columns == two[table][0], f"{name}: {table}: other columns"
        differing = [(a, b) for a, b in zip(cells, two[table][1]) if a != b]
        assert not differing and len(cells) == len(two[table][1]), f"{name}: {table}: {differing[:1]}"
        rows += len(cells)
    print(f"{name}: {len(one)} tables, {rows} rows, all equal", flush=True)


def cpu(who=resource.RUSAGE_CHILDREN):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("program")
    ask.add_argument("--engines", default="local,spark,ray")
    ask.add_argument("--skus", type=int, default=60)
    asked = ask.parse_args()
    program = str(Path(asked.program).resolve())
    at = Path(tempfile.mkdtemp(prefix="orderpoint-cluster-"))
    subprocess.run([program, "demo", "--data-only", "--skus", str(asked.skus), "--out", at], check=True,
                   stdout=subprocess.DEVNULL)
    data, config = str(at / "data"), at / "night.toml"
    # A budget that binds. In a file of its own: the data folder is read by everybody.
    text = (at / "data" / "orderpoint.toml").read_text()
    config.write_text(text.replace('currency = "EUR"', 'currency = "EUR"\nbudget = 900.0'))
    shop = ["--config", config, "--data", data]
    before = cpu()
    subprocess.run([program, "run", *shop, "--out", at / "whole", "--models", at / "models"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    alone = cpu() - before
    whole = at / "whole" / "current"

    marks, flaky = at / "marks", at / "orderpoint-flaky"
    flaky.write_text(FLAKY.format(marks=marks, program=program))
    flaky.chmod(flaky.stat().st_mode | stat.S_IXUSR)
    os.environ["ORDERPOINT"] = str(flaky)
    night = {"data": data, "config": str(config), "buckets": BUCKETS, "models": str(at / "models")}
    for engine in asked.engines.split(","):
        shutil.rmtree(marks, ignore_errors=True)
        marks.mkdir()
        began = time.monotonic()
        {"local": on_local, "spark": on_spark, "ray": on_ray}[engine](at, whole, night)
        assert len(list(marks.iterdir())) == 3, f"{engine}: one task of each phase was to be killed"
        print(f"{engine}: {time.monotonic() - began:.0f} s", flush=True)

    os.environ["ORDERPOINT"] = program
    from orderpoint import local

    before = cpu()
    local.run(out=str(at / "measured"), **night)
    print(f"CPU of the program: {alone:.1f} s on one machine, {cpu() - before:.1f} s in {BUCKETS} buckets", flush=True)
    shutil.rmtree(at)


def stops_once(run, at, night):
    """Bad input is one error at the driver, however many tasks see it."""
    bad = at / "bad.toml"
    bad.write_text("[run]\nhorizon = 3\n")
    try:
        run(out=str(at / "never"), **{**night, "config": str(bad)})
    except NightFailed as error:
        assert error.exit_code == 2, error
        return
    raise AssertionError("a bad configuration was to stop the night")


def on_local(at, whole, night):
    from orderpoint import local

    run = local.run(out=str(at / "local"), **night)
    compare("local", whole, run.folder)
    stops_once(local.run, at, night)
    published_in_order(run)


def published_in_order(run):
    """On an object store the manifest comes after all files, and `current.json` last."""
    import json

    import fsspec

    from orderpoint import store

    there = fsspec.filesystem("memory")
    order, put = [], there.put_file
    there.put_file = lambda source, target, **more: (order.append(target), put(source, target, **more))[1]
    try:
        folder = store.publish(run, "memory://bucket/runs-of-shop")
    finally:
        del there.put_file
    assert [path.rsplit("/", 1)[1] for path in order[-2:]] == ["manifest.json", "current.json"], order[-2:]
    current = json.loads(there.cat("/bucket/runs-of-shop/current.json"))
    assert folder.endswith(current["folder"]), current
    for entry in json.loads(there.cat(f"/bucket/runs-of-shop/{current['folder']}/manifest.json"))["files"]:
        size = there.size(f"/bucket/runs-of-shop/{current['folder']}/{entry['path']}")
        assert size == entry["bytes"], entry["path"]


def on_spark(at, whole, night):
    from functools import partial

    from orderpoint import spark
    from pyspark.sql import SparkSession

    # Four attempts, as clusters have; a local master has one unless told.
    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "5").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        compare("spark", whole, spark.run(session, out=str(at / "spark"), **night).folder)
        stops_once(partial(spark.run, session), at, night)

        # The same, history laid out by bucket: `run` reads that folder too.
        laid = at / "laid"
        shutil.copytree(night["data"], laid)
        os.remove(laid / "sales.csv")
        sales = session.read.csv(os.path.join(night["data"], "sales.csv"), header=True)
        spark.bucket(session, sales, str(laid), buckets=BUCKETS, config=night["config"])
        out = at / "whole-laid"
        done = subprocess.run([os.environ["ORDERPOINT"], "run", "--config", night["config"], "--data", laid, "--out", out,
                               "--models", at / "models-laid"], capture_output=True, text=True)
        assert done.returncode in (0, 5), done.stderr
        by_bucket = spark.run(session, out=str(at / "spark-laid"), **{**night, "data": str(laid)})
        compare("spark, laid out", out / "current", by_bucket.folder)
    finally:
        session.stop()


def on_ray(at, whole, night):
    import ray as engine

    from orderpoint import ray

    engine.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    try:
        compare("ray", whole, ray.run(out=str(at / "ray"), **night).folder)
        stops_once(ray.run, at, night)
    finally:
        engine.shutdown()


if __name__ == "__main__":
    main()

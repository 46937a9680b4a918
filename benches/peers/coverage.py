#!/usr/bin/env python3
"""Do protection-interval quantiles cover what they promise? The generated set's future, by kind of item, through `orderpoint run`.

usage: coverage.py DATA [--binary PATH] [--days 28,56]

DATA is the generated folder (see README) with `future.parquet` (date, sku, channel, demand: uncensored) and `truth.parquet` (sku,
kind). Every item gets the same known lead time, so that the interval (lead time + review) has one length; the reorder point of
the `R-S` rule with the `quantile` method is then the quantile of the pool's demand over it. Returns are left out of the sales, as the
future has none. Prints, for each interval, target and
kind of at least 500 pools, the share of pools whose demand stayed within it (D <= q), and below it (D < q). Demand comes in whole
units, so even an exact quantile overshoots: its target lies between the two shares. Needs polars.
"""
import argparse
import pathlib
import subprocess
import tempfile

import polars as pl

REVIEW = 7
CELLS = [a + x for a in "ABC" for x in "XYZ"]


def config(days, target):
    cells = "\n".join(f"[policy.cells.{cell}]\nservice = {target}\ncount_every_days = 90.0" for cell in CELLS)
    text = (pathlib.Path(__file__).parents[2] / "tests/configs/generated.toml").read_text()
    text = text.replace('lead_time_sd_days = "lead_time_sd"\n', "")
    text = text.replace('supplier = "supplier"', f'supplier = "supplier"\nlead_time_days = "{days - REVIEW}"\nlead_time_sd_days = "0"')
    policy = f'[policy]\nmethod = "quantile"\norder_rule = "R-S"\nservice = {target}\nreview_period_days = {REVIEW}.0\n'
    return f"{text}\n{policy}{cells}\n"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/orderpoint")
    arguments.add_argument("--days", default="28,56")
    given = arguments.parse_args()
    future = pl.read_parquet(given.data / "future.parquet")
    kinds = pl.read_parquet(given.data / "truth.parquet").group_by("sku").agg(pl.col("kind").first())
    first = future["date"].min()
    print(f"{'days':>4} {'target':>6} {'kind':14} {'pools':>6} {'covered':>8} {'below':>8}")
    data = tempfile.TemporaryDirectory()
    for table in ("master", "stock", "stockouts"):
        (pathlib.Path(data.name) / f"{table}.parquet").symlink_to((given.data / f"{table}.parquet").resolve())
    pl.read_parquet(given.data / "sales.parquet").filter(pl.col("qty") > 0).write_parquet(f"{data.name}/sales.parquet")
    for days in map(int, given.days.split(",")):
        within = future.filter((pl.col("date") - first).dt.total_days() < days)
        demand = within.group_by("sku").agg(pl.col("demand").sum())
        for target in (0.9, 0.95, 0.99):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "orderpoint.toml"
                path.write_text(config(days, target))
                words = [given.binary, "run", "--config", path, "--data", data.name, "--out", f"{folder}/out", "--models", f"{folder}/models"]
                subprocess.run(words, check=True, capture_output=True)
                policy = pl.read_parquet(f"{folder}/out/current/tables/policy.parquet").select("sku", "reorder_point")
            joined = policy.join(demand, on="sku").join(kinds, on="sku")
            units, point = pl.col("demand"), pl.col("reorder_point")
            at_most, below = units.le(point).mean().mul(100), units.lt(point).mean().mul(100)
            shares = joined.group_by("kind").agg(pl.len(), at_most.alias("within"), below.alias("below"))
            for kind, pools, covered, under in shares.sort("kind").iter_rows():
                if pools >= 500:
                    print(f"{days:4} {target:6} {kind:14} {pools:6} {covered:7.1f} % {under:6.1f} %", flush=True)


main()

#!/usr/bin/env python3
"""The whole night, both sides on the same files: prints CPU seconds, peak memory and their ratios.

    nightly.py [--data FOLDER | --skus N] [--model ETS_ANA|AutoETS|DOT] [--threads N]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "release" / "orderpoint"


def measured(command, **kwargs):
    """Runs a command to its end: standard output, CPU seconds, peak resident MiB."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, **kwargs)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 5):
        sys.exit(f"{command[0]} failed with {os.waitstatus_to_exitcode(status)}:\n{output}")
    return output, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def own_data(skus, folder):
    """The project's own sample at the asked size, as the Parquet files both sides read."""
    import polars as pl

    subprocess.run([BINARY, "demo", "--data-only", "--skus", str(skus), "--out", folder], check=True, stdout=subprocess.DEVNULL)
    tables, out = pathlib.Path(folder) / "data", pathlib.Path(folder) / "parquet"
    out.mkdir()
    sales = pl.read_csv(tables / ("sales.csv" if skus <= 2000 else "sales/*.csv"), schema_overrides={"date": pl.String, "quantity": pl.String})
    aliases = pl.read_csv(tables / "aliases.csv").filter(pl.col("factor") == 1).select(code="channel_sku", item="sku")
    items = pl.read_csv(tables / "products.csv", infer_schema_length=None)
    sales = (
        sales.with_columns(
            date=pl.col("date").str.to_date(strict=False), qty=pl.col("quantity").cast(pl.Int32, strict=False), promo=pl.col("promotion") == 1
        )
        .join(aliases, left_on="sku", right_on="code", how="left")
        .with_columns(sku=pl.coalesce("item", "sku"))
        .drop_nulls(["date", "qty"])
        .join(items.select("sku"), on="sku", how="semi")
    )
    sales.select("date", "sku", "channel", "qty", "unit_price", "promo").sort("date").write_parquet(out / "sales.parquet")
    supply = pl.read_csv(tables / "supply.csv").filter(pl.col("role") == "primary")
    supply.join(items.select("sku", "category", "unit_price", "launched"), on="sku").select(
        "sku", "category", "unit_cost", "unit_price", pl.col("lead_time_days").cast(pl.Int32), lead_time_sd="lead_time_sd_days",
        moq="minimum_order", pack_size="pack_size", launch_date=pl.col("launched").str.to_date(strict=False),
    ).write_parquet(out / "master.parquet")
    stock = pl.read_csv(tables / "stock.csv", schema_overrides={"on_hand": pl.String})
    stock = stock.with_columns(on_hand=pl.col("on_hand").cast(pl.Int32, strict=False)).drop_nulls("on_hand")
    channels = pl.read_csv(tables / "channels.csv").select("channel", "location")
    stock.join(channels, on="location").select("sku", "channel", "on_hand", on_order=pl.lit(0)).unique(["sku", "channel"]).write_parquet(out / "stock.parquet")
    stockouts = pl.read_csv(tables / "stockouts.csv", try_parse_dates=True).join(channels, on="location")
    stockouts.select("sku", "channel", "start", "end").write_parquet(out / "stockouts.parquet")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--skus", type=int, default=1000)
    parser.add_argument("--model", default="ETS_ANA", choices=["ETS_ANA", "AutoETS", "DOT"])
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(args.data) if args.data else own_data(args.skus, folder)
        config = ROOT / "tests/configs/generated.toml"
        run = [BINARY, "run", "--config", config, "--data", data, "--out", f"{folder}/out", "--models", f"{folder}/models"]
        ours, our_cpu, our_memory = measured([*run, "--threads", args.threads, "--json", "--log-format", "off"])
        rival = [sys.executable, ROOT / "benches/peers/python_nightly.py", "--data", data, "--out", f"{folder}/rival"]
        theirs, their_cpu, their_memory = measured([*rival, "--model", args.model, "--threads", args.threads])
    night, rival = json.loads(ours), json.loads(theirs.splitlines()[-1])
    imports = rival["import_cpu"]
    print(f"{night['skus']} items, {night['series']} series against {rival['series']}; stages of the rival: {rival['stages']}")
    print(f"{'':24}{'CPU s':>10}{'peak MiB':>10}")
    print(f"{'orderpoint run':24}{our_cpu:>10.2f}{our_memory:>10.0f}")
    print(f"{'python ' + args.model:24}{their_cpu:>10.2f}{their_memory:>10.0f}")
    print(f"{'ratio':24}{their_cpu / our_cpu:>10.1f}{their_memory / our_memory:>10.1f}")
    print(f"{'ratio without imports':24}{(their_cpu - imports) / our_cpu:>10.1f}")


main()

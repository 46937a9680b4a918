#!/usr/bin/env python3
"""What feeding each other costs: the night of one network against the night of the same pools that no lane connects.

    network_night.py [--skus N] [--shops N] [--binary PATH] [--threads N] [--keep FOLDER]

Makes a year of daily sales of N items at a warehouse and its shops, and runs the first night on it twice: as it is, and with
`lanes.csv` beside it. Both read the same files otherwise. Prints CPU seconds, peak memory and their ratios (issue: at most
1.25). Needs numpy and polars.
"""
import argparse
import datetime as dt
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import polars as pl

ROOT = pathlib.Path(__file__).resolve().parents[2]
TODAY, DAYS = dt.date(2026, 1, 5), 365
SUPPLIERS = 40
WEEKDAYS = ("mon tue wed thu fri sat sun", "mon thu", "mon", "wed", "tue fri")
CONFIG = """[run]
horizon_days = 90
[policy]
order_cost = 20.0
holding_rate_per_year = 0.25
review_period_days = 7.0
"""


def write(folder, skus, shops):
    """The files of both nights; lanes.csv is written by whoever wants one."""
    rng = np.random.default_rng(1)
    places = ["warehouse"] + [f"shop{i:02}" for i in range(1, shops + 1)]
    items = [f"I{i:05}" for i in range(skus)]
    # Units a day over all places, the warehouse's own customers a tenth of them.
    rate = np.exp(rng.normal(np.log(2.0), 1.0, skus)).clip(0.05, 60)
    part = np.concatenate([[0.1], 0.9 * rng.dirichlet(np.full(shops, 8.0))])
    cost = np.exp(rng.normal(np.log(9.0), 0.7, skus)).round(2)
    (folder / "sales").mkdir(parents=True)
    for at in range(0, skus, 500):
        some = slice(at, min(at + 500, skus))
        units = rng.poisson(rate[some, None, None] * part[None, :, None], (len(items[some]), shops + 1, DAYS))
        item, place, day = np.nonzero(units)
        first = np.datetime64(TODAY - dt.timedelta(days=DAYS))
        names = pl.Series(items[some])
        pl.DataFrame({
            "date": first + day.astype("timedelta64[D]"),
            "sku": names.gather(item),
            "channel": pl.Series(places).gather(place),
            "location": pl.Series(places).gather(place),
            "quantity": units[item, place, day],
        }).write_parquet(folder / f"sales/{at:06}.parquet")
    supplier = [f"S{i % SUPPLIERS:02}" for i in range(skus)]
    pl.DataFrame({"sku": items, "unit_cost": cost, "unit_price": (cost * rng.uniform(1.3, 1.8, skus)).round(2),
                  "case_size": rng.choice([1, 1, 6, 12], skus)}).write_csv(folder / "products.csv")
    pl.DataFrame({"sku": items, "supplier": supplier, "unit_cost": cost, "lead_time_days": [30] * skus,
                  "lead_time_sd_days": [5] * skus, "pack_size": rng.choice([1, 6, 12, 24], skus)}).write_csv(folder / "supply.csv")
    pl.DataFrame({"supplier": sorted(set(supplier)), "order_weekdays": ["mon"] * len(set(supplier))}).write_csv(folder / "suppliers.csv")
    on_hand = rng.poisson(rate[:, None] * part[None, :] * 12)
    on_hand[:, 0] += rng.poisson(rate * 15)
    pl.DataFrame({"sku": np.repeat(items, shops + 1), "location": np.tile(places, skus),
                  "on_hand": on_hand.ravel(), "as_of": [TODAY] * on_hand.size}).write_csv(folder / "stock.csv")
    pl.DataFrame({"location": places, "holding_rate_per_year": [0.25] + [0.4] * shops}).write_csv(folder / "locations.csv")
    (folder / "orderpoint.toml").write_text(CONFIG)


def lanes(folder, shops):
    """The warehouse feeds every shop."""
    pl.DataFrame({
        "from_location": ["warehouse"] * shops,
        "to_location": [f"shop{i:02}" for i in range(1, shops + 1)],
        "lead_time_days": [2 + i % 4 for i in range(shops)],
        "weekdays": [WEEKDAYS[i % len(WEEKDAYS)] for i in range(shops)],
        "cost_per_line": [0.15] * shops,
    }).write_csv(folder / "lanes.csv")


def night(binary, folder, threads):
    """CPU seconds and peak MiB of the first night on `folder`."""
    with tempfile.TemporaryDirectory() as out:
        command = [binary, "run", "--config", folder / "orderpoint.toml", "--data", folder, "--out", f"{out}/out", "--models", f"{out}/models",
                   "--as-of", str(TODAY), "--threads", str(threads), "--log-format", "off"]
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 5):
        sys.exit(f"the night on {folder} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=2000)
    parser.add_argument("--shops", type=int, default=9)
    parser.add_argument("--binary", default=ROOT / "target/release/orderpoint")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path, help="where the files are made, and left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.keep or pathlib.Path(scratch)) / f"{given.skus}x{given.shops + 1}"
        if not folder.exists():
            write(folder, given.skus, given.shops)
        (folder / "lanes.csv").unlink(missing_ok=True)
        alone = night(given.binary, folder, given.threads)
        lanes(folder, given.shops)
        connected = night(given.binary, folder, given.threads)
    print(f"{given.skus} items at {given.shops + 1} places")
    print(f"{'':16}{'CPU s':>10}{'peak MiB':>10}")
    print(f"{'unconnected':16}{alone[0]:>10.2f}{alone[1]:>10.0f}")
    print(f"{'network':16}{connected[0]:>10.2f}{connected[1]:>10.0f}")
    print(f"{'ratio':16}{connected[0] / alone[0]:>10.3f}{connected[1] / alone[1]:>10.3f}")


main()

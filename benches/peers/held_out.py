#!/usr/bin/env python3
"""What a user gets, judged on periods that the run has not seen: `orderpoint run` beside the field's methods.

usage: held_out.py SET SOURCE [--binary PATH] [--origin N] [--horizon N] [--limit N]

SET = store_item (daily: AutoETS of statsforecast, Gaussian intervals, on the last 730 days) or raf, carparts (monthly,
intermittent: all-zero, SBA, TSB and ADIDA of statsforecast with negative-binomial quantiles of their in-sample error, on the
history from the first month and from each item's first sale). SOURCE is the folder of the set's files. The first N (--origin)
periods are written out as sales and run through the command line; the next ones are scored. --limit scores about so many of the
series, evenly spread, for peers that are slow; the run always sees all.

Prints one JSON line a method, all scaled by the history from the first sale: mean RMSSE and MASE (seasonal naive), mean pinball
loss over QUANTILES and at 0.95 (one-step naive), bias; on the daily set also sMAPE and OWA against the seasonal naive.
Needs statsforecast, scipy, polars.
"""
import argparse, csv, datetime, gzip, json, os, pathlib, subprocess, tempfile

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
import warnings

import numpy as np
import polars as pl
import statsforecast.models as models
from scipy import stats

warnings.filterwarnings("ignore")
QUANTILES = {"store_item": [0.05, 0.25, 0.5, 0.75, 0.95], "raf": [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]}
QUANTILES["carparts"] = QUANTILES["raf"]
DEFAULTS = {"store_item": (1798, 28), "raf": (72, 12), "carparts": (39, 12)}


def months(year, month, count):
    return [datetime.date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1) for i in range(count)]


def load(name, source):
    """Keys (sku, channel), dates and a matrix of units, one row a series."""
    if name == "store_item":
        table = pl.read_parquet(source / "sales.parquet").sort("item", "store", "date")
        dates = table["date"].unique().sort().to_list()
        keys = table.select("item", "store").unique(maintain_order=True).cast(pl.String).rows()
        return keys, dates, table["sales"].to_numpy().reshape(len(keys), len(dates)).astype(float)
    file = {"raf": "raf_monthly_with_leadtime_price.csv.gz", "carparts": "carparts_monthly.csv.gz"}[name]
    with gzip.open(source / file, "rt", encoding="utf-8-sig") as opened:
        head, *rows = csv.reader(opened)
    number = lambda text: 0.0 if text in ("", "NA") else float(text)
    if name == "carparts":
        units = np.array([[number(v) for v in row[1:]] for row in rows]).T
        return [(key, "all") for key in head[1:]], months(1998, 1, units.shape[1]), units
    units = np.array([[number(v) for v in row[4:]] for row in rows])
    return [(row[head.index("Item Ref no")], "all") for row in rows], months(1996, 1, units.shape[1]), units


def ours(name, binary, keys, dates, units, origin, horizon):
    """(mean, quantiles) of the published forecast; items without any sale so far have none and are left out of every score."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with open(folder / "sales.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["date", "sku", "channel", "quantity"])
            for (sku, channel), row in zip(keys, units):
                writer.writerows([dates[t], sku, channel, int(row[t])] for t in np.nonzero(row[:origin])[0])
        bucket = "day" if name == "store_item" else "month"
        days = (dates[min(origin + horizon, len(dates) - 1)] - dates[origin]).days + 31
        config = folder / "orderpoint.toml"
        config.write_text(f'[run]\nbucket = "{bucket}"\nas_of = {dates[origin]}\nhorizon_days = {days}\n')
        command = [binary, "run", "--config", config, "--data", folder, "--out", folder / "out", "--models", folder / "models"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 5):
            raise SystemExit(done.stderr)
        table = pl.read_parquet(folder / "out/current/tables/forecast.parquet")
    columns = ["mean", *(f"q{round(100 * q):02d}" for q in QUANTILES[name])]
    row = {key: i for i, key in enumerate(keys)}
    column = {date: h for h, date in enumerate(dates[origin : origin + horizon])}
    out = np.zeros((len(columns), len(keys), horizon))
    for sku, channel, date, *values in table.select(pl.col("sku", "channel").cast(pl.String), "period_start", *columns).iter_rows():
        if date in column:
            out[:, row[(sku, channel)], column[date]] = values
    return out[0], out[1:]


def negative_binomial(mean, history, quantiles):
    variance = max(float(np.mean((history - mean) ** 2)), 1.0005 * mean)
    size = mean * mean / (variance - mean) if mean > 0 else 1.0
    return [stats.nbinom.ppf(q, size, size / (size + mean)) if mean > 0 else 0.0 for q in quantiles]


def intermittent(model, histories, horizon, quantiles):
    mean = np.zeros((len(histories), horizon))
    points = np.zeros((len(quantiles), len(histories), horizon))
    for i, history in enumerate(histories):
        mean[i] = max(float(model.forecast(y=history, h=1)["mean"][0]), 0.0) if model else 0.0
        points[:, i] = np.array(negative_binomial(mean[i, 0], history, quantiles) if model else [0.0] * len(quantiles))[:, None]
    return mean, points


def gaussian(histories, horizon, quantiles):
    """AutoETS with season 7; the deviation is read off its 90 % interval."""
    mean = np.zeros((len(histories), horizon))
    points = np.zeros((len(quantiles), len(histories), horizon))
    for i, history in enumerate(histories):
        told = models.AutoETS(season_length=7).forecast(y=history[-730:], h=horizon, level=[90])
        mean[i] = told["mean"]
        deviation = (told["hi-90"] - told["mean"]) / stats.norm.ppf(0.95)
        points[:, i] = [mean[i] + stats.norm.ppf(q) * deviation for q in quantiles]
    return mean, points


class Judge:
    def __init__(self, histories, actual, season, quantiles):
        self.actual, self.quantiles = actual, quantiles
        lagged = lambda h, lag: h[lag:] - h[:-lag] if len(h) > lag else np.diff(h)
        self.seasonal = np.array([np.abs(lagged(h, season)).mean() for h in histories])
        self.absolute = np.array([np.abs(np.diff(h)).mean() for h in histories])
        self.squared = np.array([(np.diff(h) ** 2).mean() for h in histories])
        self.naive = np.stack([np.resize(h[-season:], actual.shape[1]) for h in histories])

    def smape_mase(self, mean):
        size = self.actual + np.abs(mean)
        smape = np.where(size > 0, 200 * np.abs(self.actual - mean) / np.where(size > 0, size, 1), 0).mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            mase = np.abs(self.actual - mean).mean(axis=1) / self.seasonal
        return np.array([smape, np.mean(mase[self.seasonal > 0])])

    def show(self, name, mean, points, daily):
        miss = self.actual[None] - points
        q = np.array(self.quantiles)[:, None, None]
        loss = np.maximum(q * miss, (q - 1) * miss).mean(axis=2) / self.absolute
        line = {"method": name, "series": len(mean), "pinball": loss.mean(), "pinball_q95": loss[self.quantiles.index(0.95)].mean()}
        line["rmsse"] = np.sqrt(((self.actual - mean) ** 2).mean(axis=1) / self.squared).mean()
        line["bias"] = mean.sum() / self.actual.sum() - 1
        line["mase"] = self.smape_mase(mean)[1]
        if daily:
            line["smape"] = self.smape_mase(mean)[0]
            line["owa"] = np.mean(self.smape_mase(mean) / self.smape_mase(self.naive))
        print(json.dumps({k: v if isinstance(v, (str, int)) else round(float(v), 4) for k, v in line.items()}), flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("set", choices=list(DEFAULTS))
    arguments.add_argument("source", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/orderpoint")
    arguments.add_argument("--origin", type=int)
    arguments.add_argument("--horizon", type=int)
    arguments.add_argument("--limit", type=int)
    a = arguments.parse_args()
    origin, horizon = a.origin or DEFAULTS[a.set][0], a.horizon or DEFAULTS[a.set][1]
    keys, dates, units = load(a.set, a.source)
    mean, points = ours(a.set, a.binary, keys, dates, units, origin, horizon)
    since = [int(np.argmax(row[:origin] > 0)) if row[:origin].any() else origin for row in units]
    # A history that never changes has no scale.
    kept = [i for i in range(len(keys)) if origin - since[i] > 1 and np.ptp(units[i, since[i] : origin]) > 0]
    kept = kept[:: max(1, len(kept) // a.limit)] if a.limit else kept
    histories = [units[i, since[i] : origin] for i in kept]
    quantiles, daily = QUANTILES[a.set], a.set == "store_item"
    judge = Judge(histories, units[kept, origin : origin + horizon], 7 if daily else 12, quantiles)
    judge.show("orderpoint", mean[kept], points[:, kept], daily)
    if daily:
        judge.show("statsforecast AutoETS, Gaussian", *gaussian(histories, horizon, quantiles), daily)
        return
    judge.show("all zero", *intermittent(None, histories, horizon, quantiles), daily)
    peers = {"SBA": models.CrostonSBA(), "TSB": models.TSB(alpha_d=0.1, alpha_p=0.1), "ADIDA": models.ADIDA()}
    whole = [units[i, :origin] for i in kept]
    for name, model in peers.items():
        judge.show(name, *intermittent(model, histories, horizon, quantiles), daily)
        judge.show(f"{name} from the first month", *intermittent(model, whole, horizon, quantiles), daily)


if __name__ == "__main__":
    main()

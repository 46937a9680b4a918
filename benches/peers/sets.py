#!/usr/bin/env python3
"""Real sets, held out: WAPE and bias of `orderpoint run` beside the field's methods, and how often sums stay within their quantiles.

usage: sets.py SET SOURCE [--binary PATH] [--back N] [--coverage] [--peers]

SET = pasta (daily, promotions), rossmann (weekly, promotions), store_item (daily), online_retail (daily), carparts, raf (monthly,
sparse), m3 (monthly), m3_other (no season). SOURCE is the folder of all sets. The forecast starts N (--back) horizons before the
last one, so that what is tuned and what is reported lie apart. Beside ours: naive, seasonal naive, the mean of 60 days (a year of
months), the mean of all history; with --peers also AutoETS of statsforecast and LightGBM (Tweedie; lags, calendar, promotion), where
they are installed. Bias and RMSE are of sums over three periods on the sparse sets.

--coverage replays the last 12 origins instead and prints, by volume band (units a period), which share of the sums over the lead
time stayed within the 50, 90, 95 and 99 % quantile (D <= q) and below it (D < q): demand comes in whole units, so the target lies
between the two. Needs numpy, polars.
"""
import argparse, csv, datetime as dt, gzip, pathlib, subprocess, tempfile

import numpy as np
import polars as pl

#       bucket, horizon, season, recent mean, lead time of sums (periods)
SETS = {
    "pasta": ("day", 28, 7, 60, 14),
    "rossmann": ("week", 8, 52, 9, 4),
    "store_item": ("day", 28, 7, 60, 14),
    "online_retail": ("day", 28, 7, 60, 14),
    "carparts": ("month", 3, 12, 12, 3),
    "raf": ("month", 3, 12, 12, 3),
    "m3": ("month", 18, 12, 12, 3),
    "m3_other": ("month", 8, 1, 12, 3),
}
SUMS_OF_THREE = {"carparts", "raf"}
TARGETS = (0.5, 0.9, 0.95, 0.99)
BANDS = (0.03, 0.1, 0.3, 1, 3, 10, 30, 1e9)


def months(year, month, count):
    return [dt.date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1) for i in range(count)]


def dense(table, dates):
    """Keys, matrix of units (NaN before the first row of a key) and of promotions, from rows of (sku, channel, date, units, promo)."""
    at = {date: t for t, date in enumerate(dates)}
    keys = table.select("sku", "channel").unique().sort("sku", "channel").rows()
    row = {key: i for i, key in enumerate(keys)}
    units, promo = np.zeros((len(keys), len(dates))), np.zeros((len(keys), len(dates)), bool)
    for sku, channel, date, sold, promoted in table.select("sku", "channel", "date", "units", "promo").iter_rows():
        if date in at:
            units[row[(sku, channel)], at[date]] += sold
            promo[row[(sku, channel)], at[date]] |= bool(promoted)
    for i in range(len(keys)):
        sold = np.nonzero(units[i])[0]
        units[i, : sold[0] if len(sold) else 0] = np.nan
    return keys, dates, units, promo


def span(first, last, step=1):
    return [first + dt.timedelta(days=step * k) for k in range((last - first).days // step + 1)]


def load(name, source):
    if name == "pasta":
        t = pl.read_csv(gzip.open(source / "intermittent/pasta_daily.csv.gz").read(), try_parse_dates=True)
        t = t.select(sku=pl.format("{}-{}", "brand", "product"), channel=pl.lit("all"), date=pl.col("week").cast(pl.Date), units="value", promo=pl.col("promotion") > 0)
        return dense(t, span(t["date"].min(), t["date"].max()))
    if name == "rossmann":
        t = pl.read_csv(gzip.open(source / "rossmann/rossmann_top100_stores.csv.gz").read(), try_parse_dates=True)
        week = pl.col("Date").cast(pl.Date).dt.truncate("1w")
        promoted = (pl.col("Promo").cast(pl.String).str.to_lowercase() == "true").mean() > 0.3
        t = t.group_by(sku=pl.col("Store").cast(pl.String), date=week).agg(units=pl.col("Sales").sum() / 100, promo=promoted, days=pl.len())
        t = t.filter(pl.col("days") >= 7).with_columns(channel=pl.lit("all"), units=pl.col("units").round())
        return dense(t, span(t["date"].min(), t["date"].max(), 7))
    if name == "store_item":
        t = pl.read_parquet(source / "store_item/sales.parquet")
        t = t.select(sku=pl.col("item").cast(pl.String), channel=pl.col("store").cast(pl.String), date="date", units="sales", promo=pl.lit(False))
        return dense(t, span(t["date"].min(), t["date"].max()))
    if name == "online_retail":
        t = pl.read_csv(gzip.open(source / "online_retail.csv.gz").read(), infer_schema_length=0, encoding="utf8-lossy")
        t = t.select(sku=pl.col("StockCode").str.to_uppercase(), channel=pl.lit("all"), date=pl.col("InvoiceDate").str.slice(0, 10).str.to_date(), units=pl.col("Quantity").cast(pl.Float64), promo=pl.lit(False))
        t = t.filter((pl.col("units") > 0) & (pl.col("units") < 5000) & pl.col("sku").str.contains(r"^\d{5}"))
        return dense(t, span(t["date"].min(), t["date"].max()))
    if name in ("carparts", "raf"):
        file = {"raf": "raf_monthly_with_leadtime_price.csv.gz", "carparts": "carparts_monthly.csv.gz"}[name]
        with gzip.open(source / "intermittent" / file, "rt", encoding="utf-8-sig") as opened:
            head, *rows = csv.reader(opened)
        number = lambda text: 0.0 if text in ("", "NA") else float(text)
        if name == "carparts":
            units, keys = np.array([[number(v) for v in row[1:]] for row in rows]).T, [(key, "all") for key in head[1:]]
            dates = months(1998, 1, units.shape[1])
        else:
            units, keys = np.array([[number(v) for v in row[4:]] for row in rows]), [(row[0], "all") for row in rows]
            dates = months(1996, 1, units.shape[1])
        for row in units:
            sold = np.nonzero(row)[0]
            row[: sold[0] if len(sold) else 0] = np.nan
        return keys, dates, units, np.zeros(units.shape, bool)
    meta = pl.read_csv(source / "m3/m3_meta.csv")
    period = "MONTHLY" if name == "m3" else "OTHER"
    wanted = set(meta.filter(pl.col("period").str.to_uppercase() == period)["series"].to_list())
    t = pl.read_csv(gzip.open(source / "m3/m3_long.csv.gz").read()).filter(pl.col("series").is_in(wanted))
    # Train and test count on; every series ends in the same month, whatever its length.
    series = {k[0]: rows.sort("part", "t", descending=[True, False])["value"].to_numpy() for k, rows in t.group_by("series")}
    longest = max(map(len, series.values()))
    keys = [(key, "all") for key in sorted(series)]
    units = np.full((len(keys), longest), np.nan)
    for i, (key, _) in enumerate(keys):
        units[i, longest - len(series[key]) :] = series[key]
    return keys, months(1990, 1, longest), units, np.zeros(units.shape, bool)


def run(binary, name, world, origin, policy="", lead_days=None):
    """A run on what is known before period `origin`; the folder of its tables."""
    keys, dates, units, promo = world
    bucket, horizon = SETS[name][:2]
    folder = pathlib.Path(tempfile.mkdtemp())
    rows, promoted = [], []
    later = dates[origin : origin + horizon]
    for i, (sku, channel) in enumerate(keys):
        for t in np.nonzero(np.nan_to_num(units[i, :origin]))[0]:
            rows.append((dates[t], sku, channel, float(units[i, t]), bool(promo[i, t])))
        for t in np.nonzero(promo[i, : origin + horizon])[0]:
            end = dates[t] + dt.timedelta(days={"day": 0, "week": 6, "month": 27}[bucket])
            promoted.append((sku, channel, dates[t], end))
    (folder / "in").mkdir()
    pl.DataFrame(rows, schema=["date", "sku", "channel", "quantity", "promotion"], orient="row").write_parquet(folder / "in/sales.parquet")
    if promoted:
        pl.DataFrame(promoted, schema=["sku", "channel", "start", "end"], orient="row").write_parquet(folder / "in/promotions.parquet")
    if lead_days is not None:
        skus = sorted({sku for sku, _ in keys})
        pl.DataFrame({"sku": skus, "supplier": ["s"] * len(skus), "lead_time_days": [lead_days] * len(skus), "lead_time_sd_days": [0] * len(skus)}).write_parquet(folder / "in/supply.parquet")
    days = (later[-1] - dates[origin]).days + 31
    config = f'[run]\nbucket = "{bucket}"\nhorizon_days = {days}\n[data]\nlone_dates = "keep"\n[data.freshness]\nsales = {{ warn_days = 400 }}\n{policy}'
    (folder / "c.toml").write_text(config)
    command = [binary, "run", "--config", folder / "c.toml", "--data", folder / "in", "--out", folder / "out", "--models", folder / "m", "--as-of", str(dates[origin])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 5):
        raise SystemExit(done.stderr[-2000:])
    return folder / "out/current/tables"


def published(tables, world, origin, horizon):
    keys, dates = world[:2]
    row, column = {key: i for i, key in enumerate(keys)}, {date: h for h, date in enumerate(dates[origin : origin + horizon])}
    mean = np.zeros((len(keys), horizon))
    for sku, channel, date, value in pl.read_parquet(tables / "forecast.parquet").select(pl.col("sku", "channel").cast(pl.String), "period_start", "mean").iter_rows():
        if date in column and (sku, channel) in row:
            mean[row[(sku, channel)], column[date]] = value
    return mean


def benchmarks(history, horizon, season, recent):
    """Means by simple methods, of histories that begin with NaN."""
    last = np.nan_to_num(history[:, -1:]).repeat(horizon, 1)
    yield "naive", last
    if season > 1:
        cycles = np.nan_to_num(history[:, -season:])
        yield "seasonal naive", np.stack([np.resize(row, horizon) for row in cycles])
    yield f"mean of {recent}", np.nan_to_num(np.nanmean(history[:, -recent:], axis=1, keepdims=True)).repeat(horizon, 1)
    yield "mean of all", np.nan_to_num(np.nanmean(history, axis=1, keepdims=True)).repeat(horizon, 1)


def peers(history, promo, origin, horizon, season):
    """AutoETS and LightGBM, whichever is there."""
    try:
        import statsforecast.models as models

        out = np.zeros((len(history), horizon))
        for i, row in enumerate(history):
            known = row[~np.isnan(row)][-730:]
            if len(known) > 2 * season:
                out[i] = models.AutoETS(season_length=season).forecast(known, horizon)["mean"]
        yield "AutoETS", np.maximum(np.nan_to_num(out), 0)
    except ImportError:
        pass
    try:
        import lightgbm
    except ImportError:
        return
    # Direct: what lies `horizon` and more before is known of every period to forecast.
    whole = np.concatenate([history, np.full((len(history), horizon), np.nan)], axis=1)
    scale = np.nan_to_num(np.nanmean(history[:, -200:], axis=1)) + 0.1

    def features(t):
        end = t - horizon
        lags = [whole[:, end - k] / scale for k in (1, 2, season, 2 * season) if end - k >= 0]
        means = [np.nan_to_num(np.nanmean(whole[:, max(end - n, 0) : end], axis=1)) / scale for n in (season, 4 * season, 12 * season)]
        when = [np.full(len(whole), t % season), np.full(len(whole), t), promo[:, t], promo[:, max(end - 90, 0) : end].mean(axis=1), scale]
        return np.stack(lags + means + when, axis=1)

    first = max(min(2 * horizon + 2 * season, origin // 2), origin - 400)
    x = np.concatenate([features(t) for t in range(first, origin)])
    y = np.concatenate([whole[:, t] / scale for t in range(first, origin)])
    seen = ~np.isnan(y)
    np.seterr(all="ignore")
    model = lightgbm.train({"objective": "tweedie", "learning_rate": 0.05, "num_leaves": 63, "verbose": -1, "num_threads": 2, "seed": 1}, lightgbm.Dataset(x[seen], np.maximum(y[seen], 0)), 300)
    yield "LightGBM", np.stack([model.predict(features(t)) * scale for t in range(origin, origin + horizon)], axis=1)


def show(method, mean, actual, sums):
    error = np.abs(mean - actual).sum() / actual.sum()
    line = f"{method:16} WAPE {error:.4f}  bias {(mean - actual).sum() / actual.sum():+.4f}"
    if sums:
        rest = mean[:, :3].sum(1) - actual[:, :3].sum(1)
        line += f"  RMSE of three {np.sqrt((rest**2).mean()):.4f}"
    smape = 200 * np.abs(mean - actual) / np.maximum(np.abs(mean) + np.abs(actual), 1e-9)
    print(f"{line}  sMAPE {smape.mean():.2f}", flush=True)


def accuracy(given, world):
    keys, dates, units, promo = world
    bucket, horizon, season, recent, _ = SETS[given.set]
    origin = units.shape[1] - horizon * (1 + given.back)
    sold = np.nan_to_num(units[:, :origin]).sum(1) > 0
    actual = np.nan_to_num(units[sold, origin : origin + horizon])
    tables = run(given.binary, given.set, world, origin)
    show("Orderpoint", published(tables, world, origin, horizon)[sold], actual, given.set in SUMS_OF_THREE)
    history = units[sold, :origin]
    others = list(benchmarks(history, horizon, season, recent))
    if given.peers:
        others += peers(history, promo[sold], origin, horizon, season)
    for method, mean in others:
        show(method, mean, actual, given.set in SUMS_OF_THREE)


def coverage(given, world):
    keys, dates, units, _ = world
    bucket, horizon, season, recent, lead = SETS[given.set]
    days = {"day": 1, "week": 7, "month": 30}[bucket]
    skus = sorted({sku for sku, _ in keys})
    position = {sku: i for i, sku in enumerate(skus)}
    of_sku = np.zeros((len(skus), units.shape[1]))
    for (sku, _), row in zip(keys, units):
        of_sku[position[sku]] += np.nan_to_num(row)
    cells = "\n".join(f"[policy.cells.{a}{x}]\nservice = TARGET\ncount_every_days = 90.0" for a in "ABC" for x in "XYZ")
    counts = {}
    origins = [units.shape[1] - lead * k for k in range(1, 13, 3)]
    for origin in (o for o in origins if o > 2 * season):
        for target in TARGETS:
            policy = f'[policy]\nmethod = "quantile"\norder_rule = "R-S"\nservice = {target}\nreview_period_days = {days}.0\n' + cells.replace("TARGET", str(target)) + "\n"
            tables = run(given.binary, given.set, world, origin, policy, (lead - 1) * days)
            points = pl.read_parquet(tables / "policy.parquet").select(pl.col("sku").cast(pl.String), "reorder_point", "protection_mean")
            for sku, point, mean in points.iter_rows():
                i = position[sku]
                if of_sku[i, :origin].sum() == 0:
                    continue
                band = next(b for b in BANDS if mean / lead < b)
                demand = of_sku[i, origin : origin + lead].sum()
                cell = counts.setdefault((band, target), [0, 0, 0])
                cell[0] += 1
                cell[1] += demand <= point + 1e-9
                cell[2] += demand < point - 1e-9
    print(f"{'below':>8} {'target':>6} {'sums':>6} {'within':>8} {'under':>8} {'off':>6}")
    for (band, target), (count, within, under) in sorted(counts.items()):
        within, under = 100 * within / count, 100 * under / count
        off = min(within - 100 * target, 0) + max(under - 100 * target, 0)
        print(f"{band:8.3g} {target:6} {count:6} {within:7.1f} % {under:7.1f} % {off:+5.1f}", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("set", choices=SETS)
    arguments.add_argument("source", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/orderpoint")
    arguments.add_argument("--back", type=int, default=0)
    arguments.add_argument("--coverage", action="store_true")
    arguments.add_argument("--peers", action="store_true")
    given = arguments.parse_args()
    given.binary = str(pathlib.Path(given.binary).resolve())
    np.seterr(all="ignore")
    import warnings

    warnings.filterwarnings("ignore")
    world = load(given.set, given.source)
    (coverage if given.coverage else accuracy)(given, world)


main()

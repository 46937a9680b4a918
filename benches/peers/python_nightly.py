#!/usr/bin/env python3
"""A night's work as a Python user would write it today, with polars and statsforecast: Orderpoint's rival.

Reads sales, master, stock and stockouts (Parquet) from --data, writes forecasts and orders to --out and prints one JSON line
with the CPU seconds of each stage. Steps: net the returns, fill the calendar, impute stock-out days, ABC and XYZ, one model a
series by demand class, safety stock and reorder point, order quantity by minimum and pack.
"""
import argparse
import json
import os
import resource

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--data", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--model", default="ETS_ANA", choices=["ETS_ANA", "AutoETS", "DOT"])
parser.add_argument("--horizon", type=int, default=28)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--review-days", type=int, default=7)
parser.add_argument("--cycle-service", type=float, default=0.95)
args = parser.parse_args()
if args.threads == 1:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import statsforecast.models as models  # noqa: E402
from polars import col  # noqa: E402
from scipy.stats import norm  # noqa: E402
from statsforecast import StatsForecast  # noqa: E402

SERIES = ["sku", "channel"]
STAGES = {}


def cpu_seconds():
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in both)


MARK = cpu_seconds()


def stage(name):
    global MARK
    now = cpu_seconds()
    STAGES[name], MARK = round(now - MARK, 2), now


def read():
    """Net sales by series and day, and the other tables."""
    sales = (
        pl.scan_parquet(f"{args.data}/sales.parquet")
        .group_by(*SERIES, "date")
        .agg(quantity=col("qty").sum(), revenue=(col("qty") * col("unit_price")).sum())
        .collect()
    )
    master, stock, stockouts = (pl.read_parquet(f"{args.data}/{t}.parquet") for t in ("master", "stock", "stockouts"))
    return sales, master, stock, stockouts


def dense(sales, stockouts):
    """Every day of every series from its first sale on; a stock-out day gets the mean of its weekday."""
    last = sales["date"].max()
    first = sales.filter(col("quantity") > 0).group_by(SERIES).agg(start=col("date").min())
    days = first.with_columns(date=pl.date_ranges("start", pl.lit(last))).select(*SERIES, "date").explode("date")
    out = stockouts.with_columns(date=pl.date_ranges("start", "end")).select(*SERIES, "date").explode("date")
    out = out.unique().with_columns(out=pl.lit(True))
    demand = col("quantity").fill_null(0).clip(0).cast(pl.Float64)
    days = (
        days.join(sales.select(*SERIES, "date", "quantity"), on=[*SERIES, "date"], how="left")
        .join(out, on=[*SERIES, "date"], how="left")
        .sort(*SERIES, "date")
        .with_columns(y=pl.when(col("out").fill_null(False) & (demand == 0)).then(None).otherwise(demand))
        .with_columns(weekday=col("date").dt.weekday())
    )
    typical = col("y").mean().over(*SERIES, "weekday")
    return days.with_columns(y=col("y").fill_null(typical).fill_null(0.0)).select(*SERIES, "date", "y")


def classify(sales, days):
    """ABC by revenue, XYZ by weekly variation, demand class by interval."""
    last = sales["date"].max()
    value = sales.filter(col("date") > last - pl.duration(days=365)).group_by(SERIES).agg(value=col("revenue").sum())
    value = value.sort("value", descending=True).with_columns(share=col("value").cum_sum() / col("value").sum())
    abc = pl.when(col("share") <= 0.8).then(pl.lit("A")).when(col("share") <= 0.95).then(pl.lit("B")).otherwise(pl.lit("C"))
    weeks = days.group_by(*SERIES, week=col("date").dt.truncate("1w")).agg(y=col("y").sum())
    xyz = weeks.group_by(SERIES).agg(cv=col("y").std() / col("y").mean()).with_columns(
        xyz=pl.when(col("cv") <= 0.5).then(pl.lit("X")).when(col("cv") <= 1.0).then(pl.lit("Y")).otherwise(pl.lit("Z"))
    )
    facts = days.group_by(SERIES).agg(n=pl.len(), sold=(col("y") > 0).sum(), recent=col("y").tail(60).sum())
    kind = (
        pl.when(col("recent") <= 0)
        .then(pl.lit("dead"))
        .when(col("n") < 35)
        .then(pl.lit("new"))
        .when(col("n") / col("sold").clip(1) < 1.32)
        .then(pl.lit("regular"))
        .otherwise(pl.lit("intermittent"))
    )
    facts = facts.with_columns(kind=kind).join(xyz, on=SERIES, how="left")
    return facts.join(value.with_columns(abc=abc).select(*SERIES, "abc"), on=SERIES, how="left")


def forecast(days, facts):
    """Point forecasts of every live series and the standard deviation of its one-step errors."""
    regular = {
        "ETS_ANA": lambda: models.AutoETS(season_length=7, model="ANA", alias="m"),
        "AutoETS": lambda: models.AutoETS(season_length=7, alias="m"),
        "DOT": lambda: models.DynamicOptimizedTheta(season_length=7, alias="m"),
    }[args.model]
    long = days.join(facts.select(*SERIES, "kind"), on=SERIES)
    long = long.with_columns(unique_id=col("sku") + "|" + col("channel")).rename({"date": "ds"})
    points, errors = [], []
    for kind, model in (("regular", regular()), ("intermittent", models.CrostonSBA(alias="m"))):
        part = long.filter(col("kind") == kind).select("unique_id", "ds", "y").sort("unique_id", "ds")
        if part.is_empty():
            continue
        engine = StatsForecast(models=[model], freq="1d", n_jobs=args.threads, fallback_model=models.SeasonalNaive(7, alias="m"))
        ahead = engine.forecast(df=part, h=args.horizon, fitted=True)
        points.append(ahead.select("unique_id", "ds", col("m").cast(pl.Float64).clip(0)))
        squared = (col("y") - col("m")).cast(pl.Float64).fill_nan(None) ** 2
        errors.append(engine.forecast_fitted_values().group_by("unique_id").agg(sigma=squared.mean().sqrt()))
        stage(f"forecast {kind}")
    new = long.filter(col("kind") == "new").group_by("unique_id").agg(m=col("y").tail(28).mean(), sigma=col("y").std().fill_null(0))
    if len(new):
        ahead = pl.DataFrame({"k": np.arange(1, args.horizon + 1)})
        dated = new.join(ahead, how="cross").with_columns(ds=pl.lit(days["date"].max()) + pl.duration(days=col("k")))
        points.append(dated.select("unique_id", col("ds").cast(points[0]["ds"].dtype), "m"))
        errors.append(new.select("unique_id", "sigma"))
    return pl.concat(points), pl.concat(errors)


def orders(facts, points, errors, master, stock):
    """Safety stock, reorder point, order-up-to level and the rounded order of every series."""
    z = float(norm.ppf(args.cycle_service))
    pace = points.group_by("unique_id").agg(d=col("m").mean())
    protection = col("lead_time_days") + args.review_days
    safety = z * (protection * col("sigma") ** 2 + col("d") ** 2 * col("lead_time_sd") ** 2).sqrt()
    plan = (
        facts.with_columns(unique_id=col("sku") + "|" + col("channel"))
        .join(pace, on="unique_id", how="left")
        .join(errors, on="unique_id", how="left")
        .join(master, on="sku")
        .join(stock, on=SERIES, how="left")
        .with_columns(col("d").fill_null(0.0), col("sigma").fill_null(0.0))
        .with_columns(safety=safety, position=col("on_hand") + col("on_order"))
        .with_columns(
            reorder_point=col("d") * col("lead_time_days") + col("safety"), up_to=col("d") * protection + col("safety")
        )
    )
    need = (col("up_to") - col("position")).clip(0)
    packed = (pl.max_horizontal(need, col("moq")) / col("pack_size")).ceil() * col("pack_size")
    due = (col("position") <= col("reorder_point")) & (need > 0)
    return plan.with_columns(quantity=pl.when(due).then(packed).otherwise(0).cast(pl.Int64))


def main():
    imports = round(cpu_seconds(), 2)
    stage("import")
    sales, master, stock, stockouts = read()
    stage("read")
    days = dense(sales, stockouts)
    stage("calendar")
    facts = classify(sales, days)
    stage("classify")
    points, errors = forecast(days, facts)
    plan = orders(facts, points, errors, master, stock)
    os.makedirs(args.out, exist_ok=True)
    points.write_parquet(f"{args.out}/forecasts.parquet")
    columns = ["abc", "xyz", "kind", "d", "sigma", "safety", "reorder_point", "up_to", "position", "quantity"]
    plan.select(*SERIES, *columns, value=col("quantity") * col("unit_cost")).write_parquet(f"{args.out}/orders.parquet")
    stage("policy")
    counts = dict(facts.group_by("kind").len().sort("kind").iter_rows())
    print(json.dumps({"model": args.model, "series": len(facts), "kinds": counts, "import_cpu": imports, "stages": STAGES}))


main()

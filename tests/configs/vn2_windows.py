#!/usr/bin/env python3
"""Plays the VN2 inventory game on nine stretches of its history with the built program, beside the challenge's own yardsticks.

    vn2_windows.py PROGRAM SOURCE [--config FILE] [--first WEEK]

SOURCE is the folder of the set. Six orders, eight weeks, weeks 3 to 8 count: a lost unit costs 1.0, a unit left at the end of a
week 0.2. The windows lie end to end and finish with the history: they begin in weeks 85, 93, ..., 149 of 157 (`--first`
moves the first). An order is decided by `orderpoint run` on tables that end with the week before it, as in the game itself;
nothing later is in them. Demand of an out-of-stock week is estimated from the weeks around it. All contenders start from the stock
that the reference method has after twenty weeks. Needs numpy and polars.

- reference: average of the last 13 weeks in stock, week-of-year factors of all series together, four weeks of cover;
- normal: the same forecast, z x sigma x sqrt(L + R) at the critical ratio, sigma of the last 13 weeks.
"""
import argparse
import csv
import datetime
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np
import polars as pl

WINDOWS, PLAYED, ORDERS, FREE, RUN_IN = 9, 8, 6, 2, 20
SHORTAGE, HOLDING, Z = 1.0, 0.2, 0.9674  # Z: normal quantile of 1 / 1.2
WEEK = datetime.timedelta(days=7)


def read(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        head, *body = csv.reader(file)
    return head, body


class Game:
    """The history as a board: seen sales (NaN = out of stock), demand to play, names."""

    def __init__(self, source):
        head, body = read(source / "sales_wide.csv")
        self.names = [(row[1], row[0]) for row in body]  # item, store
        self.monday = datetime.date.fromisoformat(head[2])
        self.sales = np.array([[float(v) for v in row[2:]] for row in body])
        shelf = np.array([[v == "true" for v in row[2:]] for row in read(source / "in_stock_wide.csv")[1]])
        self.shelf = shelf
        self.seen = np.where(shelf | (self.sales > 0), self.sales, np.nan)
        self.weeks = self.sales.shape[1]
        self.of_year = np.array([self.week_of_year(t) for t in range(self.weeks + 8)])
        self.demand = self.estimated()
        self.department = {row[1]: row[4] for row in read(source / "master.csv")[1]}

    def week_of_year(self, t):
        return min((self.monday + t * WEEK).isocalendar()[1], 52)

    def estimated(self):
        total = np.nanmean(self.seen, 0)
        index, demand = total / total.mean(), self.seen.copy()
        for i, t in zip(*np.where(np.isnan(demand))):
            near = slice(max(0, t - 6), t + 7)
            units, known = self.seen[i, near], ~np.isnan(self.seen[i, near])
            enough = known.sum() >= 2
            demand[i, t] = round(units[known].sum() / index[near][known].sum() * index[t]) if enough else 0
        return demand

    def average(self, t):
        """Level of every series and the factors of the weeks to come, from the weeks before `t`."""
        seen, weeks = self.seen[:, :t], self.of_year[:t]
        mean = np.nanmean(seen, 0)
        factor = np.array([mean[weeks == w].mean() if (weeks == w).any() else np.nan for w in range(53)])
        factor = np.nan_to_num(factor / np.nanmean(factor), nan=1.0)
        last = (seen / factor[weeks])[:, -13:]
        return np.nan_to_num(np.nanmean(last, 1)), np.nan_to_num(np.nanstd(last, 1)), factor[self.of_year[t : t + 8]]

    def reference(self, t, stock, coming):
        level, _, factor = self.average(t)
        return np.maximum(0, np.round(level * factor[:4].sum() - stock - sum(coming)))

    def normal(self, t, stock, coming):
        level, sigma, factor = self.average(t)
        target = level * factor[:3].sum() + Z * sigma * np.sqrt(3)
        return np.maximum(0, np.round(target - stock - sum(coming)))

    def start(self, first):
        """Stock and the two orders on the way after the reference method has run the shop for a while."""
        t = first - RUN_IN
        stock = np.round(3 * np.nan_to_num(np.nanmean(self.seen[:, t - 13 : t], 1)))
        coming = [np.zeros_like(stock)] * 2
        for t in range(t, first):
            stock, coming, _, _ = self.week(t, stock, coming, self.reference(t, stock, coming))
        return stock, coming

    def week(self, t, stock, coming, order):
        """Receive, sell, count: stock and orders on the way after week `t`, units lost and left."""
        shelf = stock + coming[0]
        sold = np.minimum(shelf, self.demand[:, t])
        return shelf - sold, [coming[1], order], (self.demand[:, t] - sold).sum(), (shelf - sold).sum()

    def play(self, first, decide):
        stock, coming = self.start(first)
        cost = 0.0
        for played in range(PLAYED):
            t = first + played
            order = decide(t, stock, coming) if played < ORDERS else np.zeros_like(stock)
            stock, coming, lost, left = self.week(t, stock, coming, order)
            cost += (SHORTAGE * lost + HOLDING * left) if played >= FREE else 0.0
        return cost


class Program:
    """Orders of `orderpoint run` on the tables of that morning."""

    def __init__(self, game, program, config, folder):
        self.game, self.program, self.config, self.folder = game, program, config, folder
        (folder / "data").mkdir()
        items = sorted(game.department.items())
        self.table("products", "sku,category,unit_cost,unit_price", ([sku, d, 1, 2] for sku, d in items))
        supply = ([*name, "depot", 14, 0, 14] for name in game.names)
        self.table("supply", "sku,location,supplier,lead_time_days,lead_time_sd_days,lead_time_max_days", supply)
        self.at = {name: i for i, name in enumerate(game.names)}

    def table(self, name, head, rows):
        with open(self.folder / "data" / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head.split(","))
            writer.writerows(rows)

    def __call__(self, t, stock, coming):
        game, today = self.game, self.game.monday + t * WEEK
        sales = (
            [game.monday + week * WEEK, *name, int(game.sales[i, week]), str(game.shelf[i, week]).lower()]
            for i, name in enumerate(game.names)
            for week in range(t)
        )
        self.table("sales", "date,sku,location,quantity,in_stock", sales)
        # What arrives this morning is an open order of today, as in the state that the game hands out.
        self.table("stock", "sku,location,on_hand,as_of", ([*n, int(u), today] for n, u in zip(game.names, stock)))
        orders = [
            [f"{today}-{due}-{i}", *name, "depot", int(units[i]), today + (due - 2) * WEEK, today + due * WEEK]
            for due, units in enumerate(coming)
            for i, name in enumerate(game.names)
            if units[i] > 0
        ]
        self.table("purchase_orders", "order_id,sku,location,supplier,quantity,confirmed,expected", orders)
        out = self.folder / "out"
        words = [self.program, "run", "--config", self.config, "--data", self.folder / "data", "--out", out]
        words += ["--models", self.folder / "models", "--as-of", str(today)]
        run = subprocess.run(words, capture_output=True, text=True)
        assert run.returncode in (0, 5), run.stderr
        lines = pl.read_parquet(out / "current" / "tables" / "recommendations.parquet")
        order = np.zeros(len(game.names))
        for sku, location, quantity in lines.select("sku", "location", "quantity").iter_rows():
            order[self.at[sku, location]] += quantity
        return order


def main():
    warnings.simplefilter("ignore", RuntimeWarning)
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=pathlib.Path)
    arguments.add_argument("source", type=pathlib.Path)
    arguments.add_argument("--config", type=pathlib.Path, default=pathlib.Path(__file__).with_name("vn2.toml"))
    arguments.add_argument("--first", type=int)
    given = arguments.parse_args()
    game = Game(given.source)
    first = given.first or game.weeks - WINDOWS * PLAYED
    total = np.zeros(3)
    print(f"{'first week':10} {'reference':>10} {'normal':>10} {'orderpoint':>10} {'below':>7}")
    for start in range(first, game.weeks - PLAYED + 1, PLAYED):
        with tempfile.TemporaryDirectory() as folder:
            program = Program(game, given.program.resolve(), given.config.resolve(), pathlib.Path(folder))
            costs = np.array([game.play(start, decide) for decide in (game.reference, game.normal, program)])
        total += costs
        line(game.monday + start * WEEK, costs)
    line("all", total)


def line(name, costs):
    below = 100 * (1 - costs[2] / costs[0])
    print(f"{name!s:10} {costs[0]:10.1f} {costs[1]:10.1f} {costs[2]:10.1f} {below:6.2f} %", flush=True)


main()

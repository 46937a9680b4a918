"""A living shop, night after night: sales come from what is on the shelf, a planner decides, orders
are exported, placed under other numbers, and arrive.

Conserved: an approved unit is on order until it arrives, once; an exported line is exported once,
with the quantity decided; a value is quantity times cost; no more is published than is there; a
second run of a night changes nothing; what changed has a cause; the disk does not fill up.
"""

import csv
import os
import random
import shutil

from shop import Broken, Shop, temporary

ITEMS, LEAD_TIME = 5, 7


class Living:
    def __init__(self, at, seed):
        self.noise = random.Random(seed)
        self.shop = Shop.new(at, items=ITEMS, days=70, seed=seed)
        self.stock = {f"S{i}": 10 + 5 * i for i in range(ITEMS)}
        # [order id, sku, quantity, confirmed, expected, received]
        self.orders = []
        # Approved lines: id -> [sku, quantity, night approved, placed]
        self.approved = {}
        self.seen_exports = set()

    def morning(self, night):
        """What arrived and what was sold the day before, written to the tables."""
        # A run is of the morning: what comes in the course of a day is known the next.
        shop, yesterday = self.shop, self.shop.night(night - 1)
        for order in self.orders:
            if order[4] <= yesterday and not order[5]:
                order[5] = yesterday
                self.stock[order[1]] += order[2]
        if night > 0:
            lines = []
            for i in range(ITEMS):
                sold = min(self.stock[f"S{i}"], self.noise.randint(0, 3 + i))
                self.stock[f"S{i}"] -= sold
                lines.append(f"{shop.night(night - 1)},S{i},web,{sold},10")
            with open(shop.path("data", "sales.csv"), "a") as file:
                file.write("\n".join(lines) + "\n")
        shop.write("stock", ["sku,on_hand"] + [f"{sku},{n}" for sku, n in self.stock.items()])
        rows = ["order_id,sku,supplier,quantity,confirmed,expected,received"]
        for order in self.orders:
            supplier = f"sup{int(order[1][1:]) % 2}"
            rows.append(f"{order[0]},{order[1]},{supplier},{order[2]},{order[3]},{order[4]},"
                        f"{order[5] or ''}")
        shop.write("purchase_orders", rows)

    def coming(self):
        """Units that are on their way or approved to be, by item."""
        units = {f"S{i}": 0 for i in range(ITEMS)}
        for order in self.orders:
            if not order[5]:
                units[order[1]] += order[2]
        for sku, quantity, _, placed in self.approved.values():
            if not placed:
                units[sku] += quantity
        return units

    def look(self, night):
        shop = self.shop
        calls = [("item", {"sku": f"S{i}"}) for i in range(ITEMS)]
        if night > 0:
            calls.append(("compare_runs", {"limit": 200}))
        answers = shop.ask(*calls)
        coming = self.coming()
        for i, answer in enumerate(answers[:ITEMS]):
            sku = f"S{i}"
            tables = {table["table"]: [row["cells"] for row in table["rows"]]
                      for table in answer["tables"]}
            for line in tables["recommendations"]:
                quantity, cost, value = line["quantity"], line["unit_cost"], line["value"]
                if abs(quantity * cost - value) > 0.005:
                    raise Broken(f"{sku}: {quantity} x {cost} is {value}")
                if line["on_order"] != coming[sku]:
                    raise Broken(f"{sku}: {line['on_order']} on order, {coming[sku]} are")
                if line["on_hand"] != self.stock[sku]:
                    raise Broken(f"{sku}: {line['on_hand']} on hand, {self.stock[sku]} are")
            published = sum(row.get("published") or 0 for row in tables["allocation"])
            if published > self.stock[sku]:
                raise Broken(f"{sku}: {published} published of {self.stock[sku]}")
        if night > 0:
            compared = answers[ITEMS]
            changes = [row["cells"] for table in compared["tables"] for row in table["rows"]]
            explained = {row.get("sku") for row in changes if row.get("cause")}
            for row in compared["differences"]["rows"]:
                if row["line"] == 1 and row["sku"] not in explained:
                    raise Broken(f"{row} has no cause in {changes}")

    def evening(self, night):
        """A planner decides about some lines; what is approved is exported; some is placed."""
        shop, noise = self.shop, self.noise
        lines = [line for line in shop.lines() if int(line["quantity"]) > 0]
        decided = []
        for line in lines:
            choice = noise.choice(["approve", "approve", "edit", "reject", "snooze", ""])
            if not choice:
                continue
            quantity = int(line["quantity"]) + (2 * noise.randint(1, 3) if choice == "edit" else 0)
            until = ""
            if choice in ("reject", "snooze"):
                until = shop.night(night + noise.randint(1, 4))
            decided.append((line["recommendation_id"], choice, quantity, until, line["sku"]))
        if decided:
            with open(shop.path("decisions.csv"), "w") as file:
                file.write("recommendation_id,decision,quantity,until,reason,author\n")
                for line, choice, quantity, until, _ in decided:
                    amount = quantity if choice == "edit" else ""
                    file.write(f"{line},{choice},{amount},{until},because,ann\n")
            shop.expect((0,), "review", "--decisions", "decisions.csv")
            for line, choice, quantity, _, sku in decided:
                if choice in ("approve", "edit"):
                    self.approved[line] = [sku, quantity, night, False]
        self.export()
        for line, entry in self.approved.items():
            if not entry[3] and noise.random() < 0.6:
                entry[3] = True
                day = shop.night(night + 1)
                number = f"PO-{len(self.orders)}"
                self.orders.append([number, entry[0], entry[1], day,
                                    shop.night(night + 1 + LEAD_TIME), ""])

    def export(self):
        shop = self.shop
        shop.expect((0,), "export", "--format", "generic")
        counts = {}
        folder = shop.path("out", "exports")
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            with open(os.path.join(folder, name), newline="") as file:
                for row in csv.DictReader(file):
                    counts.setdefault(row["external_id"], []).append(int(row["quantity"]))
        for line, (sku, quantity, _, _) in self.approved.items():
            if counts.get(line) != [quantity]:
                raise Broken(f"{line} of {sku}: {quantity} decided, exported {counts.get(line)}")
        strange = set(counts) - set(self.approved)
        if strange:
            raise Broken(f"exported without an approval: {strange}")


def live(at, seed, nights):
    living = Living(os.path.join(at, "shop"), seed)
    shop = living.shop
    for night in range(nights):
        living.morning(night)
        shop.run(night)
        living.look(night)
        if night % 10 == 3:
            before = os.readlink(shop.path("out", "current"))
            again = shop.run(night)
            if os.readlink(shop.path("out", "current")) != before:
                raise Broken(f"night {night}: a second run is another one: {again.said[-300:]}")
        living.evening(night)
        if night % 7 == 6:
            shop.expect((0,), "prune", "--keep", "3")
            runs = os.listdir(shop.path("out", "runs"))
            if len(runs) > 4:
                raise Broken(f"night {night}: {len(runs)} runs after prune --keep 3")
    shop.expect((0,), "doctor")
    shop.expect((0,), "review", "--verify")
    left = shop.left_behind()
    if left:
        raise Broken(f"left behind: {left}")


def nights(suite, seed):
    seeds, count = (20, 60) if suite.long else (2, 8)
    for number in range(seed, seed + seeds):
        at = temporary()
        suite.trial(f"seed {number}, {count} nights", lambda: live(at, number, count), at)
    if suite.long and not suite.broken:
        suite.note(f"{count} nights each")

"""Inputs that nobody wrote: bytes and cells of good tables changed at random.

Every reader: no panic, no hang beyond ten seconds of processor time, no more than 1 GiB, and an
exit code of the contract.
"""

import gzip
import os
import random
import shutil

from shop import KNOWN_CODES, ROOT, Broken, Shop, temporary

SECONDS, MEGABYTES = 10, 1024
NUMBERS = ["NaN", "inf", "-inf", "9223372036854775807", "-9223372036854775808", "1e308", "-1e308",
           "1e-320", "18446744073709551616", "0", "-1", "4294967296", "1e12", "0.000001", "1,5",
           "(3)", "1e400", "--1", "٣", "½"]
TEXTS = ["", " ", "\u202e", "\x1b[2J", "=1+1", "'", '"', "a" * 300, "é" * 150, "../../x", "null",
         "main", "0", "\ufeff", "S0", "s0 ", "*", "\x00", "total", "日本", "R1"]
DATES = ["0000-00-00", "9999-12-31", "1969-12-31", "2026-02-30", "31.12.2025", "2/3/26",
         "20260101", "46000", "-1", "2026-W01", "2026-01-01T25:00:00Z", "1e9", "2062-01-05"]
# The other tables, so that every reader and every consumer of its rows is met.
TABLES = {
    "suppliers": "supplier,currency,order_weekdays,min_order_value,free_freight_value,"
                 "freight_per_order,payment_days\nsup0,EUR,mon;thu,10,100,5,30\n",
    "price_breaks": "sku,supplier,from_quantity,unit_cost\nS0,sup0,10,4\nS0,sup0,50,3\n",
    "lots": "sku,location,expires,quantity\nS1,main,2026-05-01,5\n",
    "stock_history": "date,sku,location,on_hand\n2026-01-01,S1,main,3\n2026-01-02,S1,main,2\n",
    "stockouts": "sku,channel,location,start,end\nS1,web,main,2025-12-01,2025-12-05\n",
    "purchase_orders": "order_id,sku,supplier,location,quantity,confirmed,expected,received\n"
                       "P1,S0,sup0,main,6,2025-12-20,2026-01-10,\n"
                       "P2,S1,sup1,main,6,2025-11-20,2025-12-01,2025-12-03\n",
    "channels": "channel,priority,margin_rate,fee_rate,service,reserve,buffer,cap\n"
                "web,1,0.3,0.1,0.95,1,1,100\n",
    "channel_items": "channel,sku,reserve,buffer,cap,pause_below,alert_below\nweb,S1,1,1,10,1,2\n",
    "listings": "sku,channel,listed\nS1,web,5\n",
    "events": "date,event,end_date\n2025-12-24,xmas,2025-12-26\n2026-12-24,xmas,2026-12-26\n",
    "promotions": "start,end,kind,sku,discount,expected_uplift\n"
                  "2025-12-01,2025-12-07,deal,S1,0.2,1.5\n",
    "forecasts": "sku,channel,location,period_start,mean,q05,q50,q95\n"
                 "S1,web,main,2026-01-05,3,1,3,6\n",
    "signals": "date,signal,value\n2026-01-01,heat,5\n",
    "prices": "sku,channel,from,unit_price\nS1,web,2026-01-10,9\n",
    "adjustments": "sku,from,to,factor,reason,author\nS1,2026-01-10,2026-01-20,1.2,fair,ann\n",
    "overrides": "sku,location,field,value,reason,author,date\n"
                 "S1,main,safety_stock,5,because,ann,2026-01-01\n",
    "kits": "sku,component,quantity\nKIT,S1,2\nKIT,S2,1\n",
    "counts": "date,sku,location,recorded,counted\n2026-01-01,S1,main,5,4\n",
    "accounts": "period_start,period_end,receivables,payables,revenue,cogs,holding_cost\n"
                "2025-12-01,2025-12-31,10,10,100,50,5\n",
    "aliases": "channel_sku,channel,sku,factor\nA-1,web,S1,2\n",
    "lanes": "from_location,to_location,lead_time_days,pack_size\nmain,shop,2,1\n",
    "locations": "location,name\nmain,warehouse\nshop,shop\n",
}


def cells(noise, text):
    """Changes some cells of a table, drops, repeats or swaps lines and columns."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(noise.choice([1, 1, 1, 2, 5, 20])):
        row = noise.choice(rows)
        kind = noise.random()
        if kind < 0.7 and row:
            at = noise.randrange(len(row))
            row[at] = noise.choice(noise.choice([NUMBERS, TEXTS, DATES]))
        elif kind < 0.78:
            rows.append(list(noise.choice(rows)))
        elif kind < 0.84 and len(rows) > 1:
            rows.remove(row)
        elif kind < 0.9:
            row.insert(noise.randrange(len(row) + 1), noise.choice(TEXTS))
        elif row:
            row.pop(noise.randrange(len(row)))
        if not rows:
            rows = [[""]]
    return "\n".join(",".join(row) for row in rows) + "\n"


def noisy_bytes(noise, data):
    """Cuts, repeats, flips and overwrites."""
    data = bytearray(data)
    for _ in range(noise.choice([1, 1, 2, 8])):
        if not data:
            return b"x"
        at, length = noise.randrange(len(data)), noise.choice([1, 2, 8, 64, 1024])
        kind = noise.randrange(5)
        if kind == 0:
            data[at] ^= 1 << noise.randrange(8)
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length]
        elif kind == 3:
            data[at:at + length] = bytes(noise.randrange(256) for _ in range(min(length, 64)))
        else:
            filler = noise.choice([b"\0", b"\xff", b'"', b",", b"\n"])
            data[at:at + length] = filler * min(length, 16)
    return bytes(data)


def binaries():
    """Good and bad files in every format that is read, by the table they stand for."""
    found = []
    folder = os.path.join(ROOT, "tests", "malformed", "files")
    for name in sorted(os.listdir(folder)):
        if name.endswith((".parquet", ".gz", ".xlsx", ".ods")):
            with open(os.path.join(folder, name), "rb") as file:
                found.append((name.split(".", 1)[1], file.read()))
    presets = os.path.join(ROOT, "tests", "presets")
    for at, _, names in os.walk(presets):
        for name in sorted(names):
            if name.endswith((".xlsx", ".ods")):
                with open(os.path.join(at, name), "rb") as file:
                    found.append((name.rsplit(".", 1)[1], file.read()))
    return found


def check(shop, command):
    done = shop.call(command, patience=300)
    if done.code not in KNOWN_CODES:
        raise Broken(f"exit {done.code}: {done.said[-500:]}")
    for word in ["panicked", "our own fault", "internal-fault", "overflow"]:
        if word in done.said:
            raise Broken(f"`{word}`: {done.said[-500:]}")
    if done.seconds > SECONDS:
        raise Broken(f"{done.seconds:.1f} s of processor time, exit {done.code}")
    if done.megabytes > MEGABYTES:
        raise Broken(f"{done.megabytes} MiB, exit {done.code}")
    return done


def mutate(suite, seed):
    count = 5200 if suite.long else 120
    noise = random.Random(seed)
    at = temporary()
    base = Shop.new(os.path.join(at, "shop"), items=3, days=60)
    with open(base.path("orderpoint.toml"), "w") as file:
        file.write("[run]\nhorizon_days = 30\n[data]\nreject_share_limit = 1.0\n"
                   "decompressed_limit_mb = 64\n[purchase.rates]\nEUR = 1.1\n")
    good = {}
    for name, text in TABLES.items():
        with open(base.path("data", name + ".csv"), "w") as file:
            file.write(text)
    for name in os.listdir(base.path("data")):
        with open(base.path("data", name)) as file:
            good[name[:-4]] = file.read()
    with open(base.path("orderpoint.toml")) as file:
        config = file.read()
    seeds = binaries()
    accepted = slowest = largest = 0
    for trial in range(count):
        place = temporary()
        shop = base.copy(os.path.join(place, "shop"))
        kind = noise.random()
        if kind < 0.6:
            for table in noise.sample(sorted(good), noise.choice([1, 1, 2, 4])):
                with open(shop.path("data", table + ".csv"), "w") as file:
                    file.write(cells(noise, good[table]))
        elif kind < 0.75:
            table = noise.choice(sorted(good))
            with open(shop.path("data", table + ".csv"), "wb") as file:
                file.write(noisy_bytes(noise, good[table].encode()))
        elif kind < 0.8:
            table = noise.choice(sorted(good))
            os.remove(shop.path("data", table + ".csv"))
            with open(shop.path("data", table + ".csv.gz"), "wb") as file:
                file.write(noisy_bytes(noise, gzip.compress(good[table].encode())))
        elif kind < 0.95 and seeds:
            ending, data = noise.choice(seeds)
            os.remove(shop.path("data", "sales.csv"))
            with open(shop.path("data", f"sales.{ending}"), "wb") as file:
                file.write(noisy_bytes(noise, data))
        else:
            with open(shop.path("orderpoint.toml"), "wb") as file:
                file.write(noisy_bytes(noise, config.encode()))
        command = noise.choice(["check", "run", "run"])
        found = []
        suite.trial(f"seed {seed}, case {trial}, {command}",
                    lambda: found.append(check(shop, command)), place)
        for done in found:
            accepted += done.code in (0, 5)
            slowest, largest = max(slowest, done.seconds), max(largest, done.megabytes)
    suite.note(f"{accepted} accepted, slowest {slowest:.1f} s, most {largest} MiB")
    shutil.rmtree(at, ignore_errors=True)

#!/usr/bin/env python3
"""Reshapes public data sets into Orderpoint's input tables, where renaming columns is not enough.

    prepare.py SET SOURCE OUT      SET = adventureworks | us_regional | vn2 | m3 | raf | carparts | m5

Reads the set's files from SOURCE, writes tables of the input contract to OUT. Standard library only, but for m5, whose
files are Parquet and need polars. The configuration of the same name goes with each set.
"""
import csv
import datetime
import gzip
import pathlib
import sys

DAY = datetime.timedelta(days=1)


def rows(path, **kwargs):
    opened = gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else open(path, encoding="utf-8-sig", newline="")
    with opened as file:
        yield from csv.DictReader(file, **kwargs)


def table(out, name, head, content):
    with open(out / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(content)


def us_regional(source, out):
    """Order lines of one seller. Each line was procured for itself: order date to delivery date is its lead time."""
    lines = list(rows(source / "US_Regional_Sales_Data.csv"))

    def number(text):
        return text.replace(",", "")

    def iso(text):
        return text if "-" in text else datetime.datetime.strptime(text, "%d/%m/%y").date().isoformat()

    table(
        out,
        "sales",
        "date,sku,channel,location,quantity,unit_price,discount,order_id",
        [
            [iso(r["OrderDate"]), "P" + r["_ProductID"], r["Sales Channel"], r["WarehouseCode"], r["Order Quantity"],
             number(r["Unit Price"]), r["Discount Applied"], r["OrderNumber"]]
            for r in lines
        ],
    )
    costs = {}
    for r in lines:  # the newest line's cost stands
        costs["P" + r["_ProductID"]] = (number(r["Unit Cost"]), number(r["Unit Price"]))
    table(out, "products", "sku,unit_cost,unit_price", [[sku, *money] for sku, money in sorted(costs.items())])
    table(
        out,
        "purchase_orders",
        "order_id,sku,supplier,location,quantity,confirmed,received,received_quantity",
        [
            [r["OrderNumber"].replace("SO", "PO"), "P" + r["_ProductID"], "procurement", r["WarehouseCode"],
             r["Order Quantity"], iso(r["OrderDate"]), iso(r["DeliveryDate"]), r["Order Quantity"]]
            for r in lines
        ],
    )
    table(out, "suppliers", "supplier,name", [["procurement", "Procurement office"]])
    # The promised lead time is not in the data; the receipts soon outweigh this one.
    table(out, "supply", "sku,supplier,lead_time_days", [[sku, "procurement", 21] for sku in sorted(costs)])


def adventureworks(source, out):
    """Bicycles made in house and sold in two channels; vendors deliver the components.

    Finished goods have no vendor: their supplier is the factory, at a lead time of seven days (assumed). Components keep
    their vendors, minimum and maximum orders, stock and order history, and have no sales. The order history is dated eleven
    years after the sales; it is moved back, and what lies after the last sale is left out.
    """
    back = 4018 * DAY  # eleven years
    names = ["id", "name", "number", "make", "finished", "color", "safety", "reorder", "cost", "price", "size", "sizeunit",
             "weightunit", "weight", "days", "line", "class", "style", "subcategory", "model", "start", "end"]
    product = {r["id"]: r for r in rows(source / "Product.csv", fieldnames=names, delimiter="\t")}
    sales = list(rows(source / "sales_two_channel.csv"))
    table(
        out,
        "sales",
        "date,sku,channel,quantity,unit_price",
        [[r["date"], "K" + r["ProductKey"], r["channel"].lower(), r["OrderQuantity"], r["UnitPrice"]] for r in sales],
    )
    costs = {"K" + r["ProductKey"]: (r["ProductStandardCost"], r["UnitPrice"]) for r in sales}
    components = [p for p in product.values() if p["finished"] == "0"]
    table(
        out,
        "products",
        "sku,name,category,unit_cost,unit_price",
        [[sku, "", "bicycles", *money] for sku, money in sorted(costs.items())]
        + [[p["number"], p["name"], "components", p["cost"], ""] for p in components],
    )
    vendors = list(rows(source / "Vendor.csv", fieldnames=["id", "account", "name"], delimiter="\t"))
    table(out, "suppliers", "supplier,name", [["factory", "Own factory"]] + [["V" + v["id"], v["name"]] for v in vendors])
    names = ["id", "vendor", "lead", "price", "last", "when", "min", "max", "on_order"]
    offers = [o for o in rows(source / "ProductVendor.csv", fieldnames=names, delimiter="\t") if product[o["id"]]["finished"] == "0"]
    offers.sort(key=lambda o: (int(o["id"]), float(o["price"])))
    seen, supply = set(), []
    for o in offers:
        role = "secondary" if o["id"] in seen else "primary"
        seen.add(o["id"])
        supply.append([product[o["id"]]["number"], "V" + o["vendor"], role, o["price"], o["lead"], o["min"], o["max"]])
    supply += [[sku, "factory", "primary", cost, 7, 1, ""] for sku, (cost, _) in sorted(costs.items())]
    table(out, "supply", "sku,supplier,role,unit_cost,lead_time_days,minimum_order,maximum_order", supply)
    names = ["order", "revision", "status", "employee", "vendor", "method", "placed", "shipped"]
    head = {h["order"]: h for h in rows(source / "PurchaseOrderHeader.csv", fieldnames=names, delimiter="\t")}
    names = ["order", "line", "due", "quantity", "id", "price", "total", "received", "rejected", "stocked", "modified"]
    last = max(r["date"] for r in sales)
    orders = []
    for line in rows(source / "PurchaseOrderDetail.csv", fieldnames=names, delimiter="\t"):
        h, p = head[line["order"]], product[line["id"]]
        moved = [datetime.date.fromisoformat(day[:10]) - back for day in (h["placed"], line["due"], h["shipped"])]
        placed, due, came = (day.isoformat() for day in moved)
        if p["finished"] == "0" and h["status"] == "4" and placed <= last:  # 4 = complete
            units = int(float(line["received"]))
            arrival = [came, units] if came <= last else ["", ""]
            orders.append([line["order"], p["number"], "V" + h["vendor"], line["quantity"], placed, due, *arrival])
    table(out, "purchase_orders", "order_id,sku,supplier,quantity,confirmed,expected,received,received_quantity", orders)
    stock = {}
    for r in rows(source / "ProductInventory.csv", fieldnames=["id", "place", "shelf", "bin", "quantity"], delimiter="\t"):
        if product[r["id"]]["finished"] == "0":
            sku = product[r["id"]]["number"]
            stock[sku] = stock.get(sku, 0) + int(r["quantity"])
    table(out, "stock", "sku,on_hand", sorted(stock.items()))


def vn2(source, out):
    """Weekly sales with availability, the state of the first round, orders on the way. Weeks are named by their Monday."""
    shelf = {(r["Store"], r["Product"]): r for r in rows(source / "in_stock_wide.csv")}
    sales = []
    for r in rows(source / "sales_wide.csv"):
        key = r["Store"], r["Product"]
        for week, units in list(r.items())[2:]:
            sales.append([week, r["Product"], r["Store"], int(float(units)), shelf[key][week]])
    table(out, "sales", "date,sku,location,quantity,in_stock", sales)
    master = {r["Product"]: r["Department"] for r in rows(source / "master.csv")}
    # The game counts units: each is worth 1, so that the value of an order is its size.
    table(out, "products", "sku,category,unit_cost,unit_price", [[sku, department, 1, 2] for sku, department in sorted(master.items())])
    state = list(rows(source / "initial_state.csv"))
    monday = datetime.date.fromisoformat(sales[-1][0]) + 7 * DAY
    table(out, "stock", "sku,location,on_hand,as_of", [[r["Product"], r["Store"], r["End Inventory"], monday] for r in state])
    orders = []
    for week, due in (("In Transit W+1", monday), ("In Transit W+2", monday + 7 * DAY)):
        orders += [
            [f"{due}-{r['Store']}-{r['Product']}", r["Product"], "depot", r["Store"], r[week], due - 14 * DAY, due]
            for r in state
            if int(r[week]) > 0
        ]
    table(out, "purchase_orders", "order_id,sku,supplier,location,quantity,confirmed,expected", orders)
    supply = [[r["Product"], "depot", r["Store"], 14, 0, 14] for r in state]
    table(out, "supply", "sku,supplier,location,lead_time_days,lead_time_sd_days,lead_time_max_days", supply)


def months(start, count):
    year, month = start
    for i in range(count):
        yield datetime.date(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, 1)


def m3(source, out):
    """The monthly series, training part, all ended in December 2000 so that one calendar serves them."""
    monthly = {r["series"] for r in rows(source / "m3_meta.csv") if r["period"] == "MONTHLY"}
    series = {}
    for r in rows(source / "m3_long.csv.gz"):
        if r["series"] in monthly and r["part"] == "train":
            series.setdefault(r["series"], []).append(r["value"])
    longest = max(map(len, series.values()))
    ends = list(months((2000 - (longest - 1) // 12, 12 - (longest - 1) % 12), longest))
    table(
        out,
        "sales",
        "date,sku,quantity",
        [[date, sku, value] for sku, values in sorted(series.items()) for date, value in zip(ends[-len(values):], values)],
    )


def raf(source, out):
    """Aircraft spare parts: demand by month, lead times in months, price."""
    items = list(rows(source / "raf_monthly_with_leadtime_price.csv.gz"))
    heads = list(items[0])[4:]
    dates = list(months((1996, 1), len(heads)))
    table(
        out,
        "sales",
        "date,sku,quantity",
        [[date, "RAF" + r["Item Ref no"], r[head]] for r in items for date, head in zip(dates, heads) if r[head] not in ("", "0")],
    )
    price = next(key for key in items[0] if key.startswith("PRICE"))
    table(out, "products", "sku,name,unit_cost", [["RAF" + r["Item Ref no"], r["DESCRIPTION"], r[price]] for r in items])
    lead = [["RAF" + r["Item Ref no"], "depot", round(float(r["Lead Time (months)"]) * 30.4375)] for r in items]
    table(out, "supply", "sku,supplier,lead_time_days", [row for row in lead if row[2] > 0])


def carparts(source, out):
    """Car parts: one row a month, one column an item."""
    sales = []
    for r in rows(source / "carparts_monthly.csv.gz"):
        date = r.pop("month") + "-01"
        sales += [[date, "CP" + sku, value] for sku, value in r.items() if value not in ("", "NA", "0")]
    table(out, "sales", "date,sku,quantity", sales)


def m5(source, out):
    """Master data, events and prices of M5; its sales file is read as it is."""
    import polars as pl

    calendar = pl.read_parquet(source / "m5_calendar.parquet")
    series = pl.read_parquet(source / "m5_series.parquet")
    products = series.select(sku="item_id", category="dept_id").unique().sort("sku")
    products.with_columns(pl.all().cast(pl.String)).write_csv(out / "products.csv")
    named = [
        calendar.select("date", event=f"event_name_{i}", channel=pl.lit(None, pl.String)).drop_nulls("event") for i in (1, 2)
    ]
    stores = series.select(pl.col("store_id", "state_id").cast(pl.String)).unique().sort("store_id")
    for store, state in stores.iter_rows():
        snap = calendar.filter(pl.col(f"snap_{state}") == 1)
        named.append(snap.select("date", event=pl.lit("SNAP"), channel=pl.lit(store)))
    pl.concat(named).sort("date", "event", "channel").write_csv(out / "events.csv")
    starts = calendar.group_by("wm_yr_wk").agg(start=pl.col("date").min())
    weekly = pl.read_parquet(source / "m5_prices.parquet").join(starts.with_columns(pl.col("wm_yr_wk").cast(pl.Int32)), on="wm_yr_wk")
    weekly = weekly.sort("store_id", "item_id", "start")
    moved = pl.col("sell_price") != pl.col("sell_price").shift().over("store_id", "item_id")
    prices = weekly.filter(moved.fill_null(True)).select(
        sku=pl.col("item_id").cast(pl.String), channel=pl.col("store_id").cast(pl.String), unit_price="sell_price",
        **{"from": pl.col("start").str.to_date()},
    )
    prices.write_parquet(out / "prices.parquet")
    (out / "sales.parquet").unlink(missing_ok=True)
    (out / "sales.parquet").symlink_to((source / "m5_sales.parquet").resolve())


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("adventureworks", "us_regional", "vn2", "m3", "raf", "carparts", "m5"):
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[3])
    target.mkdir(parents=True, exist_ok=True)
    globals()[sys.argv[1]](pathlib.Path(sys.argv[2]), target)

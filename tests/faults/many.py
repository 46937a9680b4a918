"""Too much of one thing, and numbers at the ends of their ranges.

Thousands of events, categories, channels, suppliers, orders, successors, columns; a cell, a row, an
archive without end; NaN, infinities and the limits of 64 bits in every number column: answered
within a minute of processor time and 1 GiB, published or refused with a reason.
"""

import gzip
import io
import os
import shutil
import struct
import zipfile

from shop import KNOWN_CODES, Broken, Shop, temporary

SECONDS, MEGABYTES = 60, 1024
EXTREMES = ["NaN", "inf", "-inf", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "1e308", "-1e308", "1e-320", "18446744073709551616", "0",
            "-1", "4294967296", "1e12", "1e11", "999999999", "0.000001"]
# A good row of each table, and which of its cells are numbers.
ROWS = {
    "sales": ("date,sku,channel,quantity,unit_price,discount,returns,revenue",
              "2026-01-03,S1,web,1,10,0.1,0,10", range(3, 8)),
    "products": ("sku,unit_cost,unit_price,transfer_factor,analogue_factor,shelf_life_days,weight,"
                 "volume,min_stock,max_stock,unit_of_measure", "S1,5,10,1,1,30,1,1,1,100,1",
                 range(1, 11)),
    "suppliers": ("supplier,min_order_value,free_freight_value,freight_per_order,payment_days",
                  "sup1,10,100,5,30", range(1, 5)),
    "supply": ("sku,supplier,unit_cost,lead_time_days,lead_time_sd_days,lead_time_max_days,"
               "minimum_order,pack_size,maximum_order,duty_rate,freight_per_unit",
               "S1,sup1,5,14,2,30,1,1,1000,0.1,0.1", range(2, 11)),
    "price_breaks": ("sku,supplier,from_quantity,unit_cost", "S1,sup1,10,4", range(2, 4)),
    "stock": ("sku,on_hand,committed,backordered,damaged,returns_pending", "S1,5,1,1,1,1",
              range(1, 6)),
    "lots": ("sku,location,expires,quantity", "S1,main,2026-05-01,5", [3]),
    "stock_history": ("date,sku,location,on_hand", "2026-01-03,S1,main,5", [3]),
    "purchase_orders": ("order_id,sku,supplier,quantity,confirmed,expected,received_quantity",
                        "P1,S1,sup1,5,2025-12-01,2026-01-10,0", [3, 6]),
    "channels": ("channel,priority,margin_rate,fee_rate,fixed_cost,service,reserve,buffer,cap,"
                 "min_share", "web,1,0.3,0.1,1,0.95,1,1,100,0.1", range(1, 10)),
    "channel_items": ("channel,sku,reserve,buffer,cap,pause_below,alert_below",
                      "web,S1,1,1,10,1,2", range(2, 7)),
    "listings": ("sku,channel,listed", "S1,web,5", [2]),
    "promotions": ("start,end,sku,discount,expected_uplift", "2026-01-06,2026-01-12,S1,0.2,1.5",
                   [3, 4]),
    "forecasts": ("sku,channel,location,period_start,mean,q05,q50,q95",
                  "S1,web,main,2026-01-05,3,1,3,6", range(4, 8)),
    "signals": ("date,signal,value", "2026-01-03,heat,5", [2]),
    "prices": ("sku,channel,from,unit_price", "S1,web,2026-01-05,9", [3]),
    "adjustments": ("sku,from,to,factor,reason", "S1,2026-01-05,2026-01-12,1.2,fair", [3]),
    "overrides": ("sku,location,field,value,reason,author,date",
                  "S1,main,safety_stock,5,because,ann,2026-01-01", [3]),
    "kits": ("sku,component,quantity", "KIT,S1,2", [2]),
    "counts": ("date,sku,location,recorded,counted", "2026-01-03,S1,main,5,5", [3, 4]),
    "accounts": ("period_start,period_end,receivables,payables,revenue,cogs,holding_cost",
                 "2025-12-01,2025-12-31,10,10,100,50,5", range(2, 7)),
}


def day(number, month=1):
    return f"2026-{number // 28 % 9 + month:02}-{number % 28 + 1:02}"


def table(head, rows):
    return head + "\n" + "\n".join(rows) + "\n"


def open_sheets():
    """OpenDocument sheets without an end, and of little that is repeated."""
    def cell(text, times=1):
        return (f'<table:table-cell office:value-type="string" table:number-columns-repeated="'
                f'{times}"><text:p>{text}</text:p></table:table-cell>')

    def row(cells, times=1):
        return (f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}'
                "</table:table-row>")

    begin = '<office:spreadsheet><table:table table:name="s">' + row(
        [cell(name) for name in ("date", "sku", "quantity")])
    begin += row([cell("2026-01-03"), cell("S1"), cell("1")])
    end = "</table:table></office:spreadsheet>"
    remark = '<table:table-row><table:table-cell office:value-type="string"><office:annotation>'
    empty = "<table:table-cell table:number-columns-repeated='15'/>"
    for what, content in [
        ("sheet without an end", begin),
        ("remark without an end", begin + remark + end),
        ("sheet that ends in a text", begin + remark + end + "</office:annotation>"),
        ("row a million times", begin + row([cell("x", 19)], 1_000_000) + end),
        ("cell far below", begin + row([empty], 1_000_000) + row([empty, cell("x")]) + end),
        ("text in frames", begin + row([cell(("<![CDATA[" + "x" * 500_000 + "]]>") * 400)]) + end),
    ]:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            file.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
            file.writestr("content.xml", content)
        yield "open " + what, out.getvalue()


def old_workbook(cells, text="x", sheets=1, cycle=None):
    """A workbook of records in a file of sectors, with a text in each of `cells`."""
    def record(kind, data=b""):
        return struct.pack("<HH", kind, len(data)) + data

    def shared(row, column, which):
        return record(0xFD, struct.pack("<HHHI", row, column, 0, which))

    texts = b""
    for each in ["date", "sku", "quantity", "2026-01-03", "S1", "1", "x"]:
        each = text if each == "x" else each
        texts += struct.pack("<HB", len(each), 0) + each.encode()
    # A record is of 8 KiB at most; what is longer goes on in the next, behind its flags.
    pieces, rest = [bytes(8) + texts[:8000]], texts[8000:]
    while rest:
        pieces, rest = [*pieces, b"\0" + rest[:8000]], rest[8000:]
    book = record(0x809, struct.pack("<HHII", 0x600, 5, 0, 0) + bytes(4))
    book += record(0xFC, pieces[0]) + b"".join(record(0x3C, piece) for piece in pieces[1:])
    begin = len(book) + sheets * (4 + 9) + 4
    for _ in range(sheets):
        book += record(0x85, struct.pack("<IBBBB", begin, 0, 0, 1, 0) + b"s")
    book += record(0x0A) + record(0x809, struct.pack("<HHII", 0x600, 16, 0, 0) + bytes(4))
    for row in (0, 1):
        book += b"".join(shared(row, column, 3 * row + column) for column in range(3))
    book += b"".join(shared(row, column, 6) for row, column in cells) + record(0x0A)
    book = book.ljust(max(4096, -(-len(book) // 512) * 512), b"\0")
    sectors = len(book) // 512
    # The table of sectors comes last: the directory is sector 0, the book begins at 1.
    chain = [0xFFFFFFFE, *range(2, sectors + 1), 0xFFFFFFFE]
    length = len(book)
    if cycle == "directory":
        chain[0] = 0
    if cycle == "stream":
        chain[sectors], length = 1, 0xFFFFFFF0
    tables = -(-(len(chain) + 1) // 127)
    chain += [0xFFFFFFFD] * tables
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, 0, 0, 4096, 0xFFFFFFFE, 0,
        0xFFFFFFFE, 0)
    places = [sectors + 1 + k for k in range(min(tables, 109))]
    head += struct.pack("<109I", *places, *[0xFFFFFFFF] * (109 - len(places)))

    def entry(name, kind, start, size):
        return (name.encode("utf-16-le").ljust(64, b"\0") + struct.pack(
            "<HBBIII", 2 * len(name) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) +
            bytes(36) + struct.pack("<IQ", start, size))

    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry("Workbook", 2, 1, length)
    return (head + directory.ljust(512, b"\0") + book +
            struct.pack(f"<{len(chain)}I", *chain))


def workbook(sheet, shared="<sst/>", styles="<styleSheet/>"):
    """A workbook whose parts unpack to whatever they say."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/'
                      'package/2006/relationships"><Relationship Id="r" Type="http://schemas.'
                      'openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
                      'Target="xl/workbook.xml"/></Relationships>')
        file.writestr("xl/workbook.xml", '<workbook xmlns:r="http://schemas.openxmlformats.org/'
                      'officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" '
                      'r:id="r1"/></sheets></workbook>')
        file.writestr("xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="r1" Type='
                      '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
                      'worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type='
                      '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
                      'sharedStrings" Target="sharedStrings.xml"/></Relationships>')
        file.writestr("xl/sharedStrings.xml", shared)
        file.writestr("xl/styles.xml", styles)
        file.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def cell(text):
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


HEAD_CELLS = "<row>" + "".join(cell(name) for name in ["date", "sku", "quantity"]) + "</row>"


def cases():
    """Name, files of the data folder, configuration, command."""
    many = 3000
    sales = "date,sku,channel,quantity"
    days = [f"2025-{m:02}-{d:02}" for m in range(9, 13) for d in range(1, 29)]
    yield "event names", {"events": table("date,event", (
        f"{day},e{i}-{j}" for i, day in enumerate(days) for j in range(25)))}
    yield "promotion kinds", {"promotions": table("start,end,sku,kind", (
        f"{days[k % 100]},{days[k % 100 + 5]},S{k % 3},kind{k}" for k in range(many)))}
    yield "promotion kinds joined", {"promotions": table("start,end,sku,kind", [
        f"{days[0]},{days[6]},S1," + "+".join(f"k{i}" for i in range(20_000))])}
    yield "categories", {
        "sales": table(sales, (f"{d},S{k},web,1" for k in range(many) for d in days[-30:])),
        "products": table("sku,category", (f"S{k},c{k} > d > e" for k in range(many)))}
    yield "channels", {"sales": table(sales, (
        f"{d},S{k % 20},ch{k},1" for k in range(1000) for d in days[-30:]))}
    yield "locations", {"sales": table("date,sku,location,quantity", (
        f"{d},S{k % 20},loc{k},1" for k in range(1000) for d in days[-30:]))}
    yield "suppliers", {"supply": table("sku,supplier,unit_cost,lead_time_days", (
        f"S{k % 3},sup{k},5,14" for k in range(6000)))}
    yield "adjustments", {"adjustments": table("sku,from,to,factor,reason", (
        f"S{k % 3},2026-01-05,2026-02-05,1.01,r" for k in range(50_000)))}
    yield "kits in kits", {"kits": table("sku,component,quantity", (
        f"K{k},K{k + 1},1" for k in range(5000)))}
    yield "kits of two kits each", {"kits": table("sku,component,quantity", (
        f"{a}{k},{b}{k + 1},1" for k in range(60) for a in "KL" for b in "KL"))}
    yield "successors", {"products": table("sku,superseded_by", (
        f"P{k},P{k + 1}" for k in range(20_000)))}
    yield "analogues", {"products": table("sku,analogue,analogue_factor", (
        f"P{k},P{k + 1},1" for k in range(20_000)))}
    yield "aliases", {"aliases": table("channel_sku,sku,factor", (
        f"A{k},A{k + 1},2" for k in range(50_000)))}
    yield "price breaks", {"price_breaks": table("sku,supplier,from_quantity,unit_cost", (
        f"S0,sup0,{k + 2},{5 - k * 1e-5:.5f}" for k in range(50_000)))}
    yield "open orders", {"purchase_orders": table(
        "order_id,sku,supplier,quantity,confirmed,expected",
        (f"P{k},S0,sup0,1,2025-12-20,{day(k)}" for k in range(50_000)))}
    yield "receipts", {"purchase_orders": table(
        "order_id,sku,supplier,quantity,confirmed,expected,received",
        (f"P{k},S0,sup0,1,{days[k % 80]},{days[k % 80 + 7]},{days[k % 80 + 9]}"
         for k in range(50_000)))}
    yield "lots", {"lots": table("sku,location,expires,quantity", (
        f"S0,main,{day(k, 3)[:8]}{k % 28 + 1:02},1" for k in range(50_000)))}
    yield "listings", {"listings": table("sku,channel,listed", (
        f"S{k % 3},ch{k},5" for k in range(20_000)))}
    yield "signals", {"signals": table("date,signal,value", (
        f"{d},s{j},{j % 7}" for d in days for j in range(300)))}
    yield "columns", {"sales": table(
        "date,sku,quantity," + ",".join(f"c{i}" for i in range(50_000)),
        ["2026-01-03,S1,1" + ",x" * 50_000])}
    yield "a cell of 15 MiB", {"sales": table(sales, [
        f"{d},S1,web,1" for d in days] + ["2026-01-03," + "x" * (15 << 20) + ",web,1"])}
    yield "a line of 100 MiB", {"sales": table(sales, ["x" * (100 << 20)])}
    yield "gzip of one row", {"sales.csv.gz": gzip.compress(
        table(sales, ["2026-01-03,S1,web,1"]).encode() + b"2026-01-03,S1,web,1\n" * 1_000_000)}
    yield "gzip of zeros", {"sales.csv.gz": gzip.compress(bytes(300 << 20))}
    row = "<row>" + cell("2026-01-03") + cell("S1") + "<c><v>1</v></c></row>"
    yield "workbook of one row", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + HEAD_CELLS + row * 1_000_000 + "</sheetData></worksheet>")}
    yield "workbook of spaces", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + HEAD_CELLS + " " * (400 << 20) + "</sheetData></worksheet>")}
    yield "workbook of shared texts", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + HEAD_CELLS + "</sheetData></worksheet>",
        "<sst>" + ("<si><t>" + "x" * 1000 + "</t></si>") * 400_000 + "</sst>")}
    yield "workbook far below", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + HEAD_CELLS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c>'
        "</row></sheetData></worksheet>")}
    rows = HEAD_CELLS + row * 30
    sheet = "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"
    yield "workbook that sets aside", {"sales.xlsx": workbook(
        sheet, '<sst uniqueCount="2000000000"><si><t>x</t></si></sst>')}
    yield "workbook of empty texts", {"sales.xlsx": workbook(
        sheet, "<sst>" + "<si/>" * 10_000_000 + "</sst>")}
    yield "workbook of styles", {"sales.xlsx": workbook(
        sheet, styles="<s><numFmts><numFmt numFmtId='164' formatCode='" + "0" * 60_000 +
        "'/></numFmts><cellXfs>" + "<xf numFmtId='164'/>" * 100_000 + "</cellXfs></s>")}
    yield "workbook of one text", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + rows + "<row><c t='inlineStr'><is><t>" +
        ("x" * (1 << 19) + "<b/>") * 800 + "</t></is></c></row></sheetData></worksheet>")}
    yield "workbook of one attribute", {"sales.xlsx": workbook(
        "<worksheet><sheetData>" + rows + "<row a='" + "x>" * (150 << 20) +
        "'/></sheetData></worksheet>")}
    for what, content in open_sheets():
        yield what, {"sales.ods": content}
    yield "old workbook with two cells far apart", {"sales.xls": old_workbook([(65_535, 255)])}
    yield "old workbook of one long text", {"sales.xls": old_workbook(
        [(k, 3) for k in range(1, 60_000)], text="x" * 30_000)}
    yield "old workbook of sheets over each other", {"sales.xls": old_workbook(
        [(k, 3) for k in range(1, 5_000)], sheets=2_000)}
    for cycle in ["directory", "stream"]:
        yield f"old workbook whose {cycle} never ends", {"sales.xls": old_workbook(
            [(1, 1)], cycle=cycle)}
    yield "old workbook in a new one's name", {"sales.xlsx": old_workbook(
        [(1, 1)], cycle="directory")}
    yield "nested categories", {"products": table("sku,category", [
        "S0," + " > ".join("a" * 60), "S1," + " > ".join("b" * 30)])}
    yield "brackets", {"orderpoint.toml": "x = " + "[" * 100_000 + "]" * 100_000}


def check(shop, command="run"):
    done = shop.call(command, patience=600)
    if done.code not in KNOWN_CODES:
        raise Broken(f"exit {done.code}: {done.said[-400:]}")
    for word in ["panicked", "our own fault", "internal-fault"]:
        if word in done.said:
            raise Broken(f"`{word}`: {done.said[-400:]}")
    if done.seconds > SECONDS:
        raise Broken(f"{done.seconds:.0f} s of processor time, exit {done.code}")
    if done.megabytes > MEGABYTES:
        raise Broken(f"{done.megabytes} MiB, exit {done.code}")
    return done


def with_files(base, place, files):
    shop = base.copy(os.path.join(place, "shop"))
    for name, content in files.items():
        stem = name.split(".")[0]
        if name == "orderpoint.toml":
            path = shop.path(name)
        else:
            path = shop.path("data", name if "." in name else name + ".csv")
            for ending in [".csv", ".csv.gz", ".xlsx", ".ods", ".xls"]:
                if os.path.exists(shop.path("data", stem + ending)):
                    os.remove(shop.path("data", stem + ending))
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return shop


def many(suite, seed):
    del seed
    at = temporary()
    base = Shop.new(os.path.join(at, "shop"), items=3, days=60)
    slowest = largest = 0

    def one(what, files):
        nonlocal slowest, largest
        place = temporary()
        shop = with_files(base, place, files)
        found = []
        suite.trial(what, lambda: found.append(check(shop)), place)
        for done in found:
            slowest, largest = max(slowest, done.seconds), max(largest, done.megabytes)

    for what, files in cases():
        one(what, files)
    suite.note(f"slowest {slowest:.1f} s, most {largest} MiB")
    lenient = "[data]\nreject_share_limit = 1.0\n"
    number = 0
    for name, (head, row, places) in ROWS.items():
        for place in places:
            for value in EXTREMES:
                number += 1
                if not suite.long and number % 37:
                    continue
                cells = row.split(",")
                cells[place] = value
                lines = [",".join(cells)]
                if name == "sales":
                    lines = [f"2025-12-{d:02},S1,web,2,10,0,0,20" for d in range(1, 29)] + lines
                files = {name: table(head, lines), "orderpoint.toml": lenient}
                one(f"{name}.{head.split(',')[place]} = {value}", files)
    shutil.rmtree(at, ignore_errors=True)

"""Tables replaced, appended to and written over while a night reads them.

Published is what one of the files says, with that file's digest in the manifest; or the night is
refused and names the table. Never the numbers of one file with the digest of another: the next run
would say that nothing has changed.
"""

import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import time

from shop import Broken, Shop, temporary

ROWS = 60_000


def sales(times):
    """Rows of four items over ninety days, so many that reading them takes a while."""
    head = "date,sku,channel,quantity,unit_price\n"
    rows = []
    for number in range(ROWS):
        day = 1 + number % 28
        rows.append(f"2025-{10 + number // 28 % 3:02}-{day:02},S{number % 4},web,{times},10\n")
    return head, "".join(rows)


def packed(text, ending):
    data = text.encode()
    return gzip.compress(data, 1) if ending == "csv.gz" else data


def ordered(shop):
    """What the current run proposes, and the digest of the sales that it says it has read."""
    with open(os.path.join(shop.current(), "manifest.json")) as file:
        manifest = json.load(file)
    read, = [entry for entry in manifest["inputs"] if entry["table"] == "sales"]
    return read["sha256"], sorted((row["sku"], row["quantity"]) for row in shop.lines())


def replace(path, data):
    with open(path + ".next", "wb") as file:
        file.write(data)
    os.replace(path + ".next", path)


def write_over(path, data):
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def append(path, data):
    # In one piece, so that it is there or not.
    with open(path, "ab", buffering=0) as file:
        file.write(data[os.path.getsize(path):])


def race(shop, path, before, after, change, delay, told):
    """A night during which the file changes; counts what came of it."""
    with open(path, "wb") as file:
        file.write(before)
    shutil.rmtree(shop.path("out"), ignore_errors=True)
    words = shop.words("run", "--as-of", shop.night(0))
    night = subprocess.Popen(words, cwd=shop.at, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(delay)
    change(path, after)
    said = night.communicate()[0].decode(errors="replace")
    if night.returncode == 3:
        if os.path.basename(path) not in said:
            raise Broken(f"refused, and {os.path.basename(path)} is not named: {said[-300:]}")
        told["refused"] += 1
        return None
    if night.returncode not in (0, 5):
        raise Broken(f"exit {night.returncode}: {said[-300:]}")
    told["published"] += 1
    return ordered(shop)


def races(suite, seed):
    noise = random.Random(seed)
    at = temporary()
    told = {"published": 0, "refused": 0}
    for ending in ["csv", "csv.gz"]:
        base = Shop.new(os.path.join(at, ending))
        os.remove(base.path("data", "sales.csv"))
        path = base.path("data", "sales." + ending)
        head, rows = sales(1)
        few, more = packed(head + rows, ending), packed(sales(3)[1], ending)
        many = packed(head + sales(3)[1], ending)
        both = few + more
        known, began = {}, time.monotonic()
        for data in [few, many, both]:
            with open(path, "wb") as file:
                file.write(data)
            shutil.rmtree(base.path("out"), ignore_errors=True)
            base.run(0)
            digest, proposed = ordered(base)
            if digest != hashlib.sha256(data).hexdigest():
                raise SystemExit("the digest of a quiet night is not that of its sales")
            known[digest] = proposed
        quiet = (time.monotonic() - began) / 3
        for number in range(40 if suite.long else 2):
            for name, change, after in [("replaced", replace, many), ("appended", append, both),
                                        ("written over", write_over, many)]:
                delay = noise.random() * quiet

                def one():
                    found = race(base, path, few, after, change, delay, told)
                    if found is None:
                        return
                    digest, proposed = found
                    # Written over is not written at once: half of it may be what was read.
                    if digest in known and known[digest] != proposed:
                        raise Broken(f"{proposed} with the digest of {known[digest]}")
                    if digest not in known and change is not write_over:
                        raise Broken("a digest of neither file")

                suite.trial(f"sales.{ending} {name} after {delay:.3f} s, {number}", one)
    suite.note(f"{told['published']} published, {told['refused']} refused")
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)

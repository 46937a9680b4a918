"""Every file below OUT and MODELS cut, zeroed, changed in one bit, removed, copied beside.

Each is detected and told, by `doctor` or by the next night, and the next night publishes where an
older good state allows: only decisions that are damaged without a sound copy stop it. What was
approved is not proposed again.
"""

import os
import shutil

from shop import Broken, Shop, temporary


def prepared(at):
    shop = Shop.new(os.path.join(at, "shop"))
    shop.run(0)
    first = shop.lines()
    shop.expect((0,), "review", "--decisions", shop.decide(first[:2]))
    shop.expect((0,), "export", "--format", "generic")
    shop.run(1)
    shop.run(2)
    return shop, {row["sku"] for row in first[:2]}


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def zero(path):
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.write(bytes(min(size, 4096)))


def flip(path):
    with open(path, "r+b") as file:
        at = os.path.getsize(path) // 2
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def beside(path):
    shutil.copy2(path, path + "~")


KINDS = {"cut": cut, "zero": zero, "flip": flip, "remove": os.remove, "beside": beside}


def files(shop):
    found = []
    for top in ["out", "models"]:
        for folder, _, names in os.walk(shop.path(top)):
            if os.path.islink(folder):
                continue
            for name in sorted(names):
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    found.append(os.path.relpath(path, shop.at))
    return sorted(found)


# Not ours to keep: a lock's text is a courtesy, and export files are handed over, importers move
# them away. What was exported is known from the decisions, `export --all` writes it again.
def is_handed_over(path):
    return os.path.basename(path) == ".lock" or path.startswith("out/exports/")


def check(shop, path, kind, approved):
    name = os.path.basename(path)
    looked = shop.call("doctor")
    if looked.code == 1 or looked.code not in (0, 3):
        raise Broken(f"doctor: exit {looked.code}: {looked.said[-400:]}")
    told = looked.code == 3 and (name in looked.said or name.rstrip("~") in looked.said)
    ran = shop.call("run", "--as-of", shop.night(3))
    # Lost decisions stop the night; nothing else may.
    stops = path.startswith("out/decisions") or path.startswith("out/.decisions-copy")
    if ran.code not in (0, 5) and not (ran.code == 3 and stops):
        raise Broken(f"the next night: exit {ran.code}: {ran.said[-400:]}")
    told = told or name in ran.said or looked.code == 3 or ran.code in (3, 5)
    if not told:
        raise Broken("nobody said anything")
    if ran.code in (0, 5):
        again = approved & {row["sku"] for row in shop.lines()}
        if again:
            raise Broken(f"approved, and proposed again: {again}")
    fixed = shop.call("doctor", "--fix")
    if fixed.code not in (0, 3):
        raise Broken(f"doctor --fix: exit {fixed.code}: {fixed.said[-400:]}")


def damage(suite, seed):
    del seed
    at = temporary()
    base, approved = prepared(at)
    looked = base.expect((0,), "doctor")
    del looked
    number = 0
    for path in files(base):
        full = base.path(path)
        if is_handed_over(path) or os.path.getsize(full) == 0:
            continue
        for kind, harm in KINDS.items():
            # Nobody but the program opens the hidden second copy: what lies beside is never read.
            if kind == "beside" and path.startswith("out/.decisions-copy"):
                continue
            number += 1
            if not suite.long and number % 29:
                continue
            place = temporary()
            shop = base.copy(os.path.join(place, "shop"))
            harm(shop.path(path))
            suite.trial(f"{path} {kind}", lambda: check(shop, path, kind, approved), place)
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)

"""The program killed: at its N-th call of the system (strace), and at random moments.

After each kill: `current` opens and is whole; no decision is lost or doubled; the same command,
given again, does its work; then nothing is left behind and `doctor` finds nothing.
"""

import csv
import os
import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from shop import Broken, Shop, call, temporary

# What changes a disk. A kill between two of them is a kill at the second.
CALLS = "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink," \
        "symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate"


def prepared(at):
    """A shop with three nights, one decided on and exported, and the next night's line decided."""
    shop = Shop.new(os.path.join(at, "shop"))
    shop.run(0)
    shop.expect((0,), "review", "--decisions", shop.decide(shop.lines()[:1]))
    shop.expect((0,), "export", "--format", "generic")
    shop.run(1)
    shop.run(2)
    shop.decide(shop.lines()[:1], name="next.csv", author="bob")
    return shop


def exported(shop):
    """How often each id stands in export files."""
    counts = {}
    folder = shop.path("out", "exports")
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        with open(os.path.join(folder, name), newline="") as file:
            for row in csv.DictReader(file):
                counts[row["external_id"]] = counts.get(row["external_id"], 0) + 1
    return counts


class Command:
    def __init__(self, name, words, before=lambda shop: None, doubled=lambda shop: None):
        self.name, self.words, self.before, self.doubled = name, words, before, doubled


def one_log(shop):
    lines = shop.log()
    if len(lines) != len(set(lines)):
        raise Broken(f"decisions twice: {lines}")


def no_export_twice(shop):
    twice = [line for line, count in exported(shop).items() if count > 1]
    if twice:
        raise Broken(f"exported twice: {twice}")


COMMANDS = [
    Command("run", ["run", "--as-of", "2026-01-08"]),
    Command("run-again", ["run", "--as-of", "2026-01-07"]),
    Command("backfill", ["run", "--as-of", "2026-01-06"]),
    Command("review", ["review", "--decisions", "next.csv"], doubled=one_log),
    Command("export", ["export", "--format", "generic"],
            before=lambda shop: shop.expect((0,), "review", "--decisions", "next.csv"),
            doubled=no_export_twice),
    Command("prune", ["prune", "--keep", "1"]),
    Command("doctor", ["doctor", "--fix"]),
]


def check(shop, command, before):
    status = shop.path("out", "current", "manifest.json")
    if not os.path.exists(status):
        raise Broken("there is no current run")
    after = shop.log()
    lost = [line for line in before if line not in after]
    if lost:
        raise Broken(f"lost: {lost}")
    again = shop.call(*command.words)
    if again.code not in (0, 5):
        raise Broken(f"again: exit {again.code}: {again.said[-500:]}")
    command.doubled(shop)
    done = shop.log()
    if command.name == "review" and len(done) != len(before) + 1:
        raise Broken(f"{len(done)} decisions after review, {len(before)} before: {done}")
    if command.name == "export" and len(exported(shop)) != len(done):
        raise Broken(f"{len(done)} decisions, exported {exported(shop)}")
    looked = shop.call("doctor")
    if looked.code != 0:
        raise Broken(f"doctor afterwards: {looked.said[-500:]}")
    left = shop.left_behind()
    if left:
        raise Broken(f"left behind: {left}")


def by_call(suite, template, command, number):
    """Kills the command at the `number`-th call of one of its threads; whether it was killed."""
    at = temporary()
    shop = template.copy(os.path.join(at, "shop"))
    before = shop.log()
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e",
             f"inject={CALLS}:signal=SIGKILL:when={number}", *shop.words(*command.words)]
    done = call(shop.at, words)
    killed = done.code != 0 and done.code != 5
    suite.trial(f"{command.name} killed at call {number}", lambda: check(shop, command, before), at)
    return killed


def by_time(suite, template, command, share, length):
    at = temporary()
    shop = template.copy(os.path.join(at, "shop"))
    before = shop.log()
    process = subprocess.Popen(shop.words(*command.words), cwd=shop.at, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(length * share)
    process.kill()
    process.wait()
    what = f"{command.name} killed after {share:.3f} of its time"
    suite.trial(what, lambda: check(shop, command, before), at)


def kills(suite, seed):
    at = temporary()
    base = prepared(at)
    noise = random.Random(seed)
    points, workers = 0, 2 * (os.cpu_count() or 1)
    with_strace = shutil.which("strace") is not None
    if not with_strace:
        suite.note("no strace: only at random moments")
    for command in COMMANDS:
        template = base.copy(os.path.join(at, command.name))
        command.before(template)
        trial = template.copy(os.path.join(at, "timed"))
        began = time.monotonic()
        trial.expect((0, 5), *command.words)
        length = time.monotonic() - began
        shutil.rmtree(trial.at)
        with ThreadPoolExecutor(workers) as pool:
            number, killed = 1, [with_strace]
            # A step of one up to the last call; in CI, a handful spread over them.
            while all(killed) and number < 5000:
                numbers = []
                for _ in range(workers):
                    numbers.append(number)
                    number += 1 if suite.long else max(3, number // 2)
                killed = list(pool.map(
                    lambda number: by_call(suite, template, command, number), numbers))
                points += sum(killed)
            shares = [noise.random() for _ in range(100 if suite.long else 2)]
            list(pool.map(
                lambda share: by_time(suite, template, command, share, length * 1.1), shares))
    suite.note(f"{points} by call")
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)

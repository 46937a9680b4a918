"""A small shop on disk and the program run on it; only the standard library."""

import csv
import datetime
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.environ.get("CARGO_TARGET_DIR") or os.path.join(ROOT, "target")
PROGRAM = os.environ.get("ORDERPOINT") or os.path.join(TARGET, "release", "orderpoint")
FIRST = datetime.date(2026, 1, 5)
# What the contract lets a command end with; 1 is our own fault and 6 an audit that failed.
KNOWN_CODES = {0, 2, 3, 4, 5, 7, 8}
ADDRESS_SPACE = 6 << 30


class Done:
    """What came of a command."""

    def __init__(self, code, out, err, seconds, megabytes):
        self.code, self.out, self.err = code, out, err
        self.seconds, self.megabytes = seconds, megabytes

    @property
    def said(self):
        return self.out + self.err


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def call(at, words, patience=120, stdin=None):
    """Runs the program in `at`; code 124 where it had to be stopped."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            words, cwd=at, stdout=out, stderr=err, preexec_fn=limited,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
        if stdin is not None:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        deadline, stopped = time.monotonic() + patience, False
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline and not stopped:
                process.kill()
                stopped = True
            time.sleep(0.004)
        code = 124 if stopped else os.waitstatus_to_exitcode(status)
        process.returncode = code
        out.seek(0)
        err.seek(0)
        return Done(code, out.read().decode(errors="replace"), err.read().decode(errors="replace"),
                    used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)


class Shop:
    """A folder with data/, out/ and models/."""

    def __init__(self, at):
        self.at = at

    @classmethod
    def new(cls, at, items=4, days=90, seed=1):
        shop = cls(at)
        os.makedirs(os.path.join(at, "data"))
        noise = random.Random(seed)
        sales = ["date,sku,channel,quantity,unit_price"]
        for back in range(days, 0, -1):
            day = FIRST - datetime.timedelta(back)
            for item in range(items):
                sales.append(f"{day},S{item},web,{noise.randint(0, 3 + item)},10")
        shop.write("sales", sales)
        shop.write("products", ["sku,name,unit_cost,unit_price"] +
                   [f"S{i},item {i},5,10" for i in range(items)])
        shop.write("stock", ["sku,on_hand"] + [f"S{i},{i}" for i in range(items)])
        shop.write("supply", ["sku,supplier,unit_cost,lead_time_days,pack_size"] +
                   [f"S{i},sup{i % 2},5,7,2" for i in range(items)])
        return shop

    def copy(self, to):
        shutil.copytree(self.at, to, symlinks=True)
        return Shop(to)

    def path(self, *parts):
        return os.path.join(self.at, *parts)

    def write(self, table, lines):
        with open(self.path("data", table + ".csv"), "w") as file:
            file.write("\n".join(lines) + "\n")

    def words(self, command, *more):
        return [PROGRAM, command, "--data", "data", "--out", "out", "--models", "models",
                "--log-format", "off", *more]

    def call(self, command, *more, patience=120, stdin=None):
        return call(self.at, self.words(command, *more), patience, stdin)

    def expect(self, codes, command, *more):
        done = self.call(command, *more)
        if done.code not in codes:
            raise Broken(f"{command} {' '.join(more)}: exit {done.code}: {done.said[-600:]}")
        return done

    def night(self, number):
        return str(FIRST + datetime.timedelta(number))

    def run(self, number, codes=(0, 5)):
        return self.expect(codes, "run", "--as-of", self.night(number))

    def current(self):
        return os.path.realpath(self.path("out", "current"))

    def lines(self):
        """The proposed order lines of the current run."""
        found = []
        folder = os.path.join(self.current(), "orders")
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            if name.endswith(".csv"):
                with open(os.path.join(folder, name), newline="") as file:
                    found += [row for row in csv.DictReader(file)
                              if row["recommendation_id"].startswith("R")]
        return found

    def decide(self, rows, decision="approve", name="decisions.csv", author="ann"):
        with open(self.path(name), "w") as file:
            file.write("recommendation_id,decision,reason,until,author\n")
            for row in rows:
                file.write(f"{row['recommendation_id']},{decision},because,,{author}\n")
        return name

    def log(self):
        """The decisions that are kept, one line each."""
        done = self.expect((0,), "review", "--log")
        return [line for line in done.out.splitlines() if re.match(r"\d{4}-\d\d-\d\d ", line)]

    def ask(self, *calls):
        """Rows of the newest run, through `mcp`: [(tool, arguments)] -> [structured content]."""
        messages = []
        for number, (tool, arguments) in enumerate(calls):
            messages.append(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                                        "params": {"name": tool, "arguments": arguments}}))
        done = self.call("mcp", stdin="\n".join(messages) + "\n")
        if done.code != 0:
            raise Broken(f"mcp: exit {done.code}: {done.said[-600:]}")
        answers = [json.loads(line)["result"] for line in done.out.splitlines()]
        for answer in answers:
            if answer["isError"]:
                raise Broken(f"mcp: {answer['content'][0]['text']}")
        return [answer["structuredContent"] for answer in answers]

    def table(self, tool, name, **arguments):
        content, = self.ask((tool, arguments))
        return [row["cells"] for table in content["tables"] if table["table"] == name
                for row in table["rows"]]

    def left_behind(self):
        """Files below OUT that a crash leaves and nothing names."""
        left = []
        for folder, folders, files in os.walk(self.path("out")):
            for name in folders + files:
                if name.startswith((".staging", ".current", ".next")) or name.endswith(".next"):
                    left.append(os.path.relpath(os.path.join(folder, name), self.at))
        return left


class Broken(Exception):
    """A rule that did not hold."""


def temporary():
    return tempfile.mkdtemp(prefix="orderpoint-faults-")


class Suite:
    """Counts trials; a broken one keeps its folder."""

    def __init__(self, name, long):
        self.name, self.long = name, long
        self.tried, self.broken, self.notes = 0, [], []
        self.began = time.monotonic()

    def trial(self, what, work, at=None):
        self.tried += 1
        if self.long and self.tried % 100 == 0:
            seconds = time.monotonic() - self.began
            print(f"  {self.name}: {self.tried} tried, {seconds:.0f} s", flush=True)
        try:
            work()
            if at:
                shutil.rmtree(at, ignore_errors=True)
        except Broken as broken:
            self.broken.append(f"{what}: {broken}")
            kept = f" [{at}]" if at else ""
            print(f"  BROKEN {self.name}: {what}: {broken}{kept}", flush=True)

    def note(self, text):
        self.notes.append(text)

    def done(self):
        seconds = time.monotonic() - self.began
        notes = "".join(f"; {note}" for note in self.notes)
        print(f"{self.name}: {self.tried} tried, {len(self.broken)} broken{notes}, {seconds:.0f} s",
              flush=True)
        return not self.broken


if sys.version_info < (3, 9):
    sys.exit("Python 3.9 or newer")

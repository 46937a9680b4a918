"""The phases of a night, for any engine that can run a list of commands on its machines."""

import json
import os
import shutil
import subprocess
import sysconfig
import unicodedata
import uuid
import zlib
from dataclasses import dataclass

# Published: whole, with severe exceptions, or but for a file that was asked for by name.
PUBLISHED = (0, 5, 7)
# Refused for good: asking again gives the same answer. 1 and a signal are worth another attempt.
REFUSED = (2, 3, 4, 6, 8)


class NightFailed(RuntimeError):
    """What stopped the night, as the program says it, once."""

    def __init__(self, code, message):
        super().__init__(f"orderpoint stopped (exit code {code}): {message}")
        self.exit_code = code


@dataclass(frozen=True)
class Run:
    """A published run."""

    run_id: str
    exit_code: int
    folder: str
    summary: dict

    def table(self, name):
        """Path of a table."""
        return f"{self.folder}/tables/{name}.parquet"


def binary():
    """The program: `ORDERPOINT`, beside this Python, or on the path."""
    beside = [os.environ.get("ORDERPOINT", ""), os.path.join(sysconfig.get_path("scripts"), "orderpoint")]
    found = next((place for place in beside if place and os.access(place, os.X_OK)), None)
    found = found or shutil.which("orderpoint")
    if not found:
        raise FileNotFoundError("orderpoint: install its wheel on every machine, or set ORDERPOINT to the program")
    return found


def call(arguments):
    """Calls the program: a status row. Raises where another attempt may succeed."""
    done = subprocess.run([binary(), *arguments], capture_output=True, text=True, errors="replace")
    if done.returncode not in PUBLISHED + REFUSED:
        raise RuntimeError(f"orderpoint {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr[-4000:].strip()}


def run(each, data, out, config=None, as_of=None, buckets=64, models=None, work=None, threads=1, memory=None, together=1):
    """A night over `buckets` buckets. `each(phase, tasks)` runs tasks on an engine, in any order and as often as it
    likes, and returns their status rows; a task is the arguments of the program. It takes `together` buckets, one
    after the other: only one is in memory at a time, and what all of them read is read once.

    `data`, `out`, `work` and the binary must be reached from every machine; `threads` and `memory` (MiB) hold for one
    task. The driver itself uses all of its cores.
    """
    work = work or os.path.join(out, f".work-{uuid.uuid4().hex}")
    shop = ["--data", data, "--out", out, "--work", work]
    for name, value in (("--config", config), ("--as-of", as_of), ("--models", models)):
        shop += [name, str(value)] if value is not None else []
    a_task = ["--threads", str(threads)] + (["--memory", str(memory)] if memory else [])

    def spread(phase, *arguments):
        cut = [range(first, min(first + together, buckets)) for first in range(0, buckets, together)]
        tasks = [[phase, *arguments, *shop, *a_task, "--bucket", ",".join(map(str, some))] for some in cut]
        for status in each(phase, tasks):
            checked(status)

    def checked(status):
        if status["code"] not in PUBLISHED:
            raise NightFailed(status["code"], status["err"])
        return status

    of = ["--of", str(buckets)]
    try:
        spread("observe", "--pass", "rows", *of)
        checked(call(["merge", "--pass", "rows", *of, *shop]))
        spread("observe", "--pass", "history")
        checked(call(["merge", "--pass", "history", *shop]))
        spread("plan")
        told = checked(call(["finish", "--json", "--log-format", "off", *shop]))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    summary = json.loads(told["out"])
    return Run(summary["run_id"], told["code"], summary["folder"], summary)


def attempt_of(task, name):
    """A task with the name of the attempt at it in the names of its files."""
    return [*task, "--attempt", str(name)]


def layout(data, buckets, config=None):
    """Who is in which bucket: a function of (channel, code) of a row of sales, for laying history out."""
    arguments = ["merge", "--pass", "families", "--data", str(data), "--work", str(data)]
    told = call(arguments + (["--config", str(config)] if config else []))
    if told["code"] not in PUBLISHED:
        raise NightFailed(told["code"], told["err"])
    return Layout(json.loads(told["out"]), buckets)


class Layout:
    """Buckets by the names of items. Whoever reads checks them: a row in the wrong one refuses the night."""

    def __init__(self, families, buckets):
        self.leads, self.codes, self.buckets = families["leads"], families["codes"], buckets

    def bucket(self, channel, code):
        code = (code or "").strip()
        item = self.codes.get(f"{(channel or '').strip()}\t{code}") or self.codes.get(f"\t{code}") or code
        plain = "".join(unicodedata.normalize("NFD", item.lower()).split())
        return zlib.crc32(self.leads.get(plain, plain).encode()) % self.buckets



#!/usr/bin/env python3
"""Faults of every kind done to the program: see README.md beside this."""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import damage  # noqa: E402
import kills  # noqa: E402
import many  # noqa: E402
import mutate  # noqa: E402
import nights  # noqa: E402
import races  # noqa: E402
import served  # noqa: E402
from shop import PROGRAM, Suite  # noqa: E402

SUITES = {
    "kills": kills.kills,
    "damage": damage.damage,
    "many": many.many,
    "mutate": mutate.mutate,
    "nights": nights.nights,
    "races": races.races,
    "served": served.served,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="as often as a release asks for")
    parser.add_argument("--only", default=",".join(SUITES), help="suites, by commas")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM} is not there: build it, or set ORDERPOINT")
    good = True
    for name in args.only.split(","):
        suite = Suite(name, args.long)
        SUITES[name](suite, args.seed)
        good &= suite.done()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

"""Orderpoint on Spark, on Ray or on a pool of processes: the night of one machine, cell by cell.

An engine carries paths and small files, never rows: each task calls the program of this wheel on some
buckets of items, and what tasks leave lies in a work folder that all of them reach.
"""

from orderpoint.night import NightFailed, Run, binary

__all__ = ["NightFailed", "Run", "binary"]

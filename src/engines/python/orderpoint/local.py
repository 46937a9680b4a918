"""A night on a pool of processes of this machine: as many buckets in memory at a time as there are workers.

    from orderpoint import local
    night = local.run(data="data", out="runs", buckets=256, workers=4)
"""

from concurrent.futures import ThreadPoolExecutor

from orderpoint import night


def run(data, out, config=None, as_of=None, buckets=64, workers=2, retries=3, **more):
    """Runs the night, `workers` buckets at a time."""
    # A few tasks a worker even out that some take longer; more of them read the small tables more often.
    more.setdefault("together", max(1, buckets // (4 * workers)))

    def work(numbered):
        at, task = numbered
        for attempt in range(retries):
            try:
                return night.call(night.attempt_of(task, f"{at}-{attempt}"))
            except RuntimeError:
                if attempt + 1 == retries:
                    raise
        raise ValueError("retries: expected 1 or more")

    def each(phase, tasks):
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(work, enumerate(tasks)))

    return night.run(each, str(data), str(out), config, as_of, buckets, **more)

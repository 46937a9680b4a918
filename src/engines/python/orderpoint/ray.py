"""A night on Ray 2.x.

    from orderpoint import ray
    night = ray.run(data="/shop/data", out="/shop/runs", config="/shop/orderpoint.toml", buckets=256)
"""

import os
import uuid

from orderpoint import night


def run(data, out, config=None, as_of=None, buckets=64, retries=3, **more):
    """Runs the night; `ray.init` was called, or is with what the environment says."""
    import ray

    threads = more.setdefault("threads", 1)
    environment = {name: value for name, value in os.environ.items() if name == "ORDERPOINT"}

    # A task that dies or is killed is tried again; one that is refused comes back as a row.
    @ray.remote(num_cpus=threads, max_retries=retries, retry_exceptions=True)
    def work(task):
        os.environ.update(environment)
        return night.call(night.attempt_of(task, uuid.uuid4().hex))

    def each(phase, tasks):
        return ray.get([work.options(name=f"orderpoint {phase}").remote(task) for task in tasks])

    return night.run(each, str(data), str(out), config, as_of, buckets, **more)

"""A published run copied to an object store, where nothing can be renamed.

    from orderpoint import store
    store.publish(night, "s3://shop/runs")
"""

import json
import os


def publish(run, to, **options):
    """Copies a run below `to`: its files, then the manifest that lists them, then `current.json`, one small file. A
    reader that follows `current.json` and then the manifest sees a whole run, the old one or the new; what a copy that
    died has left is listed by no manifest. `options` are those of the fsspec file system."""
    import fsspec

    there, base = fsspec.core.url_to_fs(to, **options)
    folder = f"{base.rstrip('/')}/runs/{run.run_id}"
    with open(os.path.join(run.folder, "manifest.json"), encoding="utf-8") as file:
        listed = [entry["path"] for entry in json.load(file)["files"]]
    for path in [*listed, "timings.json", "manifest.json"]:
        put(there, os.path.join(run.folder, path), f"{folder}/{path}")
    out = os.path.dirname(os.path.dirname(os.path.realpath(run.folder)))
    with open(os.path.join(out, "current.json"), encoding="utf-8") as file:
        current = json.load(file)
    # A backfill is kept and is not current.
    if current["run_id"] == run.run_id:
        put(there, os.path.join(out, "current.json"), f"{base.rstrip('/')}/current.json")
    return f"{to.rstrip('/')}/runs/{run.run_id}"


def put(there, source, target):
    there.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
    there.put_file(source, target)

"""A night on Spark 3.5 and 4.x.

    from orderpoint import spark
    night = spark.run(session, data="/shop/data", out="/shop/runs", config="/shop/orderpoint.toml", buckets=256)
    session.read.parquet(night.table("recommendations"))
"""

import os

from orderpoint import night


def run(session, data, out, config=None, as_of=None, buckets=64, **more):
    """Runs the night of the folder `data`, or of a dict of DataFrames by table name (they are written once, as
    Parquet, to OUT/.data-<as-of>). `buckets` is also the number of Spark tasks of a phase."""
    context = session.sparkContext
    more.setdefault("threads", int(context.getConf().get("spark.task.cpus", "1")))
    environment = {name: value for name, value in os.environ.items() if name == "ORDERPOINT"}

    def each(phase, tasks):
        context.setJobDescription(f"orderpoint {phase}: {len(tasks)} buckets")

        def work(task):
            from pyspark import TaskContext

            os.environ.update(environment)
            here = TaskContext.get()
            return night.call(night.attempt_of(task, f"{here.taskAttemptId()}"))

        # One partition a bucket: Spark's own hash would put two in one and none in another.
        return context.parallelize(tasks, len(tasks)).map(work).collect()

    if isinstance(data, dict):
        data = written(data, out, as_of)
    return night.run(each, str(data), str(out), config, as_of, buckets, **more)


def written(tables, out, as_of):
    """Writes DataFrames as the tables of a night: for lakehouse tables that no path reaches."""
    folder = os.path.join(out, f".data-{as_of or 'night'}")
    for name, table in tables.items():
        table.write.mode("overwrite").parquet(os.path.join(folder, name))
    return folder


def bucket(session, sales, to, buckets=64, sku="sku", channel="channel", config=None):
    """Lays the history `sales` out by bucket below `to`/sales, once, and then a day's rows each night (they are added).
    The other tables must lie in `to` already: they say which items hang together."""
    from pyspark.sql import functions as f
    from pyspark.sql.types import IntegerType

    place = night.layout(to, buckets, config)
    which = f.udf(place.bucket, IntegerType())
    channels = f.col(channel) if channel in sales.columns else f.lit("")
    with_bucket = sales.withColumn("bucket", which(channels, f.col(sku)))
    laid = with_bucket.repartition(buckets, "bucket").write.mode("append").partitionBy("bucket")
    laid.parquet(os.path.join(to, "sales"))

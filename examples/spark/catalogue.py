"""Maps `rollcall` over a table of files with Spark: Parquet in, Parquet out, on one machine or on a cluster.

    spark-submit catalogue.py FILES OUT --program /opt/rollcall

FILES is a Parquet table with a string column `file`: paths that every worker can open. OUT becomes a Parquet data set
with the rows that `rollcall analyze --format parquet` writes, and a column more:

    level   file    the posterior of each class over the whole file (`time_s` is null)
            step    the activity of each class at each step; only with --steps
            failed  one row for a file that failed --attempts times; `error` says why

Files go through in waves. A wave is in OUT whole or not at all (Spark's `_SUCCESS` tells), so that a job that was killed
goes on with the next call: what is done is skipped, what failed is tried again, a wave cut short is done anew. Only a
wave's own files depend on `--wave`; no row does on anything but its file, the model and the options.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import pyarrow
import pyarrow.compute
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession

SCHEMA = pyarrow.schema(
    [
        ("file", pyarrow.string()),
        ("time_s", pyarrow.float64()),
        ("class", pyarrow.string()),
        ("activity", pyarrow.float32()),
        ("error", pyarrow.string()),
        ("level", pyarrow.string()),
    ]
)
SPARK_SCHEMA = "file string, time_s double, class string, activity float, error string, level string"


class Rollcall:
    """One call of the program for some files. Travels to the workers, so it holds nothing but plain values."""

    def __init__(self, program: str, options: list[str], attempts: int, pause_s: float, steps: bool):
        self.program, self.options = program, options
        self.attempts, self.pause_s, self.steps = attempts, pause_s, steps

    def rows(self, batches):
        """Arrow batches of files in, Arrow batches of rows out: what Spark calls on a worker, once a partition."""
        for batch in batches:
            files = batch.column("file").to_pylist()
            if files:
                yield from self.analyze(files)

    def analyze(self, files):
        # A list on standard input has one name a line.
        failed = {file: "its name holds a line break" for file in files if "\n" in file or "\r" in file}
        yield from self.failures(failed)
        pending = [file for file in files if file not in failed]
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause_s)
            failed = {}
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                for part in self.run(pending, folder, failed):
                    yield from self.results(part)
            pending = list(failed)
            if not pending:
                return
        yield from self.failures(failed)

    def run(self, files, folder, failed):
        """Analyses files into folders below `folder`, which it yields; notes in `failed` what failed and why."""
        results, report = folder / "results", folder / "report.json"
        command = [self.program, "analyze", "--files-from", "-", "--format", "parquet", "--out-dir", results]
        command += ["--report", report, "--jobs", "1", "--quiet", *self.options]
        ended = subprocess.run(command, input="\n".join(files).encode(), capture_output=True)
        if ended.returncode in (0, 1):
            failed |= {entry["file"]: entry["reason"] for entry in json.loads(report.read_text())["failed"]}
            yield results
        elif ended.returncode == 3:
            # A disk of this worker is full: it may have room at the next attempt, or another worker has.
            failed |= dict.fromkeys(files, ended.stderr.decode(errors="replace").strip())
        elif ended.returncode > 1:
            # The call itself is wrong: no file can be blamed, and no other attempt would help.
            raise RuntimeError(ended.stderr.decode(errors="replace").strip())
        elif len(files) == 1:
            failed[files[0]] = f"the program was ended by signal {-ended.returncode}"
        else:
            # One of them did it: each alone.
            for index, file in enumerate(files):
                yield from self.run([file], folder / str(index), failed)

    def results(self, folder):
        for path in sorted(folder.rglob("*.parquet")):
            table = pyarrow.parquet.read_table(path)
            is_step = table["time_s"].is_valid()
            level = pyarrow.compute.if_else(is_step, "step", "file")
            table = table.append_column("error", pyarrow.nulls(len(table), pyarrow.string()))
            table = table.append_column("level", level).cast(SCHEMA)
            yield from (table if self.steps else table.filter(pyarrow.compute.invert(is_step))).to_batches()

    def failures(self, failed):
        if failed:
            nulls = [None] * len(failed)
            columns = [list(failed), nulls, nulls, nulls, list(failed.values()), ["failed"] * len(failed)]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, SCHEMA)]
            yield pyarrow.record_batch(arrays, schema=SCHEMA)


class DataSet:
    """OUT: folders `wave=N`, each of them finished or of no account."""

    def __init__(self, spark: SparkSession, out: str):
        self.spark, self.out = spark, out
        # Hadoop's own interface: OUT may be on a disk, in HDFS or in an object store.
        self.path = spark._jvm.org.apache.hadoop.fs.Path
        self.system = self.path(out).getFileSystem(spark._jsc.hadoopConfiguration())

    def waves(self) -> list[int]:
        """Numbers of the finished waves. What a killed job left of another one is removed."""
        finished = []
        if not self.system.exists(self.path(self.out)):
            return finished
        for status in self.system.listStatus(self.path(self.out)):
            name = status.getPath().getName()
            if name.startswith("wave="):
                if self.system.exists(self.path(status.getPath(), "_SUCCESS")):
                    finished.append(int(name.removeprefix("wave=")))
                else:
                    self.system.delete(status.getPath(), True)
        return sorted(finished)

    def read(self, waves: list[int]) -> DataFrame:
        """The rows of these waves."""
        if not waves:
            return self.spark.createDataFrame([], SPARK_SCHEMA)
        paths = [f"{self.out}/wave={wave}" for wave in waves]
        return self.spark.read.option("basePath", self.out).parquet(*paths).select(*SCHEMA.names)

    def write(self, rows: DataFrame, wave: int) -> None:
        rows.write.partitionBy("level").parquet(f"{self.out}/wave={wave}")


def run(spark: SparkSession, files: DataFrame, out: str, rollcall: Rollcall, wave_files: int, task_files: int) -> None:
    """Analyses every file that `out` does not hold yet."""
    data = DataSet(spark, out)
    waves = data.waves()
    done = data.read(waves).where("level = 'file'").select("file").distinct()
    names = files.select("file").where("file is not null").distinct()
    # A file's rank is the same however often Spark computes it: were it not, a lost worker could lose or double files.
    left = names.join(done, "file", "left_anti").orderBy("file").rdd.map(lambda row: row.file).zipWithIndex().cache()
    total = left.count()
    print(f"{names.count()} files, {total} of them to do", file=sys.stderr)
    for number, first in enumerate(range(0, total, wave_files), start=max(waves, default=-1) + 1):
        chosen = left.filter(lambda entry, first=first: first <= entry[1] < first + wave_files)
        wave = chosen.map(lambda entry: (entry[0],)).toDF("file string")
        tasks = -(-min(wave_files, total - first) // task_files)
        rows = wave.repartition(tasks, "file").mapInArrow(rollcall.rows, SPARK_SCHEMA)
        data.write(rows, number)
        print(f"wave {number}: {min(first + wave_files, total)} of {total} files", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="FILES", help="Parquet table with a column `file`")
    parser.add_argument("out", metavar="OUT", help="Parquet data set to begin or to go on with")
    parser.add_argument("--program", default="rollcall", help="the built program, at this path on every worker")
    parser.add_argument("--option", action="append", default=[], help="an option of `rollcall analyze`: --option=--memory=5")
    parser.add_argument("--steps", action="store_true", help="keep the activity of every step, not of whole files only")
    parser.add_argument("--attempts", type=int, default=3, help="how often a file is tried (default 3)")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two attempts (default 5)")
    parser.add_argument("--wave", type=int, default=100_000, help="files that are committed at once (default 100,000)")
    parser.add_argument("--task", type=int, default=64, help="files of one task: what a lost worker costs (default 64)")
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("rollcall").getOrCreate()
    rollcall = Rollcall(
        os.path.abspath(arguments.program) if os.sep in arguments.program else arguments.program,
        arguments.option,
        arguments.attempts,
        arguments.pause,
        arguments.steps,
    )
    run(spark, spark.read.parquet(arguments.files), arguments.out, rollcall, arguments.wave, arguments.task)
    spark.stop()


if __name__ == "__main__":
    main()

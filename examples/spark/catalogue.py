"""Maps `rollcall` over a table of files with Spark: Parquet in, Parquet out, on one machine or on a cluster.

    spark-submit catalogue.py FILES OUT --program /opt/rollcall

It is one file because that is what `spark-submit` takes. FILES is a Parquet table with a string column `file`: paths that every
worker can open. OUT becomes a Parquet data set with the rows that `rollcall analyze --format parquet` writes, and four columns more:

    level       file    the posterior of each class over the whole file (`time_s` is null)
                step    the activity of each class at each step; only with --steps
                failed  one row for a file that failed --attempts times; `error` says why
    error       why a file failed, or, with --option=--keep-partial, why it was read only in part
    duration_s  seconds that were analysed
    analysis    who listened and how, as JSON: program, model with its SHA-256, settings, options

A row depends on nothing but its file and on what its `analysis` names; all rows of one OUT have the same one. A call that would
listen in another way than OUT was begun with is refused, and so is a worker whose program or model is another one.

Files go through in waves. A wave is in OUT whole or not at all, so that a job that was killed goes on with the next call: what is
done is skipped, what failed is tried again. A file that failed has one row, however often it was tried, and none once it succeeds.
Beside the waves, OUT holds the folder `_rollcall` (readers pass over names that begin with `_`):

    identity.json   what OUT was begun with
    waves/N.json    a wave that is finished: this file's rename is what finishes it
    staging/        waves in the making
    lock, lease     who is writing: one job a catalogue
"""

import argparse
import fcntl
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import wave as wav

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
        ("duration_s", pyarrow.float64()),
        ("analysis", pyarrow.string()),
        ("level", pyarrow.string()),
    ]
)
SPARK_SCHEMA = (
    "file string, time_s double, class string, activity float, error string, duration_s double, analysis string, level string"
)
#: Parts of the metadata of a result that are the same for every file.
SHARED = "model", "settings", "classes", "hop_s", "window_s"
#: Version of what lies in `_rollcall`.
LAYOUT = "rollcall.catalogue/1"


class Refused(Exception):
    """The call must not go on; says why, and what to do."""


class Rollcall:
    """One call of the program for some files. Travels to the workers, so it holds nothing but plain values."""

    def __init__(self, program: str, options: list[str], attempts: int, pause_s: float, steps: bool):
        self.program, self.options = program, options
        self.attempts, self.pause_s, self.steps = attempts, pause_s, steps
        #: What every result must be; the driver asks a worker before the first wave.
        self.identity: dict | None = None

    def ask(self) -> dict:
        """Who listens and how, by this worker's program: its version, and what it says of a moment of silence."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            with wav.open(str(folder / "silence.wav"), "wb") as writer:
                writer.setnchannels(1)
                writer.setsampwidth(2)
                writer.setframerate(16_000)
                writer.writeframes(bytes(2 * 16_000))
            command = [self.program, "analyze", folder / "silence.wav", "--format", "parquet", "--out-dir", folder / "results"]
            # The silence ends before the part of each file that may be asked for.
            options = without(self.options, "--start", "--duration")
            ended = subprocess.run([*command, "--quiet", *options], capture_output=True)
            if ended.returncode > 1 or ended.returncode < 0:
                raise RuntimeError(said(ended))
            parts = list((folder / "results").rglob("*.parquet"))
            if not parts:
                raise RuntimeError(f"{self.program} could not analyse a second of silence with these options: {said(ended)}")
            about = head(parts[0])
            if (about.get("channel") or "").isdecimal():
                raise RuntimeError("a file has one state in a catalogue: call for --channels left and right, each with an OUT of its own")
            return {"program": self.version(), **shared(about), "options": self.options, "steps": self.steps}

    def version(self) -> str:
        ended = subprocess.run([self.program, "--version"], capture_output=True)
        if ended.returncode:
            raise RuntimeError(f"{self.program} --version: {said(ended)}")
        return ended.stdout.decode().strip()

    def check(self, found: dict) -> None:
        name = difference(self.identity, found)
        if name:
            raise RuntimeError(
                f"{socket.gethostname()}: this worker's {self.program} listens otherwise than the catalogue was begun with: "
                f"its {name} is {shown(found.get(name))} instead of {shown(self.identity.get(name))}. "
                "Give every worker the same program, model and settings, and call again"
            )

    def rows(self, batches):
        """Arrow batches of files in, Arrow batches of rows out: what Spark calls on a worker, once a partition."""
        self.check({**self.identity, "program": self.version()})
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
            is_last = attempt + 1 == self.attempts
            failed, partial = {}, set()
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                for part in self.run(pending, folder, failed):
                    # What was read of a broken file counts once, and only when no other attempt may read all of it.
                    for file, table in self.results(part):
                        if file not in failed:
                            yield from table.to_batches()
                        elif is_last:
                            partial.add(file)
                            yield from self.with_error(table, failed[file]).to_batches()
            pending = [file for file in failed if file not in partial]
            if not pending:
                return
        yield from self.failures({file: failed[file] for file in pending})

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
            raise RuntimeError(said(ended))
        elif len(files) == 1:
            failed[files[0]] = f"the program was ended by signal {-ended.returncode}"
        else:
            # One of them did it: each alone.
            for index, file in enumerate(files):
                yield from self.run([file], folder / str(index), failed)

    def results(self, folder):
        """Each file's name and rows."""
        for path in sorted(folder.rglob("*.parquet")):
            about, table = head(path), pyarrow.parquet.read_table(path)
            self.check({**self.identity, **shared(about)})
            is_step = table["time_s"].is_valid()
            level = pyarrow.compute.if_else(is_step, "step", "file")
            table = table.append_column("error", pyarrow.nulls(len(table), pyarrow.string()))
            table = table.append_column("duration_s", self.column(about["duration_s"], len(table)))
            table = table.append_column("analysis", self.column(self.analysis(about["settings"]), len(table)))
            table = table.append_column("level", level).cast(SCHEMA)
            table = table if self.steps else table.filter(pyarrow.compute.invert(is_step))
            yield table["file"][0].as_py(), table

    def analysis(self, settings: dict | None = None) -> str:
        return json.dumps({**self.identity, **({"settings": settings} if settings else {})}, ensure_ascii=False, sort_keys=True)

    @staticmethod
    def column(value, rows: int) -> pyarrow.Array:
        return pyarrow.repeat(pyarrow.scalar(value), rows)

    @staticmethod
    def with_error(table: pyarrow.Table, reason: str) -> pyarrow.Table:
        at = SCHEMA.get_field_index("error")
        return table.set_column(at, SCHEMA.field(at), Rollcall.column(reason, len(table)))

    def failures(self, failed):
        if failed:
            rows = [{"file": file, "error": reason, "analysis": self.analysis(), "level": "failed"} for file, reason in failed.items()]
            yield pyarrow.RecordBatch.from_pylist(rows, schema=SCHEMA)


def head(path: pathlib.Path) -> dict:
    """What the program wrote about a result."""
    return json.loads(pyarrow.parquet.read_metadata(path).metadata[b"rollcall"])


def shared(head: dict) -> dict:
    """Of that, what is the same for every file. The first second that was analysed is not: a frame begins there."""
    about = {name: head[name] for name in SHARED}
    about["settings"] = {name: value for name, value in about["settings"].items() if name != "start_s"}
    return about


def without(options: list[str], *names: str) -> list[str]:
    """Options but for these, which have a value: after `=`, or as the next one."""
    kept, is_value = [], False
    for option in options:
        if not is_value and option.split("=")[0] not in names:
            kept.append(option)
        is_value = not is_value and option in names
    return kept


def said(ended: subprocess.CompletedProcess) -> str:
    return ended.stderr.decode(errors="replace").strip() or f"ended with {ended.returncode}, without a word"


def difference(theirs: dict, ours: dict) -> str | None:
    """The first thing that two of `Rollcall.ask` do not have in common."""
    return next((name for name in sorted({*theirs, *ours}) if theirs.get(name) != ours.get(name)), None)


def shown(value) -> str:
    return json.dumps(value, ensure_ascii=False)


class Folder:
    """A folder through Hadoop's own interface: on a disk, in HDFS or in an object store."""

    def __init__(self, spark: SparkSession, out: str):
        self.jvm = spark._jvm
        self.out = out
        self.system = self.path().getFileSystem(spark._jsc.hadoopConfiguration())
        #: The folder's own path if it is on a disk of this machine.
        uri = self.system.makeQualified(self.path()).toUri()
        self.local = pathlib.Path(uri.getPath()) if uri.getScheme() == "file" else None

    def path(self, *parts: str):
        return self.jvm.org.apache.hadoop.fs.Path("/".join((self.out, *parts)))

    def exists(self, *parts: str) -> bool:
        return self.system.exists(self.path(*parts))

    def names(self, *parts: str) -> list[str]:
        """Of what lies in a folder; nothing if it is not there."""
        if not self.exists(*parts):
            return []
        return sorted(status.getPath().getName() for status in self.system.listStatus(self.path(*parts)))

    def length(self, *parts: str) -> int | None:
        return self.system.getFileStatus(self.path(*parts)).getLen() if self.exists(*parts) else None

    def files(self, *parts: str) -> dict[str, int]:
        """Of all Parquet files below a folder: their paths from there, and their bytes."""
        found = {}
        for status in self.system.listStatus(self.path(*parts)):
            name = status.getPath().getName()
            if status.isDirectory():
                found |= {f"{name}/{below}": length for below, length in self.files(*parts, name).items()}
            elif name.endswith(".parquet"):
                found[name] = status.getLen()
        return found

    def read(self, *parts: str) -> str:
        stream = self.system.open(self.path(*parts))
        try:
            return self.jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()

    def create(self, text: str, *parts: str, over: bool = False) -> None:
        """Fails if it is there, unless `over` it."""
        stream = self.system.create(self.path(*parts), over)
        try:
            stream.write(text.encode())
        finally:
            stream.close()

    def rename(self, source: tuple[str, ...], target: tuple[str, ...]) -> None:
        """Never over anything."""
        self.system.mkdirs(self.path(*target[:-1]))
        if self.exists(*target) or not self.system.rename(self.path(*source), self.path(*target)):
            raise Refused(f"{self.out}: {'/'.join(source)} cannot become {'/'.join(target)}, which is there or cannot be written")

    def delete(self, *parts: str) -> None:
        self.system.delete(self.path(*parts), True)


class Lock:
    """One job a catalogue. On a disk the operating system holds it, and lets go of it however the job ends; elsewhere a lease does
    that is renewed while the job runs, and that others may take when nobody has renewed it for `patience_s`. The lease is for
    courtesy: what keeps two jobs apart in any case is that one wave's manifest is renamed once (`DataSet.commit`)."""

    def __init__(self, folder: Folder, patience_s: float = 90.0, is_leased: bool | None = None):
        self.folder, self.patience_s = folder, patience_s
        self.is_leased = folder.local is None if is_leased is None else is_leased
        self.id = uuid.uuid4().hex
        self.owner = {"id": self.id, "host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%FT%T%z")}
        self.ended, self.file = threading.Event(), None
        # A lease that is being written is not read meanwhile.
        self.turn, self.renewal = threading.Lock(), None

    def __enter__(self) -> "Lock":
        if self.is_leased:
            self.take_lease()
            self.renewal = threading.Thread(target=self.renew, daemon=True)
            self.renewal.start()
            return self
        place = self.folder.local / "_rollcall/lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(place, "a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.seek(0)
            raise Refused(self.taken(self.file.read())) from None
        self.file.truncate(0)
        self.file.write(json.dumps(self.owner))
        self.file.flush()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        if self.is_leased:
            self.renewal.join()
            if self.is_held():
                self.folder.delete("_rollcall", "lease")
        else:
            self.file.close()

    def taken(self, owner: str) -> str:
        return f"{self.folder.out}: another job is writing this catalogue: {owner}. Wait for its end, or give another OUT"

    def take_lease(self) -> None:
        place = "_rollcall", "lease"
        if self.folder.exists(*place):
            before = self.folder.read(*place)
            print(f"somebody has written {self.folder.out}; waiting {self.patience_s:g} s for a sign of life", file=sys.stderr)
            time.sleep(self.patience_s)
            # Compared with itself: the clocks of two machines are not.
            if self.folder.exists(*place) and self.folder.read(*place) != before:
                raise Refused(self.taken(before))
            self.folder.delete(*place)
        try:
            self.folder.create(json.dumps(self.owner), *place)
        except Exception as error:
            raise Refused(self.taken(f"it came first ({error})")) from error
        if not self.is_held():
            raise Refused(self.taken("it came first"))

    def renew(self) -> None:
        beat = 0
        while not self.ended.wait(self.patience_s / 4):
            beat += 1
            if not self.is_held():
                return
            with self.turn:
                self.folder.create(json.dumps({**self.owner, "beat": beat}), "_rollcall", "lease", over=True)

    def is_held(self) -> bool:
        if not self.is_leased:
            return True
        try:
            with self.turn:
                return json.loads(self.folder.read("_rollcall", "lease"))["id"] == self.id
        except Exception:
            return False


class DataSet:
    """OUT: folders `wave=N`, each of which a manifest names. Nothing that a manifest names is ever deleted, but for lists of what
    had failed: each wave's list holds all that is failed by then, and takes the place of the one before."""

    def __init__(self, spark: SparkSession, folder: Folder, lock: Lock):
        self.spark, self.folder, self.lock = spark, folder, lock

    def begin(self, rollcall: Rollcall) -> None:
        """Finds out who listens, and whether that is who listened before."""
        context = self.spark.sparkContext
        found = context.parallelize([rollcall], 1).map(lambda one: one.ask()).first()
        rollcall.identity = found
        place = "_rollcall", "identity.json"
        if self.folder.exists(*place):
            document = json.loads(self.folder.read(*place))
            if document["layout"] != LAYOUT:
                raise Refused(f"{self.folder.out}: is a catalogue of another version ({document['layout']}, not {LAYOUT}); give another OUT")
            theirs = document["analysis"]
            name = difference(theirs, found)
            if name:
                raise Refused(
                    f"{self.folder.out}: was begun with another {name}: {shown(theirs.get(name))}, and now it would be "
                    f"{shown(found.get(name))}. Rows of two kinds do not mix: call as it was begun, or give another OUT"
                )
            return
        others = [name for name in self.folder.names() if not name.startswith(("_", "."))]
        if others:
            raise Refused(
                f"{self.folder.out}: holds '{others[0]}', but nothing says who listened there ('_rollcall/identity.json' is missing). "
                "Give a new folder for OUT"
            )
        text = json.dumps({"layout": LAYOUT, "analysis": found}, ensure_ascii=False, indent=1)
        self.folder.create(text, "_rollcall", "identity.tmp", over=True)
        self.folder.rename(("_rollcall", "identity.tmp"), place)

    def manifests(self) -> dict[int, dict]:
        """Of the finished waves, each of them in its place afterwards. What a killed job left of another one is removed."""
        names = [name for name in self.folder.names("_rollcall", "waves") if name.endswith(".json")]
        manifests = {int(name.removesuffix(".json")): json.loads(self.folder.read("_rollcall", "waves", name)) for name in names}
        manifests = dict(sorted(manifests.items()))
        staging = set(self.folder.names("_rollcall", "staging"))
        for wave, manifest in manifests.items():
            if manifest["staged"] in staging:
                self.publish(wave, manifest)
                staging.remove(manifest["staged"])
        for name in staging:
            self.folder.delete("_rollcall", "staging", name)
        strange = {name for name in self.folder.names() if name.startswith("wave=")} - {f"wave={wave}" for wave in manifests}
        if strange:
            raise Refused(f"{self.folder.out}: holds {min(strange)}, which no manifest names; move it away, and call again")
        return manifests

    def publish(self, wave: int, manifest: dict) -> None:
        """Brings a finished wave into its place, if it is not there yet. May be called again after a kill at any moment."""
        staged, place = ("_rollcall", "staging", manifest["staged"]), (f"wave={wave}",)
        if manifest["replaces"] is not None:
            self.folder.delete(f"wave={manifest['replaces']}", "level=failed")
        if not self.folder.exists(*place):
            self.folder.rename(staged, place)
            return
        # Where a folder is not renamed at once, a part of it is there.
        for part, length in manifest["parts"].items():
            source, target = (*staged, *part.split("/")), (*place, *part.split("/"))
            if self.folder.exists(*source):
                if self.folder.exists(*target):
                    self.folder.delete(*target)
                self.folder.rename(source, target)
            elif self.folder.length(*target) != length:
                raise Refused(f"{self.folder.out}: {'/'.join(target)} is not what wave {wave} wrote; bring it back, or give another OUT")
        self.folder.delete(*staged)

    def commit(self, wave: int, staged: str, files: int, replaces: int | None) -> dict:
        """A wave in the making is finished: `files` have their rows there. Its list of failures takes the place of that of `replaces`."""
        rows = self.spark.read.schema(SPARK_SCHEMA).parquet(self.place("_rollcall", "staging", staged))
        there = rows.where("level <> 'step'").select("level", "file").distinct().groupBy("level").count().collect()
        there = {row["level"]: row["count"] for row in there}
        if sum(there.values()) != files:
            raise Refused(f"{self.folder.out}: wave {wave} has rows of {sum(there.values())} files instead of {files}; call again")
        manifest = {
            "files": there,
            "staged": staged,
            "parts": self.folder.files("_rollcall", "staging", staged),
            "replaces": replaces,
            "by": self.lock.owner,
        }
        if not self.lock.is_held():
            raise Refused(self.lock.taken("it took the lease, which this one had not renewed in time"))
        name = ("_rollcall", "waves", f"{wave}.{self.lock.id}.tmp")
        self.folder.create(json.dumps(manifest), *name, over=True)
        self.folder.rename(name, ("_rollcall", "waves", f"{wave}.json"))
        self.publish(wave, manifest)
        return manifest

    def place(self, *parts: str) -> str:
        return "/".join((self.folder.out, *parts))

    def read(self, waves: list[int]) -> DataFrame:
        """The rows of these waves."""
        if not waves:
            return self.spark.createDataFrame([], SPARK_SCHEMA)
        reader = self.spark.read.schema(f"{SPARK_SCHEMA}, wave int").option("basePath", self.folder.out)
        return reader.parquet(*(self.place(f"wave={wave}") for wave in waves)).select(*SCHEMA.names)

    def add(self, manifests: dict[int, dict], files: DataFrame, count: int, rows: DataFrame) -> None:
        """Writes the rows of `count` files as the next wave, and with them what failed before and is not among these files."""
        last = max(manifests, default=None)
        replaces = last if last is not None and "failed" in manifests[last]["files"] else None
        wave, staged = (0 if last is None else last + 1), uuid.uuid4().hex
        if replaces is not None:
            failed = self.read([replaces]).where("level = 'failed'").join(files, "file", "left_anti").select(*SCHEMA.names).cache()
            count += failed.count()
            rows = rows.unionByName(failed.coalesce(1))
        rows.write.partitionBy("level").parquet(self.place("_rollcall", "staging", staged))
        manifests[wave] = self.commit(wave, staged, count, replaces)


def run(spark: SparkSession, files: DataFrame, out: str, rollcall: Rollcall, wave_files: int, task_files: int, lock=Lock) -> None:
    """Analyses every file that `out` does not hold yet."""
    folder = Folder(spark, out)
    with lock(folder) as held:
        data = DataSet(spark, folder, held)
        data.begin(rollcall)
        manifests = data.manifests()
        finished = [wave for wave, manifest in manifests.items() if "file" in manifest["files"]]
        done = data.read(finished).where("level = 'file'").select("file").distinct()
        names = files.select("file").where("file is not null").distinct()
        # A file's rank is the same however often Spark computes it: were it not, a lost worker could lose or double files.
        left = names.join(done, "file", "left_anti").orderBy("file").rdd.map(lambda row: row.file).zipWithIndex().cache()
        total = left.count()
        print(f"{names.count()} files, {total} of them to do", file=sys.stderr)
        for first in range(0, total, wave_files):
            chosen = left.filter(lambda entry, first=first: first <= entry[1] < first + wave_files)
            wave = chosen.map(lambda entry: (entry[0],)).toDF("file string")
            count = min(wave_files, total - first)
            rows = wave.repartition(-(-count // task_files), "file").mapInArrow(rollcall.rows, SPARK_SCHEMA)
            data.add(manifests, wave, count, rows)
            print(f"wave {max(manifests)}: {first + count} of {total} files", file=sys.stderr)


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
    if min(arguments.attempts, arguments.wave, arguments.task) < 1:
        parser.error("--attempts, --wave and --task must be 1 or more")
    spark = SparkSession.builder.appName("rollcall").getOrCreate()
    rollcall = Rollcall(
        os.path.abspath(arguments.program) if os.sep in arguments.program else arguments.program,
        arguments.option,
        arguments.attempts,
        arguments.pause,
        arguments.steps,
    )
    try:
        run(spark, spark.read.parquet(arguments.files), arguments.out, rollcall, arguments.wave, arguments.task)
    except Refused as refused:
        spark.stop()
        sys.exit(f"catalogue: {refused}")
    spark.stop()


if __name__ == "__main__":
    main()

"""Runs the job on real audio, with and without accidents: the rows must be those of one process, bit for bit.

    python examples/spark/test_catalogue.py PROGRAM RECORDING

PROGRAM is the built `rollcall`, RECORDING an audio file. Needs Java 17 and the packages of xtask/python/tests.txt.
"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pyspark
from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).resolve().parent
# As `spark-submit` does it; and for the workers.
sys.path.insert(0, str(HERE))
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
import catalogue

GUITAR = HERE / "../../engine/tests/golden/guitar.wav"
MODEL = HERE / "../../engine/tests/golden/models/stream"


def recordings(folder: pathlib.Path, recording: pathlib.Path, files: int) -> list[str]:
    """Real audio in `files` WAV files, no two alike: pieces of a guitar's chord at several rates; and the recording."""
    folder.mkdir(parents=True)
    with wave.open(str(GUITAR)) as reader:
        parameters, frames = reader.getparams(), reader.readframes(reader.getnframes())
    bytes_per_frame = parameters.nchannels * parameters.sampwidth
    for index in range(files):
        with wave.open(str(folder / f"übung {index:02}.wav"), "w") as writer:
            writer.setparams(parameters)
            writer.setframerate((8_000, 11_025, 16_000, 22_050)[index % 4])
            writer.writeframes(frames[index * 97 * bytes_per_frame :])
    shutil.copy(recording, folder / recording.name)
    return sorted(str(path) for path in folder.iterdir())


def expected(program: str, files: list[str], folder: pathlib.Path, *options) -> pyarrow.Table:
    """The rows of one process."""
    command = [program, "analyze", "--files-from", "-", "--format", "parquet", "--out-dir", folder, "--quiet", *options]
    ended = subprocess.run(command, input="\n".join(files).encode())
    assert ended.returncode in (0, 1), "the call is wrong"
    return in_order(pyarrow.concat_tables(pyarrow.parquet.read_table(path) for path in folder.rglob("*.parquet")))


def in_order(table: pyarrow.Table) -> pyarrow.Table:
    return table.select(["file", "time_s", "class", "activity"]).sort_by(
        [("file", "ascending"), ("time_s", "ascending"), ("class", "ascending")]
    )


def found(out: pathlib.Path) -> pyarrow.Table:
    return pyarrow.parquet.read_table(out, partitioning="hive")


def assert_same(out: pathlib.Path, wanted: pyarrow.Table) -> None:
    table = found(out)
    rows = in_order(table.filter(pyarrow.compute.not_equal(table["level"], "failed")))
    assert rows.num_rows == wanted.num_rows, f"{rows.num_rows} rows instead of {wanted.num_rows}"
    for name in "file", "class":
        assert rows[name].to_pylist() == wanted[name].to_pylist(), name
    for name in "time_s", "activity":
        # As bits: numbers that compare as equal may differ in them.
        found_bits, wanted_bits = (t[name].fill_null(-1.0).to_numpy().tobytes() for t in (rows, wanted))
        assert found_bits == wanted_bits, name


def failures(out: pathlib.Path) -> dict[str, str]:
    table = found(out)
    table = table.filter(pyarrow.compute.equal(table["level"], "failed"))
    files = table["file"].to_pylist()
    assert len(files) == len(set(files)), f"a file has failed twice: {files}"
    return dict(zip(files, table["error"].to_pylist()))


def assert_refused(call, *words: str) -> None:
    """In words that say what to do; what is there stays as it is."""
    try:
        call()
    except Exception as refused:
        assert all(word in str(refused) for word in words), refused
    else:
        raise AssertionError(f"was not refused: {words}")


class Job:
    """The job in a process of its own, as `spark-submit` would start it."""

    def __init__(self, scratch: pathlib.Path, program: str):
        self.scratch, self.program = scratch, program

    def start(self, files: list[str], out: pathlib.Path, master: str, *options: str) -> subprocess.Popen:
        table = self.scratch / "files.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"file": files}), table)
        home = pathlib.Path(pyspark.__file__).parent
        environment = os.environ | {"SPARK_HOME": str(home)}
        submit = [home / "bin/spark-submit", "--master", master, "--conf", "spark.ui.enabled=false"]
        submit += ["--conf", "spark.sql.shuffle.partitions=2", "--conf", f"spark.local.dir={self.scratch}/spark"]
        submit += ["--conf", "spark.executor.memory=512m", "--driver-memory", "512m", "--conf", "spark.log.level=WARN"]
        submit += ["--conf", "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs=false"]
        submit += [HERE / "catalogue.py", table, out, "--program", self.program, "--pause", "0.1", *options]
        # Its own process group, so that a test can kill all of it.
        return subprocess.Popen(submit, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, files: list[str], out: pathlib.Path, master: str, *options: str) -> str:
        job = self.start(files, out, master, *options)
        said, _ = job.communicate()
        assert job.returncode == 0, said
        return said


def executors(job: subprocess.Popen) -> list[int]:
    """Processes of a job that are executors of its local cluster."""
    pids = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            pid = int(path.parent.name)
            if os.getpgid(pid) == job.pid and b"CoarseGrainedExecutorBackend" in path.read_bytes():
                pids.append(pid)
        except OSError:
            continue
    return pids


def wait_for(condition, job: subprocess.Popen, what: str) -> None:
    limit = time.monotonic() + 300
    while not condition():
        assert job.poll() is None, f"the job ended before {what}: {job.stdout.read()}"
        assert time.monotonic() < limit, f"no sign of {what}"
        time.sleep(0.02)


class Accidents:
    """The tests, over one set of recordings."""

    def __init__(self, scratch: pathlib.Path, program: str, recording: pathlib.Path):
        self.scratch, self.program = scratch, os.path.abspath(program)
        self.files = recordings(scratch / "audio", recording, 16)
        self.wanted = expected(program, self.files, scratch / "one process")
        # A program that tells when it begins with files, and waits as long as it is held.
        self.began, self.hold, self.slow = scratch / "began", scratch / "hold", scratch / "slow"
        wait = f'touch "{self.began}"; while [ -e "{self.hold}" ]; do sleep 0.1; done'
        self.slow.write_text(f'#!/bin/sh\ncase "$*" in *--files-from*) {wait};; esac\nexec "{self.program}" "$@"\n')
        self.slow.chmod(0o755)

    def two_threads(self) -> None:
        """One file is broken and one missing: both are tried again, then told. Later only what is not done is done."""
        job, out = Job(self.scratch, self.program), self.scratch / "two threads"
        broken, missing = self.scratch / "audio/broken.wav", self.scratch / "audio/missing.wav"
        broken.write_bytes(GUITAR.read_bytes()[:20_000])
        said = job.run([*self.files[:6], str(broken), str(missing)], out, "local[2]", "--steps", "--wave", "5", "--task", "3")
        assert "8 files, 8 of them to do" in said and "wave 1:" in said, said
        assert set(failures(out)) == {str(broken), str(missing)}
        assert "the file ends here" in failures(out)[str(broken)], failures(out)

        shutil.copy(GUITAR, missing)
        files = [*self.files, str(missing)]
        stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet") if "level=failed" not in str(path)}
        said = job.run(files, out, "local[2]", "--steps", "--task", "4")
        assert f"{len(files)} files, {len(files) - 6} of them to do" in said, said
        assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()), "what was done is as it was"
        assert set(failures(out)) == {str(broken)}
        assert_same(out, expected(self.program, files, self.scratch / "with the missing one"))

    def killed_job(self) -> None:
        """The whole job killed at work: finished waves stay, the rest is done by the next call. Meanwhile no other job writes there.
        All that without `_SUCCESS`, which is Hadoop's and can be switched off."""
        out, waves = self.scratch / "killed job", ("--steps", "--wave", "4", "--task", "3")
        running = Job(self.scratch, str(self.slow)).start(self.files, out, "local[2]", *waves)
        wait_for((out / "_rollcall/waves/0.json").exists, running, "the first wave")
        self.hold.touch()
        time.sleep(1)
        before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
        second = Job(self.scratch, self.program).start(self.files, out, "local[1]", *waves)
        said, _ = second.communicate()
        assert second.returncode and "another job is writing this catalogue" in said and "Traceback" not in said, said
        assert before.items() <= {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}.items()
        assert running.poll() is None, "the first job is at work"
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        self.hold.unlink()
        done = sum(len(set(found(path)["file"].to_pylist())) for path in out.glob("wave=*"))
        said = Job(self.scratch, self.program).run(self.files, out, "local[2]", *waves)
        assert f"{len(self.files)} files, {len(self.files) - done} of them to do" in said, said
        assert_same(out, self.wanted)

    def killed_executor(self) -> None:
        """Executors as processes of their own, one of them killed at work: its tasks are done again."""
        out = self.scratch / "killed executor"
        self.began.unlink(missing_ok=True)
        self.hold.touch()
        running = Job(self.scratch, str(self.slow)).start(
            self.files, out, "local-cluster[2,1,512]", "--steps", "--task", "3"
        )
        wait_for(lambda: self.began.exists() and len(executors(running)) == 2, running, "two executors at work")
        os.kill(executors(running)[0], signal.SIGKILL)
        self.hold.unlink()
        said, _ = running.communicate()
        assert running.returncode == 0, said
        assert "lost executor" in said.lower(), f"Spark did not notice: {said}"
        assert_same(out, self.wanted)


class Books:
    """The tests of what the catalogue keeps, in one session of Spark: small tables, the calls of the job itself."""

    def __init__(self, scratch: pathlib.Path, program: str):
        self.scratch, self.program, self.out = scratch / "books", program, scratch / "books/out"
        self.files = recordings(self.scratch / "audio", GUITAR, 5)
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False).config("spark.log.level", "OFF")
        # Hadoop's marker of a finished job may be switched off: nothing may rest on it.
        builder = builder.config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", False)
        self.spark = builder.config("spark.sql.shuffle.partitions", 1).config("spark.local.dir", str(self.scratch)).getOrCreate()

    def call(self, files: list[str], *options: str, program=None, steps=True, wave=100, **choices) -> str:
        rollcall = catalogue.Rollcall(str(program or self.program), ["--model", str(MODEL), *options], 3, 0.1, steps)
        table, said = self.spark.createDataFrame([(file,) for file in files], "file string"), io.StringIO()
        with contextlib.redirect_stderr(said):
            catalogue.run(self.spark, table, str(self.out), rollcall, wave, 3, **choices)
        return said.getvalue()

    def expected(self, files: list[str], *options: str) -> pyarrow.Table:
        with tempfile.TemporaryDirectory() as folder:
            return expected(self.program, files, pathlib.Path(folder), "--model", MODEL, *options)

    def retries(self) -> None:
        """A broken file that is kept in part has its rows once, and says so; what failed has one row, until it succeeds."""
        self.out = self.scratch / "in part"
        broken = self.scratch / "broken.wav"
        broken.write_bytes(GUITAR.read_bytes()[:20_000])
        self.call([*self.files[:2], str(broken)], "--keep-partial")
        assert failures(self.out) == {}
        table = found(self.out)
        partial = table.filter(pyarrow.compute.equal(table["file"], str(broken)))
        assert "the file ends" in partial["error"][0].as_py() and partial["error"].null_count == 0, partial["error"][0]
        assert 0 < partial["duration_s"][0].as_py() < 0.3
        assert_same(self.out, self.expected([*self.files[:2], str(broken)], "--keep-partial"))
        assert " 0 of them to do" in self.call([*self.files[:2], str(broken)], "--keep-partial")

        self.out = self.scratch / "mended"
        missing = self.scratch / "missing.wav"
        for files in self.files[:1], self.files[:2], self.files[:3]:
            self.call([*files, str(broken), str(missing)])
            assert set(failures(self.out)) == {str(broken), str(missing)}
        shutil.copy(GUITAR, broken)
        # It goes with the wave in which it succeeds; what is not asked for now stays as it was.
        self.call([*self.files, str(broken)], wave=2)
        assert set(failures(self.out)) == {str(missing)}
        shutil.copy(GUITAR, missing)
        self.call([*self.files, str(missing)])
        assert failures(self.out) == {}
        assert_same(self.out, self.expected([*self.files, str(broken), str(missing)]))

    def cut_anywhere(self) -> None:
        """A kill before a wave's manifest has its name, and after it; what no manifest names is not touched."""
        self.out, wanted = self.scratch / "cut", self.expected(self.files)
        self.call(self.files, wave=2)
        books, staging = self.out / "_rollcall/waves", self.out / "_rollcall/staging"
        assert not list(self.out.rglob("_SUCCESS")) and not list(staging.iterdir())
        last = max(int(path.stem) for path in books.glob("*.json"))
        staged = staging / json.loads((books / f"{last}.json").read_text())["staged"]
        # After its manifest, before its place: it is finished.
        (self.out / f"wave={last}").rename(staged)
        assert " 0 of them to do" in self.call(self.files, wave=2)
        assert_same(self.out, wanted)
        # In the middle of its way to its place, where folders are not renamed at once.
        shutil.copytree(self.out / f"wave={last}", staged)
        next((self.out / f"wave={last}").rglob("level=step/*.parquet")).unlink()
        next((self.out / f"wave={last}").rglob("level=file/*.parquet")).write_bytes(b"PAR1")
        assert " 0 of them to do" in self.call(self.files, wave=2)
        assert_same(self.out, wanted)
        # Before its manifest: it is done anew, and the others are as they were.
        (books / f"{last}.json").rename(books / f"{last}.0.tmp")
        (self.out / f"wave={last}").rename(staging / "of a killed job")
        stamps = {path: path.stat().st_mtime_ns for path in self.out.glob("wave=*/**/*.parquet")}
        assert " 0 of them to do" not in self.call(self.files, wave=2)
        assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
        assert_same(self.out, wanted)
        # A wave that no manifest names is somebody's.
        (books / f"{last}.json").rename(self.scratch / "lost.json")
        assert_refused(lambda: self.call(self.files), f"wave={last}", "no manifest")
        assert (self.out / f"wave={last}").exists()

    def scores(self) -> None:
        """`rollcall evaluate` says of the catalogue what it says of one process's files: many parts, steps apart, a failed file."""
        self.out, single, labels = self.scratch / "scored", self.scratch / "one process", self.scratch / "labels"
        self.call([*self.files, str(self.scratch / "nowhere.wav")], "--threshold", "0.2", "--start", "0.3", wave=3)
        expected(self.program, self.files, single, "--model", MODEL, "--threshold", "0.2", "--start", "0.3")
        labels.mkdir()
        for index, file in enumerate(self.files):
            label = f"0.5 {1 + index * 0.2:.2f} guitar\n0 0.7 {('voice', 'piano', 'drums')[index % 3]}\n"
            (labels / f"{pathlib.Path(file).stem}.lab").write_text(label)
        parts = [path for path in self.out.rglob("*.parquet")]
        assert len(parts) >= 5 and len(failures(self.out)) == 1, (parts, failures(self.out))

        def evaluated(said: pathlib.Path) -> dict:
            scores = self.scratch / f"{said.name}.json"
            call = [self.program, "evaluate", said, labels, "--rounds", "20", "--quiet", "--force", "--output", scores]
            ended = subprocess.run(call, capture_output=True, text=True)
            assert ended.returncode == 0, ended.stderr
            return {name: value for name, value in json.loads(scores.read_text()).items() if name != "predictions"}

        found, wanted = evaluated(self.out), evaluated(single)
        differing = [name for name in wanted if found.get(name) != wanted[name]]
        assert not differing and found["files"] == found["files_with_ranges"] == len(self.files), differing
        assert found["classes"]["guitar"]["scores"]["psds_exact"]["value"] is not None
        # A job that is at work, or was killed, leaves parts that count nowhere.
        shutil.copytree(next(self.out.glob("wave=*")), self.out / "_rollcall/staging/of a killed job")
        assert evaluated(self.out) == wanted

    def one_job(self) -> None:
        """Two jobs at once: the second is refused, by a lock on a disk, by a lease elsewhere; a dead job's lease is taken over."""
        self.out = self.scratch / "one job"
        folder = catalogue.Folder(self.spark, str(self.out))
        with catalogue.Lock(folder):
            assert_refused(lambda: self.call(self.files[:1]), "another job is writing", "another OUT")
        lease = lambda folder: catalogue.Lock(folder, 1.0, is_leased=True)
        with lease(folder):
            assert_refused(lambda: self.call(self.files[:1], lock=lease), "another job is writing", "another OUT")
        assert not (self.out / "_rollcall/lease").exists()
        folder.create('{"id": "of a dead job"}', "_rollcall", "lease")
        self.call(self.files[:1], lock=lease)
        assert_same(self.out, self.expected(self.files[:1]))
        # Who lost the lease writes nothing more.
        rollcall = catalogue.Rollcall(self.program, ["--model", str(MODEL)], 1, 0.0, True)
        with lease(folder) as held:
            data = catalogue.DataSet(self.spark, folder, held)
            data.begin(rollcall)
            folder.create('{"id": "another"}', "_rollcall", "lease", over=True)
            files = self.spark.createDataFrame([(self.files[1],)], "file string")
            rows = files.mapInArrow(rollcall.rows, catalogue.SPARK_SCHEMA)
            assert_refused(lambda: data.add(data.manifests(), files, 1, rows), "another job is writing")
        assert_same(self.out, self.expected(self.files[:1]))

    def identity(self) -> None:
        """Rows of two kinds do not mix: neither from call to call nor from worker to worker. Each row says what kind it is."""
        self.out = self.scratch / "identity"
        self.call(self.files[:2], "--memory", "2")
        (analysis,) = {json.dumps(json.loads(text), sort_keys=True) for text in found(self.out)["analysis"].to_pylist()}
        analysis = json.loads(analysis)
        assert len(analysis["model"]["sha256"]) == 64 and analysis["settings"]["memory_s"] == 2.0 and "rollcall" in analysis["program"]
        assert "--memory" in analysis["options"] and len(analysis["classes"]) == 20 and analysis["steps"] is True
        before = {path: path.stat().st_mtime_ns for path in self.out.rglob("*.parquet")}
        assert_refused(lambda: self.call(self.files, "--memory", "3"), "another options", "--memory", "another OUT")
        assert_refused(lambda: self.call(self.files, "--memory", "2", steps=False), "another steps")
        # The same options, but another model in that folder, or another program in that place.
        other, newer = self.scratch / "other model", self.scratch / "newer"
        other.write_text(f'#!/bin/sh\nfor arg; do shift; [ "$arg" = "{MODEL}" ] && arg="{MODEL.parent}/patch"; set -- "$@" "$arg"; done\nexec "{self.program}" "$@"\n')
        newer.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "rollcall 99.0" && exit\nexec "{self.program}" "$@"\n')
        # A worker that listens otherwise than the one that was asked before the first wave.
        worker, mark = self.scratch / "worker", self.scratch / "was called"
        worker.write_text(f'#!/bin/sh\n[ "$1" = --version ] || mkdir "{mark}" 2>/dev/null || exec "{other}" "$@"\nexec "{self.program}" "$@"\n')
        for wrapper in other, newer, worker:
            wrapper.chmod(0o755)
        assert_refused(lambda: self.call(self.files, "--memory", "2", program=other), "another model", "sha256")
        assert_refused(lambda: self.call(self.files, "--memory", "2", program=newer), "another program", "rollcall 99.0")
        assert_refused(lambda: self.call(self.files, "--memory", "2", program=worker), "this worker's", "model", "same program")
        assert before == {path: path.stat().st_mtime_ns for path in self.out.rglob("*.parquet")}
        # Parts of files, from a second on at which another file may have ended.
        self.out = self.scratch / "parts"
        self.call(self.files[:2], "--start", "1.3", "--duration=1")
        assert_same(self.out, self.expected(self.files[:2], "--start", "1.3", "--duration=1"))
        # A row has no room for each channel of a file.
        self.out = self.scratch / "channels"
        assert_refused(lambda: self.call(self.files[:1], "--channels", "each"), "one state in a catalogue", "--channels left")
        # What another version of this job has begun.
        self.out = self.scratch / "older"
        (self.out / "wave=0").mkdir(parents=True)
        assert_refused(lambda: self.call(self.files), "nothing says who listened", "new folder")


#: The tests of the books, then those of accidents.
BOOKS = ["retries", "cut_anywhere", "scores", "one_job", "identity"]
ACCIDENTS = ["two_threads", "killed_job", "killed_executor"]


def main() -> None:
    program, recording, *chosen = sys.argv[1:]
    program, chosen = str(pathlib.Path(program).resolve()), chosen or [*BOOKS, *ACCIDENTS]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        books = Books(folder, program) if set(chosen) & set(BOOKS) else None
        for name in filter(chosen.__contains__, BOOKS):
            began = time.monotonic()
            getattr(books, name)()
            print(f"{name}: refused and kept as it should be ({time.monotonic() - began:.0f} s)", flush=True)
        if books:
            books.spark.stop()
        accidents = Accidents(folder, program, pathlib.Path(recording)) if set(chosen) & set(ACCIDENTS) else None
        for name in filter(chosen.__contains__, ACCIDENTS):
            began = time.monotonic()
            getattr(accidents, name)()
            print(f"{name}: the rows are those of one process, bit for bit ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()

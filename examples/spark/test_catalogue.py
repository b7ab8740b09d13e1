"""Runs the job on real audio, with and without accidents: the rows must be those of one process, bit for bit.

    python examples/spark/test_catalogue.py PROGRAM RECORDING

PROGRAM is the built `rollcall`, RECORDING an audio file. Needs Java 17 and the packages of xtask/python/tests.txt.
"""

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

HERE = pathlib.Path(__file__).parent
GUITAR = HERE / "../../engine/tests/golden/guitar.wav"


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


def expected(program: str, files: list[str], folder: pathlib.Path) -> pyarrow.Table:
    """The rows of one process."""
    command = [program, "analyze", "--files-from", "-", "--format", "parquet", "--out-dir", folder, "--quiet"]
    subprocess.run(command, input="\n".join(files).encode(), check=True)
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
    return dict(zip(table["file"].to_pylist(), table["error"].to_pylist()))


class Job:
    """The job in a process of its own, as `spark-submit` would start it."""

    def __init__(self, scratch: pathlib.Path, program: str):
        self.scratch, self.program = scratch, program

    def start(self, files: list[str], out: pathlib.Path, master: str, *options: str) -> subprocess.Popen:
        table = self.scratch / "files.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"file": files}), table)
        home = pathlib.Path(pyspark.__file__).parent
        environment = os.environ | {
            "SPARK_HOME": str(home),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        submit = [home / "bin/spark-submit", "--master", master, "--conf", "spark.ui.enabled=false"]
        submit += ["--conf", "spark.sql.shuffle.partitions=2", "--conf", f"spark.local.dir={self.scratch}/spark"]
        submit += ["--conf", "spark.executor.memory=512m", "--driver-memory", "512m", "--conf", "spark.log.level=WARN"]
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
        # A program that is slow enough to be killed at work, and tells that it is there.
        self.began, self.slow = scratch / "began", scratch / "slow"
        self.slow.write_text(f'#!/bin/sh\ntouch "{self.began}"\nsleep 2\nexec "{self.program}" "$@"\n')
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
        stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
        said = job.run(files, out, "local[2]", "--steps", "--task", "4")
        assert f"{len(files)} files, {len(files) - 6} of them to do" in said, said
        assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()), "what was done is as it was"
        assert_same(out, expected(self.program, files, self.scratch / "with the missing one"))

    def killed_job(self) -> None:
        """The whole job killed in its second wave: the first stays, the rest is done by the next call."""
        out, waves = self.scratch / "killed job", ("--steps", "--wave", "9", "--task", "3")
        running = Job(self.scratch, str(self.slow)).start(self.files, out, "local[2]", *waves)
        wait_for(lambda: (out / "wave=0/_SUCCESS").exists(), running, "the first wave")
        time.sleep(0.5)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        said = Job(self.scratch, self.program).run(self.files, out, "local[2]", *waves)
        assert f"{len(self.files)} files, {len(self.files) - 9} of them to do" in said, said
        assert_same(out, self.wanted)

    def killed_executor(self) -> None:
        """Executors as processes of their own, one of them killed at work: its tasks are done again."""
        out = self.scratch / "killed executor"
        self.began.unlink(missing_ok=True)
        running = Job(self.scratch, str(self.slow)).start(
            self.files, out, "local-cluster[2,1,512]", "--steps", "--task", "3"
        )
        wait_for(lambda: self.began.exists() and len(executors(running)) == 2, running, "two executors at work")
        os.kill(executors(running)[0], signal.SIGKILL)
        said, _ = running.communicate()
        assert running.returncode == 0, said
        assert "lost executor" in said.lower(), f"Spark did not notice: {said}"
        assert_same(out, self.wanted)


def main() -> None:
    program, recording, *chosen = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        tests = Accidents(pathlib.Path(folder), program, pathlib.Path(recording))
        for name in chosen or ["two_threads", "killed_job", "killed_executor"]:
            getattr(tests, name)()
            print(f"{name}: the rows are those of one process, bit for bit", flush=True)


if __name__ == "__main__":
    main()

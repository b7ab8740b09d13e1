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
    rows = in_order(table.filter(pyarrow.compute.not_equal(table["level"], "failed")).cast(
        pyarrow.schema([field.with_type(wanted.schema.field(field.name).type) if field.name in wanted.schema.names
                        else field for field in table.schema])
    ))
    assert rows.num_rows == wanted.num_rows, f"{rows.num_rows} rows instead of {wanted.num_rows}"
    # Arrow compares floats as numbers; their bits must be equal.
    bits = lambda t: [c.to_numpy().tobytes() for c in (t["time_s"].fill_null(-1.0), t["activity"])]
    assert rows.select(["file", "class"]).equals(wanted.select(["file", "class"])) and bits(rows) == bits(wanted)


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
        return subprocess.Popen(submit, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def run(self, files: list[str], out: pathlib.Path, master: str, *options: str) -> str:
        job = self.start(files, out, master, *options)
        _, said = job.communicate()
        assert job.returncode == 0, said
        return said


def executors(job: subprocess.Popen) -> list[int]:
    """Processes of a job that are executors of a local cluster."""
    pids = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            is_executor = b"CoarseGrainedExecutorBackend" in path.read_bytes()
            if is_executor and os.getpgid(int(path.parent.name)) == job.pid:
                pids.append(int(path.parent.name))
        except (OSError, ProcessLookupError):
            continue
    return pids


def wait_for(condition, job: subprocess.Popen, what: str) -> None:
    limit = time.monotonic() + 120
    while not condition():
        assert job.poll() is None, f"the job ended before {what}: {job.stderr.read()}"
        assert time.monotonic() < limit, f"no sign of {what}"
        time.sleep(0.02)


def main() -> None:
    program, recording = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        files = recordings(scratch / "audio", recording, 24)
        wanted = expected(program, files, scratch / "one process")
        job = Job(scratch, program)

        # A program that is slow enough to be killed at work, and tells that it is: then the real one.
        began = scratch / "began"
        slow = scratch / "slow"
        slow.write_text(f'#!/bin/sh\ntouch "{began}"\nsleep 1\nexec "{os.path.abspath(program)}" "$@"\n')
        slow.chmod(0o755)

        # Two threads. One file is broken and one is missing: tried again, then told; the job goes on.
        broken, missing = scratch / "audio/broken.wav", scratch / "audio/missing.wav"
        broken.write_bytes(b"RIFF")
        out = scratch / "two threads"
        some = [*files[:12], str(broken), str(missing)]
        said = job.run(some, out, "local[2]", "--steps", "--wave", "8", "--task", "3")
        assert "14 files, 14 of them to do" in said and "wave 1:" in said, said
        assert set(failures(out)) == {str(broken), str(missing)}
        assert "ends before the audio begins" in failures(out)[str(broken)], failures(out)
        print("local[2]: rows written, failures told")

        # More files and a repaired one: only what is not done is done.
        shutil.copy(GUITAR, missing)
        stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
        said = job.run([*files, str(missing)], out, "local[2]", "--steps", "--wave", "100", "--task", "4")
        assert f"{len(files) + 1} files, {len(files) + 1 - 12} of them to do" in said, said
        assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()), "what was done is as it was"
        assert_same(out, expected(program, [*files, str(missing)], scratch / "with the repaired one"))
        print("local[2]: what is done is skipped; rows are those of one process, bit for bit")

        # The whole job killed in its second wave: the first stays, the rest is done by the next call.
        out = scratch / "killed job"
        job.program = str(slow)
        running = job.start(files, out, "local[2]", "--steps", "--wave", "9", "--task", "3")
        wait_for(lambda: (out / "wave=0/_SUCCESS").exists(), running, "the first wave")
        time.sleep(0.5)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        job.program = program
        said = job.run(files, out, "local[2]", "--steps", "--wave", "9", "--task", "3")
        assert f"{len(files)} files, {len(files) - 9} of them to do" in said, said
        assert_same(out, wanted)
        print("local[2]: a killed job goes on; rows are those of one process, bit for bit")

        # Executors as processes of their own, one of them killed at work: its tasks are done again.
        out = scratch / "killed executor"
        began.unlink()
        job.program = str(slow)
        running = job.start(files, out, "local-cluster[2,1,512]", "--steps", "--task", "3")
        wait_for(lambda: began.exists() and len(executors(running)) == 2, running, "two executors at work")
        os.kill(executors(running)[0], signal.SIGKILL)
        _, said = running.communicate()
        assert running.returncode == 0, said
        assert "lost executor" in said.lower(), "Spark did not notice"
        assert_same(out, wanted)
        print("local-cluster: an executor killed; rows are those of one process, bit for bit")


if __name__ == "__main__":
    main()

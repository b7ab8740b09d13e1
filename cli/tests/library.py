"""Runs every command of docs/library.md, in their order, on a small library: what DuckDB answers is what pandas answers and what
the ranges say.

    python cli/tests/library.py PROGRAM AUDIO

PROGRAM is the built `rollcall`, AUDIO the demo's recording. Needs the packages of xtask/python/tests.txt.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb
import pandas
import soundfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
program, audio = (os.path.abspath(argument) for argument in sys.argv[1:])
page = (ROOT / "docs/library.md").read_text(encoding="utf-8")
blocks = re.findall(r"^```(sh|sql|python)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
assert [kind for kind, _ in blocks] == ["sh", "sql", "sql", "sql", "sh", "python"], "another page: look at this test again"
hear, table, question, playlist, plot = (text for _, text in blocks[:5])
in_pandas = blocks[5][1]


def call(command):
    words = command.split()
    assert words[0] == "rollcall"
    subprocess.run([program, *words[1:], "--quiet"], check=True)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    frames, rate = soundfile.read(audio)
    # The guitar plays from the beginning, the drums from 14 s on.
    names = "music/long, with a comma.wav", "music/cd 1/short ü.wav", "music/without drums.wav"
    os.makedirs("music/cd 1")
    for name, seconds in zip(names, (28, 4, 11.5)):
        soundfile.write(name, frames[: int(seconds * rate)], rate)
    call(hear)
    results = sorted(pathlib.Path("results").rglob("*.parquet"))
    assert len(results) == 3, results
    stamps = [path.stat().st_mtime_ns for path in results]
    call(hear)
    assert stamps == [path.stat().st_mtime_ns for path in results], "what is there stays"
    assert json.load(open("report.json"))["done"] == 3

    connection = duckdb.connect()
    connection.execute(table)
    played = connection.execute("SELECT * FROM played ORDER BY file, class").df()
    assert set(played.file) == set(names)
    # By the ranges, which close short gaps and leave out what is short: seconds apart at most.
    ranges = subprocess.run([program, "analyze", "music", "--format", "csv-ranges"], check=True, capture_output=True)
    pathlib.Path("ranges.csv").write_bytes(ranges.stdout)
    ranges = pandas.read_csv("ranges.csv").dropna(subset="class")
    ranges = (ranges.end_s - ranges.start_s).groupby([ranges.file, ranges["class"]]).sum()
    steps = played.set_index(["file", "class"]).seconds
    for where, seconds in ranges.items():
        assert abs(steps[where] - seconds) < 3, (where, seconds, steps[where])

    for who, absent, expected in (
        ("banjo", "voice", []),
        ("guitar", "voice", [names[0], names[2]]),
        ("guitar", "drums", [names[2]]),
    ):
        asked = lambda text: text.replace("banjo", who).replace("voice", absent)
        connection.execute(asked(question))
        connection.execute(asked(playlist))
        by_duckdb = pathlib.Path("answer.m3u8").read_text(encoding="utf-8")
        assert by_duckdb.splitlines() == expected, by_duckdb
        here = {}
        exec(asked(in_pandas), here)
        assert pathlib.Path("answer.m3u8").read_text(encoding="utf-8") == by_duckdb, who
        by_pandas = here["played"].sort_values(["file", "class"], ignore_index=True)
        pandas.testing.assert_frame_equal(by_pandas, played, check_dtype=False)
    call(plot)
    assert [path.name for path in pathlib.Path("pages").rglob("*.html")] == ["without drums.wav.html"]
print("every command of docs/library.md answers")

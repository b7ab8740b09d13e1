"""Reads the formats back with the libraries that they are for: jams, mido, pretty_midi, pandas with pyarrow, mir_eval; `.svl`
(XML) and REAPER's table, which have none, with what every Python has.

    python cli/tests/readback.py PROGRAM MODEL AUDIO

PROGRAM is the built `rollcall`, MODEL a package (`-` for the embedded one), AUDIO any audio file. Needs the
packages of xtask/python/tests.txt.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import jams
import mido
import mir_eval
import numpy
import pandas
import pretty_midi

program, model, audio = sys.argv[1:]
formats = "json,csv,csv-ranges,audacity,lab,svl,jams,reaper,midi,parquet"
with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder) / "ünïcödé and spaces"
    source = pathlib.Path(folder) / "Ärger & \"Glück\" – 音楽.ogg"
    shutil.copy(audio, source)
    arguments = [program, "analyze", source, "--format", formats, "--out-dir", out, "--threshold", "0.3"]
    subprocess.run(arguments + ([] if model == "-" else ["--model", model]), check=True)

    def path(suffix):
        return str(out / f"{source.name}.{suffix}")

    timeline = json.load(open(path("json"), encoding="utf-8"))
    classes, ranges = timeline["classes"], timeline["ranges"]
    activity = numpy.array(timeline["activity"], dtype=numpy.float32)
    assert ranges, "this audio has no range: choose another"
    assert timeline["file"] == str(source)

    document = jams.load(path("jams"), validate=True, strict=True)
    segments = document.search(namespace="segment_open")[0]
    assert [o.value for o in segments.data] == [r["class"] for r in sorted(ranges, key=lambda r: r["start_s"])]
    tags = {o.value: o.confidence for o in document.search(namespace="tag_open")[0].data}
    single = numpy.float32
    assert {name: single(value) for name, value in tags.items()} == {
        name: single(value) for name, value in timeline["clip"].items() if value >= 0.3
    }
    assert document.file_metadata.title == str(source)

    midi = mido.MidiFile(path("mid"))
    assert [track.name for track in midi.tracks[1:]] == classes
    assert abs(midi.length - max(timeline["duration_s"], timeline["times_s"][-1])) < 0.01
    assert sum(message.type == "marker" for message in midi.tracks[0]) == 2 * len(ranges)
    assert abs(pretty_midi.PrettyMIDI(path("mid")).get_tempo_changes()[1][0] - 120) < 1e-6

    table = pandas.read_parquet(path("parquet"))
    assert set(table.file) == {str(source)} and list(table.columns) == ["file", "time_s", "class", "activity"]
    steps = table[table.time_s.notna()]
    wide = steps.pivot(index="time_s", columns="class", values="activity")[classes].to_numpy()
    assert numpy.array_equal(wide.astype(numpy.float32), activity)
    whole = table[table.time_s.isna()].set_index("class").activity
    assert all(numpy.float32(timeline["clip"][name]) == numpy.float32(whole[name]) for name in classes)

    csv = pandas.read_csv(path("csv"))
    assert numpy.array_equal(csv[classes].to_numpy(dtype=numpy.float32), activity)
    assert len(pandas.read_csv(path("ranges.csv"))) == len(pandas.read_csv(path("regions.csv"))) == len(ranges)

    regions = pandas.read_csv(path("regions.csv"))
    assert list(regions.columns) == ["#", "Name", "Start", "End", "Length"]
    seconds = lambda text: sum(float(part) * 60**power for power, part in enumerate(reversed(text.split(":"))))
    for region, r in zip(regions.itertuples(index=False), ranges):
        assert region.Name == r["class"] and region[0].startswith("R")
        for text, time in (region.Start, r["start_s"]), (region.End, r["end_s"]), (region.Length, r["end_s"] - r["start_s"]):
            assert abs(seconds(text) - time) <= 1.1e-3, (text, time)

    layer = xml.etree.ElementTree.parse(path("svl")).getroot()
    points = [(int(p.get("frame")), p.get("label")) for p in layer.iter("point")]
    assert points == [(round(r["start_s"] * timeline["sample_rate_hz"]), r["class"]) for r in ranges]

    for suffix, separator in ("labels.txt", "\t"), ("lab", " "):
        intervals, labels = mir_eval.io.load_labeled_intervals(path(suffix), delimiter=separator)
        assert labels == [r["class"] for r in ranges]
        assert numpy.abs(intervals - [[r["start_s"], r["end_s"]] for r in ranges]).max() < 1e-6
print("all formats read back")

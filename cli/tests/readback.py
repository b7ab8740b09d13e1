"""Reads the formats back with the libraries that they are for: jams, mido, pretty_midi, pandas with pyarrow, mir_eval, utaupy
(REAPER's regions); `.svl` (XML), which has none, with what every Python has.

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
import utaupy.reaper


def regions_hold(path, ranges):
    """Whether the table of regions holds these ranges, by minutes and seconds, each time within the last digit."""
    assert open(path, "rb").read(1) == b"#", "REAPER reads UTF-8 without a mark before it"
    seconds = lambda text: sum(float(part) * 60**power for power, part in enumerate(reversed(text.split(":"))))
    regions = utaupy.reaper.load(path).values
    assert [list(region.values) for region in regions] == [["#", "Name", "Start", "End", "Length"]] * len(ranges)
    for number, (region, r) in enumerate(zip(regions, ranges), 1):
        assert (region.values["#"], region.name) == (f"R{number}", r["class"])
        length_s = r["end_s"] - r["start_s"]
        for text, time_s in (region.start, r["start_s"]), (region.end, r["end_s"]), (region.length, length_s):
            assert abs(seconds(text) - time_s) <= 1.1e-3, (text, time_s)


ROOT = pathlib.Path(__file__).resolve().parents[2]
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
    table = pandas.read_csv(path("ranges.csv"))
    assert len(table.dropna(subset=["class"])) == len(pandas.read_csv(path("regions.csv"))) == len(ranges)
    (about,) = table[table["class"].isna()].to_dict("records")
    assert (about["start_s"], about["end_s"]) == (0, timeline["duration_s"]) and about["classes"].split(";") == classes

    regions_hold(path("regions.csv"), ranges)

    for ending in "npy", "parquet":
        subprocess.run(arguments[:3] + ["--quiet", "-f", "json", "-o", path(f"again.{ending}.json"), "--embeddings", path(f"e.{ending}")]
                       + ([] if model == "-" else ["--model", model]), check=True)
    array, table = numpy.load(path("e.npy")), pandas.read_parquet(path("e.parquet"))
    assert array.dtype == numpy.float32 and array.shape == (len(timeline["times_s"]), 128) and array.any()
    assert numpy.array_equal(numpy.stack(table.embedding.to_list()).astype(numpy.float32), array)
    assert table.time_s.tolist() == timeline["times_s"] and set(table.file) == {str(source)}

    layer = xml.etree.ElementTree.parse(path("svl")).getroot()
    points = [(int(p.get("frame")), p.get("label")) for p in layer.iter("point")]
    assert points == [(round(r["start_s"] * timeline["sample_rate_hz"]), r["class"]) for r in ranges]

    for suffix, separator in ("labels.txt", "\t"), ("lab", " "):
        intervals, labels = mir_eval.io.load_labeled_intervals(path(suffix), delimiter=separator)
        assert labels == [r["class"] for r in ranges]
        assert numpy.abs(intervals - [[r["start_s"], r["end_s"]] for r in ranges]).max() < 1e-6

    # Names with all that a table might trip over, from a model of random weights that hears each of them somewhere.
    wild = pathlib.Path(folder) / "wild"
    shutil.copytree(ROOT / "engine/tests/golden/models/stream", wild)
    manifest = wild / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    names = ['Zupf, "Streich"; ü', "音楽 – '#1", " R1 ", '"', "a,,b"]
    for known, name in zip(["accordion", "banjo", "bass", "cello", "clarinet"], names):
        text = text.replace(f'"{known}"', json.dumps(name, ensure_ascii=False), 1)
    manifest.write_text(text, encoding="utf-8")
    arguments += ["--model", wild, "--threshold", "0.01", "--force"]
    arguments[arguments.index(formats)] = "json,reaper"
    subprocess.run(arguments, check=True)
    ranges = json.load(open(path("json"), encoding="utf-8"))["ranges"]
    assert set(names) <= {r["class"] for r in ranges}
    regions_hold(path("regions.csv"), ranges)
print("all formats read back")

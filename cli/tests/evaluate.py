"""Holds `rollcall evaluate` to sed_eval and psds_eval, on the same files, within 1e-6.

    python cli/tests/evaluate.py PROGRAM MODEL AUDIO

PROGRAM is the built `rollcall`, MODEL a package (`-` for the embedded one), AUDIO any audio file: one second of it is
analysed for the shape of a timeline; beside it lies its annotation (.lab). Needs the packages of xtask/python/tests.txt.
"""

import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import types
import warnings

# What sed_eval imports says much about its own future.
warnings.simplefilter("ignore")

import dcase_util
import numpy
import pandas
import sed_eval

# psds_eval draws with matplotlib, which nothing here asks it to do, and fills tables in a way that pandas has dropped since.
sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = types.ModuleType("matplotlib.pyplot")
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
fill = pandas.DataFrame.fillna
pandas.DataFrame.fillna = lambda table, value=None, method=None: table.ffill() if method == "ffill" else fill(table, value)

import psds_eval

TOLERANCE = 1e-6
program, model, audio = sys.argv[1:]
chosen = [] if model == "-" else ["--model", model]


def rollcall(*arguments, code=0):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == code, f"{arguments}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run


def annotations(rng, files, classes):
    """Ranges to the millisecond: long and short ones, none at all in some files, some classes never."""
    annotated = {}
    for index in range(files):
        spans = []
        for _ in range(0 if index == 3 else rng.randrange(1, 14)):
            start = round(rng.uniform(0, 50), 3)
            spans.append((start, round(start + rng.choice([0.3, 1.0, 4.0, 9.0]) * rng.uniform(0.5, 1.5), 3), rng.choice(classes)))
        annotated[f"Stück {index}"] = sorted(spans)
    return annotated


def disturbed(rng, annotated, classes):
    """What a system might say of them: ends a little off, some left out, some made up."""
    said = {}
    for name, spans in annotated.items():
        found = [
            (max(0.0, round(start + rng.gauss(0, 0.15), 3)), round(end + rng.gauss(0, 0.4), 3), label)
            for start, end, label in spans
            if rng.random() < 0.75
        ]
        found = [(start, max(end, start + 0.05), label) for start, end, label in found]
        found += [(start, round(start + 1.5, 3), rng.choice(classes)) for start in (rng.uniform(0, 50) for _ in range(rng.randrange(3)))]
        said[name] = sorted(found)
    return said


def reference_scores(annotated, said, labels, rule):
    """The scores of sed_eval: one dictionary for each class, `macro` and `micro`."""
    segments = sed_eval.sound_event.SegmentBasedMetrics(labels, time_resolution=rule["segment"])
    events = sed_eval.sound_event.EventBasedMetrics(
        labels,
        evaluate_offset=not rule["onset_only"],
        t_collar=rule["collar"],
        percentage_of_length=rule["length_share"],
    )
    if not rule["undefined"]:
        segments.empty_system_output_handling = events.empty_system_output_handling = "zero_score"
    for name in annotated:
        lists = [
            dcase_util.containers.MetaDataContainer(
                [{"filename": name, "event_label": label, "onset": start, "offset": end} for start, end, label in spans]
            )
            for spans in (annotated[name], said[name])
        ]
        if not any(lists):
            continue
        for metrics in (segments, events):
            metrics.evaluate(reference_event_list=lists[0], estimated_event_list=lists[1])
    scores = {}
    for prefix, metrics in ("segment", segments), ("event", events):
        rows = {label: metrics.class_wise_f_measure(label) for label in labels}
        rows["(macro)"] = metrics.results_class_wise_average_metrics()["f_measure"]
        rows["(micro)"] = metrics.results_overall_metrics()["f_measure"]
        for row, values in rows.items():
            for name, value in values.items():
                name = {"f_measure": "f1"}.get(name, name)
                scores[row, f"{prefix}_{name}"] = float(value)
    return scores


def compare(folder, predictions, references, annotated, said, labels, rule):
    out = folder / "scores.json"
    options = ["--segment", rule["segment"], "--collar", rule["collar"], "--length-share", rule["length_share"]]
    options += ["--onset-only"] * rule["onset_only"] + ["--undefined-when-empty"] * rule["undefined"]
    rollcall("evaluate", predictions, references, "-o", out, "--force", "--quiet", "--rounds", 20, *options)
    document = json.load(open(out, encoding="utf-8"))
    rows = {**document["classes"], "(macro)": document["macro"], "(micro)": document["micro"]}
    compared = 0
    for (row, name), expected in reference_scores(annotated, said, labels, rule).items():
        ours = rows[row]["scores"][name]["value"]
        if math.isnan(expected):
            assert ours is None, f"{row} {name}: {ours}, but sed_eval has none"
        else:
            assert ours is not None and abs(ours - expected) < TOLERANCE, f"{row} {name}: {ours} is not {expected}"
        compared += 1
    assert compared == 2 * 3 * (len(labels) + 2), compared
    return compared


# DCASE 2021, task 4: what must be found how exactly, and what taking one class for another costs.
SCENARIOS = {
    "psds_exact": dict(shares=(0.7, 0.7), cross_weight=0.0),
    "psds_class": dict(shares=(0.1, 0.1), cross_weight=0.5),
}
# As many thresholds as `rollcall evaluate` takes (cli/src/evaluate/points.rs).
THRESHOLDS = [numpy.float32((2 * point + 1) / 100) for point in range(50)]


def compare_real(folder, recording, labels):
    """A real recording, annotated by its two stems (demo/README.md), as the model in the program hears it at several thresholds."""
    annotation = recording.with_suffix(".lab")
    spans = [line.split() for line in annotation.read_text().splitlines()]
    annotated = {"real": [(float(start), float(end), label) for start, end, label in spans]}
    rule = dict(segment=1.0, collar=0.5, length_share=0.5, onset_only=False, undefined=False)
    compared = 0
    for threshold in 0.02, 0.1, 0.3, 0.5:
        heard = folder / f"real {threshold}.json"
        rollcall("analyze", recording, "--threshold", threshold, "-o", heard)
        ranges = json.load(open(heard, encoding="utf-8"))["ranges"]
        said = {"real": [(r["start_s"], r["end_s"], r["class"]) for r in ranges]}
        assert said["real"], "nobody is heard"
        for undefined in True, False:
            compared += compare(folder, heard, annotation, annotated, said, labels, {**rule, "undefined": undefined})
    return compared


def detections(times, values, threshold, hop, duration):
    """Ranges of the steps that reach the threshold, a step long at least."""
    above = [value >= threshold for value in values] + [False]
    spans, first = [], None
    for step, is_above in enumerate(above):
        if is_above and first is None:
            first = step
        elif not is_above and first is not None:
            spans.append((max(0.0, times[first] - hop / 2), min(duration, times[step - 1] + hop / 2)))
            first = None
    return spans


def compare_psds(folder, head, classes, rng):
    """Activities that follow the annotations more or less, judged by psds_eval at each threshold and by `rollcall evaluate`."""
    hop, duration, playing = 0.16, 60.0, classes[:6]
    times = [step * hop for step in range(int(duration / hop) + 1)]
    settings = {**head["settings"], "min_duration_s": 0.0, "merge_gap_s": 0.0}
    truth, lines, lab = [], [], folder / "psds lab"
    lab.mkdir()
    for index in range(8):
        name, spans = f"tune {index}", []
        for label in playing:
            at = rng.uniform(0, 20)
            while at < 55 and rng.random() < 0.8:
                end = round(at + rng.uniform(0.5, 9), 3)
                spans.append((round(at, 3), min(end, duration), label))
                at = end + rng.uniform(0.5, 12)
        rows = numpy.zeros((len(times), len(classes)), dtype=numpy.float32)
        for column, label in enumerate(playing):
            noise = 0.0
            for step, time in enumerate(times):
                noise = 0.9 * noise + rng.gauss(0, 0.08)
                heard = any(start <= time < end for start, end, other in spans if other == label)
                # One class hears a little of the next.
                other = playing[(column + 1) % len(playing)]
                mistaken = any(start <= time < end for start, end, label in spans if label == other)
                rows[step, column] = min(1.0, max(0.0, 0.15 + 0.5 * heard + 0.2 * mistaken + noise))
        lines.append((name, spans, rows))
        truth += [(name, *span) for span in spans]
        (lab / f"{name}.lab").write_text("".join(f"{s} {e} {c}\n" for s, e, c in spans), encoding="utf-8")
    predictions = folder / "activities.jsonl"
    with open(predictions, "w", encoding="utf-8") as out:
        for name, _, rows in lines:
            activity = [[float(value) for value in row] for row in rows]
            timeline = {**head, "file": f"{name}.wav", "duration_s": duration, "hop_s": hop, "settings": settings}
            out.write(json.dumps({**timeline, "times_s": times, "activity": activity, "ranges": []}) + "\n")
    scores = folder / "psds.json"
    rollcall("evaluate", predictions, lab, "-o", scores, "--quiet", "--rounds", 0)
    ours = json.load(open(scores, encoding="utf-8"))["macro"]["scores"]

    columns = ["filename", "onset", "offset", "event_label"]
    truth = pandas.DataFrame(truth, columns=columns)
    durations = pandas.DataFrame([(name, duration) for name, *_ in lines], columns=["filename", "duration"])
    for score, scenario in SCENARIOS.items():
        found, covered = scenario["shares"]
        judge = psds_eval.PSDSEval(found, covered, 0.3, class_names=playing, ground_truth=truth, metadata=durations)
        for threshold in THRESHOLDS:
            said = [
                (name, *span, label)
                for name, _, rows in lines
                for column, label in enumerate(playing)
                for span in detections(times, rows[:, column], threshold, hop, duration)
            ]
            judge.add_operating_point(pandas.DataFrame(said, columns=columns))
        expected = judge.psds(alpha_ct=scenario["cross_weight"], alpha_st=1.0, max_efpr=100).value
        assert 0.05 < expected < 0.95, f"{score}: {expected} would be found by anything"
        value = ours[score]["value"]
        assert abs(value - expected) < TOLERANCE, f"{score}: {value} is not {expected}"
    return len(SCENARIOS)


rng = random.Random(20)
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    head = json.loads(rollcall("analyze", audio, "--duration", 1, "--format", "json", *chosen).stdout)
    classes = head["classes"]
    # "banjo" is annotated and never said; "voice" is said and never annotated.
    true_classes = [name for name in classes[:9] if name != "voice"]
    annotated = annotations(rng, 14, true_classes)
    said = disturbed(rng, {n: [s for s in spans if s[2] != "banjo"] for n, spans in annotated.items()}, ["voice", *true_classes[2:]])
    assert any(label == "banjo" for spans in annotated.values() for *_, label in spans)

    predictions = folder / "said.jsonl"
    with open(predictions, "w", encoding="utf-8") as lines:
        for name, spans in said.items():
            ranges = [{"class": c, "start_s": s, "end_s": e, "mean": 0.5, "peak": 0.9} for s, e, c in spans]
            lines.write(json.dumps({**head, "file": f"songs/{name}.wav", "duration_s": 70.0, "ranges": ranges}) + "\n")

    # The same annotations in every dialect.
    lab, tsv, jams = folder / "lab dir", folder / "ranges.tsv", folder / "jams"
    lab.mkdir()
    jams.mkdir()
    with open(tsv, "w", encoding="utf-8") as rows:
        rows.write("filename\tonset\toffset\tevent_label\n")
        for name, spans in annotated.items():
            suffix, separator = ("lab", " ") if len(spans) % 2 else ("labels.txt", "\t")
            (lab / f"{name}.wav.{suffix}").write_text("".join(f"{s}{separator}{e}{separator}{c}\n" for s, e, c in spans), encoding="utf-8")
            rows.writelines(f"{name}.wav\t{s}\t{e}\t{c}\n" for s, e, c in spans or [("", "", "")])
            data = [{"time": s, "duration": e - s, "value": c, "confidence": 1} for s, e, c in spans]
            annotation = {"namespace": "segment_open", "data": data, "annotation_metadata": {}}
            (jams / f"{name}.jams").write_text(json.dumps({"annotations": [annotation], "file_metadata": {}}), encoding="utf-8")

    rules = [
        dict(segment=1.0, collar=0.2, length_share=0.5, onset_only=False, undefined=True),
        dict(segment=1.0, collar=0.2, length_share=0.5, onset_only=False, undefined=False),
        dict(segment=0.1, collar=0.05, length_share=0.0, onset_only=False, undefined=False),
        dict(segment=2.5, collar=0.5, length_share=0.2, onset_only=True, undefined=True),
    ]
    compared = 0
    for index, rule in enumerate(rules):
        for references in (lab, tsv, jams) if index == 0 else (lab,):
            compared += compare(folder, predictions, references, annotated, said, classes, rule)

    real = compare_real(folder, pathlib.Path(audio), classes)
    detected = compare_psds(folder, head, classes, rng)

    # What the program writes is its own perfect reference, through every format that it reads.
    songs = folder / "own"
    rollcall("analyze", audio, "--duration", 8, "--threshold", 0.3, "--format", "json,csv-ranges,parquet,jams,lab,audacity", "--out-dir", songs, *chosen)
    name = pathlib.Path(audio).name
    for said_in in ("json", "parquet", "ranges.csv"):
        for true_in in ("lab", "labels.txt", "jams", "ranges.csv"):
            out = folder / f"{said_in}-{true_in}.csv"
            rollcall("evaluate", songs / f"{name}.{said_in}", songs / f"{name}.{true_in}", "-o", out, "-q", "--rounds", 0)
            scores = [line.split(",") for line in out.read_text().splitlines()]
            perfect = [row for row in scores if row[1] in ("segment_f1", "event_f1") and row[2]]
            assert len(perfect) > 4 and all(float(row[2]) == 1.0 for row in perfect), (said_in, true_in, perfect)

    # Of a folder with several formats one is read: each song counts once.
    table = rollcall("evaluate", songs, songs / f"{name}.lab", "--rounds", 0).stdout
    assert "1 files, 1 of them with ranges" in table, table

    # Clear words where something does not fit.
    (folder / "strange.lab").write_text("0 1 theremin\n")
    assert "--map 'theremin=CLASS'" in rollcall("evaluate", songs / f"{name}.json", folder / "strange.lab", code=2).stderr
    rollcall("evaluate", songs / f"{name}.json", folder / "strange.lab", "--map", "theremin=voice")
    assert "no prediction" in rollcall("evaluate", predictions, folder / "strange.lab", code=2).stderr
    assert "is no format" in rollcall("evaluate", audio, folder / "strange.lab", code=2).stderr
print(f"{compared} scores of made annotations and {real} of real ones equal sed_eval's, and {detected} psds_eval's within {TOLERANCE}")

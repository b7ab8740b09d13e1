"""What researchers compute with: features, tables, many files, channels, scores; and the program inside the wheel."""

import io
import json
import os
import pathlib
import subprocess
import sys

import jams
import numpy
import onnxruntime
import pytest
import rollcall
from test_wheel import ROOT, SMALL, program, tune, write

DEMO = ROOT / "demo/war-of-freedom.ogg"


@pytest.fixture(scope="module")
def model():
    return rollcall.Model(SMALL)


def test_features_are_what_the_steps_were_made_of(model):
    audio = tune(44_100, 2, 4.0)
    audio[: 44_100] = 0
    timeline = rollcall.analyze(audio, 44_100, model=model, features=True, release=0.0)
    features, steps = timeline.features, len(timeline.times)
    assert features.embedding.shape == (steps, 128) and features.level_dbfs.shape == (steps,)
    assert features.attention.shape == features.posterior.shape == features.instant.shape == (steps, 20)
    assert features.log_mel.shape == (400, 64) and features.log_mel_times[0] == 0.005
    # Without attack and release a step's activity is its posterior, where the gate was open.
    is_open = features.embedding.any(1)
    assert not is_open[:2].any() and is_open[10:].all()
    assert numpy.array_equal(timeline.activity[is_open], features.posterior[is_open])
    assert (features.attention[is_open] > 0).all() and (features.attention <= 1).all()
    assert not features.instant[~is_open].any() and numpy.isneginf(features.level_dbfs[0])
    assert rollcall.analyze(audio, 44_100, model=model, release=0.0).features is None
    assert timeline.to_json() == rollcall.analyze(audio, 44_100, model=model, release=0.0).to_json()


def test_the_log_mel_is_what_the_network_saw():
    """Embeddings again, from the log-mel, by the package's own graph and PCA: the window of step k is hops 16 k - 48 to 16 k + 47."""
    folder = SMALL.parent / "patch"
    timeline = rollcall.analyze(tune(44_100, 2, 3.0), 44_100, model=rollcall.Model(folder), features=True)
    features = timeline.features
    session = onnxruntime.InferenceSession(str(folder / "embedding.onnx"))
    (entry,) = session.get_inputs()
    pca = numpy.fromfile(folder / "pca.f32", "<f4").reshape(129, 128).astype(float)
    steps = range(3, len(timeline.times) - 3)
    assert len(steps) > 10
    for step in steps:
        window = features.log_mel[16 * step - 48 : 16 * step + 48]
        assert abs(features.log_mel_times[16 * step - 48 : 16 * step + 48].mean() - timeline.times[step]) < 1e-9
        shape = [size if isinstance(size, int) else 1 for size in entry.shape]
        embedding = session.run(None, {entry.name: window.reshape(shape)})[0].reshape(-1)
        byte = (((embedding - pca[0]) @ pca[1:].T).clip(-2, 2) + 2) * 63.75
        # Truncated to 8 bits: what lies within the rounding of two runtimes from a border may fall on either side.
        assert numpy.abs(features.embedding[step] * 255 - byte + 0.5).max() < 0.51, step


def test_ranges_cut_anew_are_those_of_another_analysis(model):
    once = rollcall.analyze_file(DEMO, duration=8, model=model)
    for chosen in dict(threshold=0.3), dict(threshold={"voice": 0.01}, min_duration=0.0, merge_gap=2.0), {}:
        assert once.with_ranges(**chosen) == rollcall.analyze_file(DEMO, duration=8, model=model, **chosen)
    with pytest.raises(ValueError, match="theremin"):
        once.with_ranges({"theremin": 0.5})
    with pytest.raises(rollcall.RollcallError, match="0 to 1"):
        once.with_ranges(2.0)


def test_documents_come_back_and_tables_hold_what_they_say(model, tmp_path):
    text = program(DEMO, "--model", SMALL, "--duration", "5", "--threshold", "0.3")
    timeline = rollcall.Timeline.from_json(text)
    direct = rollcall.analyze_file(DEMO, duration=5, threshold=0.3, model=model)
    assert timeline.to_json() == text and timeline == direct
    assert rollcall.Timeline.from_json(text.encode()) == timeline and timeline.file == str(DEMO)
    for broken in "{}", "no JSON", text.replace("rollcall.timeline/1", "rollcall.timeline/9"), text.replace('"accordion",', "", 1):
        with pytest.raises(rollcall.RollcallError, match="timeline"):
            rollcall.Timeline.from_json(broken)
    frame = timeline.to_dataframe()
    assert numpy.array_equal(frame.to_numpy(), timeline.activity) and list(frame.columns) == timeline.classes
    assert numpy.array_equal(frame.index, timeline.times)
    ranges, clip = timeline.to_dataframe("ranges"), timeline.to_dataframe("clip")
    assert [tuple(row) for row in ranges.itertuples(index=False)] == [
        (r.instrument, r.start, r.end, r.mean, r.peak) for r in timeline.ranges
    ]
    assert clip["posterior"].to_dict() == timeline.clip and (clip["plays"] == (clip["posterior"] >= clip["threshold"])).all()
    written = subprocess.run(
        [os.environ["ROLLCALL"], "analyze", DEMO, "--model", SMALL, "--duration", "5", "--threshold", "0.3", "--format", "jams"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert direct.to_jams_json() == written
    assert isinstance(timeline.to_jams(), jams.JAMS) and len(timeline.to_jams().annotations) == 2


def test_channels_are_heard_on_their_own(model, tmp_path):
    path, audio = tmp_path / "stereo.wav", tune(44_100, 2, 2.0)
    audio[:, 1] = numpy.roll(audio[:, 1], 9_000)
    write(path, audio, 44_100)
    left, right = audio[:, 0] / numpy.float32(32768), audio[:, 1] / numpy.float32(32768)
    expected = {"left": left, "right": right, "mid": (left + right) / 2, "side": (left - right) / 2}
    found = {name: rollcall.analyze_file(path, channels=name, model=model) for name in expected}
    for name, samples in expected.items():
        assert numpy.array_equal(found[name].activity, rollcall.analyze(samples, 44_100, model=model).activity), name
        assert found[name].channel == name and found[name].to_json() == program(path, "--model", SMALL, "--channels", name)
    each = rollcall.analyze_file(path, channels="each", model=model)
    assert [one.channel for one in each] == ["1", "2"]
    assert all(numpy.array_equal(one.activity, found[name].activity) for one, name in zip(each, ("left", "right")))
    assert numpy.array_equal(rollcall.analyze_file(path, model=model).activity, rollcall.analyze(audio, 44_100, model=model).activity)
    with pytest.raises(ValueError, match="channels is 'centre', but must be one of: mono, left"):
        rollcall.analyze_file(path, channels="centre", model=model)
    write(path, audio[:, :1], 44_100)
    with pytest.warns(rollcall.RollcallWarning, match="no side"):
        assert not rollcall.analyze_file(path, channels="side", model=model).ranges


def test_many_files_come_in_their_order_whatever_the_jobs(model, tmp_path):
    paths = [ROOT / "media/tests/golden" / name for name in ("cbr.mp3", "lossless24.flac", "vorbis.ogg", "aac.m4a")]
    expected = [rollcall.analyze_file(path, model=model, jobs=1) for path in paths]
    for jobs in 1, 3:
        assert list(rollcall.analyze_files(paths, jobs=jobs, model=model)) == expected
    broken = tmp_path / "broken.wav"
    broken.write_bytes((ROOT / "engine/tests/golden/guitar.wav").read_bytes()[:20_000])
    mixed = [paths[0], broken, paths[1]]
    kinds = [type(one) for one in rollcall.analyze_files(mixed, errors="return", model=model)]
    assert kinds == [rollcall.Timeline, rollcall.RollcallError, rollcall.Timeline]
    with pytest.raises(rollcall.RollcallError, match="broken.wav: .*the file ends here"):
        list(rollcall.analyze_files(mixed, model=model))
    with pytest.warns(rollcall.RollcallWarning, match="only a part of it was read"):
        (part,) = rollcall.analyze_files([broken], keep_partial=True, model=model)
    assert part.to_json() == program(broken, "--model", SMALL, "--keep-partial", code=1)
    assert "the file ends here" in part.incomplete and json.loads(part.to_json())["incomplete"] == part.incomplete
    assert rollcall.Timeline.from_json(part.to_json()).incomplete == part.incomplete
    # Whoever stops asking waits for no more than what is under way.
    some = rollcall.analyze_files([DEMO] * 50, jobs=2, model=model, duration=2)
    next(some)
    some.close()


def test_scores_are_the_program_s(model, tmp_path):
    said, truth = tmp_path / "said", tmp_path / "truth"
    files = [ROOT / "media/tests/golden/cbr.mp3", DEMO]
    timelines = [rollcall.analyze_file(path, model=model, duration=6) for path in files]
    truth.mkdir(), said.mkdir()
    known = {}
    for path, timeline in zip(files, timelines):
        (said / f"{path.name}.json").write_text(timeline.to_json())
        known[path.name] = [(0.5, 2.0, "piano"), (1.0, 3.5, "guitar"), (0.0, 4.0, "singing"), (0.0, 1.0, "noise")]
        (truth / f"{path.stem}.lab").write_text("".join(f"{start} {end} {name}\n" for start, end, name in known[path.name]))
    out = tmp_path / "scores.json"
    call = [os.environ["ROLLCALL"], "evaluate", said, truth, "--map", "singing=voice", "--map", "noise=", "--threshold", "0.3"]
    call += ["--threshold", "piano=0.2", "--collar", "0.5", "--rounds", "50", "--quiet", "-o", out, "-o", tmp_path / "scores.csv"]
    subprocess.run(call, check=True)
    wanted = json.loads(out.read_text())
    options = dict(map={"singing": "voice", "noise": None}, collar=0.5, rounds=50)
    thresholds = {name: 0.3 for name in model.classes} | {"piano": 0.2}
    for predictions in said, timelines:
        for references in truth, known:
            found = rollcall.evaluate(predictions, references, threshold=thresholds, **options)
            document = found.to_dict()
            same = document.keys() - {"predictions", "references"}
            assert {name: document[name] for name in same} == {name: wanted[name] for name in same}
            assert found.to_csv() == (tmp_path / "scores.csv").read_text()
    assert found.score("segment_f1", "piano") == wanted["classes"]["piano"]["scores"]["segment_f1"]["value"]
    assert found.score("event_f1") == wanted["macro"]["scores"]["event_f1"]["value"]
    table = found.to_dataframe()
    assert set(table["class"]) == {*model.classes, "(macro)", "(micro)"} and "20 classes" in repr(found)
    labels = rollcall.evaluate(timelines[1], {"war-of-freedom": {"guitar": True, "voice": False}}, rounds=0).to_dict()
    assert labels["classes"]["guitar"]["positives"] == 1 and labels["classes"]["piano"]["known"] == 0
    with pytest.raises(rollcall.RollcallError, match="'singing' is no class"):
        rollcall.evaluate(timelines, known)
    with pytest.raises(rollcall.RollcallError, match="collar is -1"):
        rollcall.evaluate(timelines, known, collar=-1)


def test_the_program_is_in_the_wheel(tmp_path):
    def both(*arguments):
        calls = [os.environ["ROLLCALL"]], [sys.executable, "-m", "rollcall"]
        return [subprocess.run([*call, *map(str, arguments)], capture_output=True) for call in calls]

    for arguments in (
        ["--version"],
        ["analyze", DEMO, "--model", SMALL, "--duration", "2", "--format", "csv"],
        ["analyze", tmp_path / "missing.wav"],
        ["analyze", "--no-such-option"],
    ):
        ours, theirs = both(*arguments)
        assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr), arguments

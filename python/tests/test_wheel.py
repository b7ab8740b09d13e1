"""The wheel against the program: the same numbers to the last bit, and Python's own manners.

Run by python/tests/run.py, which builds and installs the wheel. ROLLCALL names the built program.
"""

import json
import os
import pathlib
import subprocess
import threading
import time
import wave

import numpy
import pytest
import rollcall

ROOT = pathlib.Path(__file__).parents[2]
SMALL = ROOT / "engine/tests/golden/models/stream"


def sounds(path):
    with wave.open(str(path)) as file:
        frames = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
        return frames.reshape(-1, file.getnchannels()), file.getframerate()


def write(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def tune(rate, channels, seconds=6.0, seed=5):
    """Notes with overtones and a little noise, a rest in their middle."""
    rng = numpy.random.default_rng(seed)
    t = numpy.arange(int(rate * seconds)) / rate
    note = 110.0 * 2 ** ((numpy.floor(t * 2) * 5 % 24) / 12)
    phase = 2 * numpy.pi * numpy.cumsum(note) / rate
    tone = sum(numpy.sin(phase * k) / k for k in range(1, 6)) * 0.2 * ((t < 2.5) | (t > 3.5))
    channel = [tone * gain + rng.normal(0, 1e-3, len(t)) for gain in numpy.linspace(1, 0.5, channels)]
    return (numpy.stack(channel, 1).clip(-1, 1) * 32767).astype(numpy.int16)


def program(path, *options, code=0):
    line = [os.environ["ROLLCALL"], "analyze", str(path), "--format", "json", *options]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert ended.returncode == code, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("rate, channels", [(16_000, 1), (44_100, 2), (48_000, 6), (8_000, 1)])
def test_every_rate_gives_the_program_s_document_to_the_letter(tmp_path, rate, channels):
    path = tmp_path / "ü and space.wav"
    write(path, tune(rate, channels), rate)
    samples, rate = sounds(path)
    timeline = rollcall.analyze(samples, rate, model=rollcall.Model(SMALL), threshold=0.3, file=str(path))
    assert timeline.to_json() == program(path, "--model", SMALL, "--threshold", "0.3")
    assert timeline.ranges and timeline.activity.max() > 0.1


@pytest.mark.parametrize("name", ["lossless24.flac", "lossless16.rf64.wav", "float32.aiff", "cbr.mp3", "aac.m4a", "vorbis.ogg", "opus.webm"])
def test_a_file_gives_the_program_s_document_to_the_letter(name):
    path = ROOT / "media/tests/golden" / name
    timeline = rollcall.analyze_file(path, model=rollcall.Model(SMALL), threshold=0.3)
    assert timeline.to_json() == program(path, "--model", SMALL, "--threshold", "0.3")


def test_a_part_of_a_file_and_what_is_no_audio(tmp_path):
    path = ROOT / "demo/war-of-freedom.ogg"
    timeline = rollcall.analyze_file(str(path), start=2.0, duration=3.0, model=rollcall.Model(SMALL))
    assert timeline.duration == 3.0
    assert timeline.to_json() == program(path, "--model", SMALL, "--start", "2", "--duration", "3")
    with pytest.raises(rollcall.RollcallError, match="test_wheel.py: is text, which is not read here"):
        rollcall.analyze_file(__file__)
    with pytest.raises(rollcall.RollcallError, match="missing.wav: cannot open"):
        rollcall.analyze_file(tmp_path / "missing.wav")
    with pytest.raises(ValueError, match="start is -1"):
        rollcall.analyze_file(path, start=-1)


def test_settings_and_the_default_model_too(tmp_path):
    path = tmp_path / "x.wav"
    write(path, tune(32_000, 2, 3.0), 32_000)
    samples, rate = sounds(path)
    chosen = dict(memory=2.0, update=0.32, attack=0.1, release=1.0, min_duration=0.2, merge_gap=0.1, threshold={"voice": 0.01})
    options = "--memory 2 --update 0.32 --attack 0.1 --release 1 --min-duration 0.2 --merge-gap 0.1 --threshold voice=0.01"
    timeline = rollcall.analyze(samples, rate, file=str(path), **chosen)
    assert timeline.to_json() == program(path, *options.split())


def test_arrays_hold_what_the_document_says():
    timeline = rollcall.analyze(tune(22_050, 1), 22_050, model=rollcall.Model(SMALL))
    document = json.loads(timeline.to_json())
    assert timeline.activity.dtype == numpy.float32 and timeline.activity.shape == (len(timeline.times), 20)
    assert numpy.array_equal(timeline.activity, numpy.array(document["activity"], numpy.float32))
    assert timeline.times.tolist() == document["times_s"]
    assert timeline.classes == document["classes"] and list(timeline.clip) == list(document["clip"])
    assert timeline.duration == document["duration_s"] == 6.0
    assert [r.start for r in timeline.ranges] == [r["start_s"] for r in document["ranges"]]
    assert timeline.to_dict() == document and "6.0 s" in repr(timeline)


def test_every_kind_of_number_is_the_same_audio():
    model = rollcall.Model(SMALL)
    integers = tune(44_100, 2, 2.0)
    floats = integers.astype(numpy.float32) / 32768
    expected = rollcall.analyze(floats, 44_100, model=model).activity
    fortran, strided = numpy.asfortranarray(floats), numpy.repeat(floats, 2, 0)[::2]
    for same in integers, floats.astype(numpy.float64), integers.astype(numpy.int32) << 16, fortran, strided:
        assert numpy.array_equal(rollcall.analyze(same, 44_100, model=model).activity, expected), same.dtype


def test_blocks_of_any_size_give_the_same_bits():
    model = rollcall.Model(SMALL)
    audio = tune(44_100, 2, 4.0)
    whole = rollcall.analyze(audio, 44_100, model=model)
    for size in 1_000, 44_100:
        listener = rollcall.Listener(44_100, 2, model=model)
        steps = [step for at in range(0, len(audio), size) for step in listener.push(audio[at : at + size])] + listener.finish()
        assert numpy.array_equal([step.activity for step in steps], whole.activity)
        assert listener.clip() == whole.clip
        assert all(step.level_dbfs < 0 for step in steps)


def test_other_instruments_are_the_program_s(tmp_path):
    path, events = tmp_path / "x.wav", SMALL.parent / "events"
    audio = tune(44_100, 1)
    write(path, audio, 44_100)
    model = rollcall.Model(events)
    timeline = rollcall.analyze_file(path, model=model, events=True, features=True)
    assert timeline.to_json() == program(path, "--model", events, "--events")
    others, document = timeline.others, json.loads(timeline.to_json())["others"]
    assert (others.instrument, set(others.events)) == (document["instrument"], {"Flute", "Piano", "Harp", "Gong"})
    assert numpy.float32(others.probability) == numpy.float32(document["probability"]) and others.probability > 0
    assert list(others.events.values()) == sorted(others.events.values(), reverse=True)
    assert others.ranges and [r.start for r in others.ranges] == [r["start_s"] for r in document["ranges"]]
    assert rollcall.Timeline.from_json(timeline.to_json()) != timeline, "it has no features"
    again = rollcall.Timeline.from_json(timeline.to_json())
    assert again.others == others and again.to_json() == timeline.to_json()
    plain = rollcall.analyze(audio, 44_100, model=model, file=str(path))
    assert plain.others.events == {} and plain.to_json() == program(path, "--model", events)

    listener = rollcall.Listener(44_100, 1, model=model)
    steps = listener.push(audio) + listener.finish()
    told = numpy.array([numpy.nan if step.another is None else step.another.probability for step in steps], numpy.float32)
    assert numpy.array_equal(told, timeline.features.another, equal_nan=True) and numpy.nanmax(told) >= 0.5
    assert {step.another.instrument for step in steps if step.another} <= {"harp", "gong"}
    assert listener.another() == rollcall.Another(others.instrument, others.probability) and listener.events() == others.events
    listener.reset()
    assert listener.another() is None and listener.events() == {}

    silent = rollcall.analyze(tune(44_100, 1), 44_100, model=rollcall.Model(SMALL), events=True, features=True)
    assert silent.others is None and numpy.isnan(silent.features.another).all(), "a model that can't tell"


def test_embeddings_are_the_program_s(tmp_path):
    path = tmp_path / "x.wav"
    write(path, tune(44_100, 2, 3.0), 44_100)
    program(path, "--model", SMALL, "--embeddings", str(tmp_path / "x.npy"))
    timeline = rollcall.analyze_file(path, model=rollcall.Model(SMALL), features=True)
    written = numpy.load(tmp_path / "x.npy")
    assert written.dtype == numpy.float32 and numpy.array_equal(written, timeline.features.embedding) and written.any()


def test_models_tell_who_they_are():
    model = rollcall.Model(str(SMALL))
    assert len(model.classes) == len(model.thresholds) == 20 and len(model.sha256) == 64 and model.name in repr(model)
    with pytest.raises(rollcall.RollcallError, match="manifest.toml"):
        rollcall.Model("/no/such/folder")


@pytest.mark.parametrize(
    "audio, rate, options, error, words",
    [
        (numpy.zeros((2, 44_100), numpy.float32), 44_100, {}, ValueError, "audio.T"),
        (numpy.zeros((2, 2, 2)), 44_100, {}, ValueError, r"\(2, 2, 2\)"),
        (numpy.zeros(100, numpy.uint8), 44_100, {}, TypeError, "uint8"),
        (numpy.zeros(100), 100, {}, rollcall.RollcallError, "100 Hz"),
        (numpy.zeros(100), 44_100, {"update": 0.2}, rollcall.RollcallError, "0.16"),
        (numpy.zeros(100), 44_100, {"memory": 99}, rollcall.RollcallError, "99"),
        (numpy.zeros(100), 44_100, {"threshold": 2.0}, rollcall.RollcallError, "0 to 1"),
        (numpy.zeros(100), 44_100, {"threshold": {"theremin": 0.5}}, ValueError, "theremin"),
        (numpy.zeros(100), 44_100, {"min_duration": -1}, rollcall.RollcallError, "min_duration"),
    ],
)
def test_what_is_no_audio_is_refused_with_a_reason(audio, rate, options, error, words):
    with pytest.raises(error, match=words):
        rollcall.analyze(audio, rate, model=rollcall.Model(SMALL), **options)
    with pytest.raises(ValueError, match="1 channels"):
        rollcall.Listener(44_100, 2, model=rollcall.Model(SMALL)).push(numpy.zeros(10))


def test_no_audio_and_wild_samples_are_fine():
    model = rollcall.Model(SMALL)
    assert rollcall.analyze(numpy.zeros(0), 44_100, model=model).activity.shape == (0, 20)
    wild = numpy.full(44_100, numpy.nan, numpy.float32)
    with pytest.warns(rollcall.RollcallWarning, match="44100 samples"):
        assert not rollcall.analyze(wild, 44_100, model=model).activity.any()


def test_other_threads_run_meanwhile():
    model, audio = rollcall.Model(SMALL), tune(44_100, 1, 20.0)
    worker = threading.Thread(target=rollcall.analyze, args=(audio, 44_100), kwargs={"model": model})
    worker.start()
    turns = 0
    while worker.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 3


def test_a_lesson_gives_the_program_s_package_to_the_byte(tmp_path):
    rng = numpy.random.default_rng(7)
    for number in range(3):
        for name in ("tune", "hiss"):
            (tmp_path / "classes" / name).mkdir(parents=True, exist_ok=True)
            samples = tune(16_000, 1, 2.0, number) if name == "tune" else rng.normal(0, 3000, (32_000, 1)).astype(numpy.int16)
            write(tmp_path / "classes" / name / f"{number}.wav", samples, 16_000)
    seen = []
    taught = rollcall.teach(
        tmp_path / "classes",
        tmp_path / "python/mine",
        base=SMALL,
        cache=tmp_path / "cache",
        progress=lambda *now: seen.append(now),
    )
    line = [os.environ["ROLLCALL"], "teach", "classes", "--base", str(SMALL), "--cache", "other", "-o", "program/mine", "--quiet"]
    subprocess.run(line, check=True, cwd=tmp_path, capture_output=True)
    for name in ("added-1.onnx", "MODEL_CARD.md", "reliability.svg"):
        assert (tmp_path / "python/mine" / name).read_bytes() == (tmp_path / "program/mine" / name).read_bytes(), name
    assert [row["class"] for row in taught.report["classes"]] == ["hiss", "tune"]
    assert {stage for stage, _, _ in seen} == {"recordings", "mixes", "heads"}
    assert taught.model.classes[20:] == ["hiss", "tune"] and "hiss, tune" in repr(taught)
    with pytest.raises(rollcall.RollcallError, match="is there already"):
        rollcall.teach(tmp_path / "classes", tmp_path / "python/mine", base=SMALL)

"""Python's own manners: arrays of every scale and kind, pickles, threads, streams that end and begin anew."""

import concurrent.futures
import copy
import multiprocessing
import pathlib
import pickle
import shutil
import threading
import time
import warnings

import numpy
import pytest
import rollcall
from test_wheel import ROOT, SMALL, tune


@pytest.fixture(scope="module")
def model():
    return rollcall.Model(SMALL)


def test_floating_point_in_the_range_of_integers_is_refused_with_advice(model):
    integers = tune(44_100, 1, 2.0)
    with pytest.raises(ValueError, match=r"peaks at \d+.*astype\(numpy.int16\).*/ 32768"):
        rollcall.analyze(integers.astype(numpy.float32), 44_100, model=model)
    with pytest.raises(ValueError, match="peaks at"):
        rollcall.Listener(44_100, model=model).push(integers.astype(numpy.float64))
    # Too loud, but audio: floating point has room above 1.
    loud = rollcall.analyze(integers / numpy.float32(4096), 44_100, model=model)
    assert loud.replaced_samples == 0 and loud.notes == []
    with pytest.warns(rollcall.RollcallWarning, match="16-bit integers"):
        rollcall.analyze(integers.astype(numpy.int32), 44_100, model=model)


def test_samples_that_are_no_numbers_are_counted_and_told(model):
    audio = tune(44_100, 1, 2.0)[:, 0] / numpy.float32(32768)
    audio[100:103], audio[200], audio[300] = numpy.nan, numpy.inf, 1e-40
    with pytest.warns(rollcall.RollcallWarning, match="x.wav: 5 samples are NaN") as told:
        timeline = rollcall.analyze(audio, 44_100, model=model, file="x.wav")
    assert told[0].filename == __file__, "the caller's line is told"
    assert timeline.replaced_samples == 5 and "counted as silence" in timeline.notes[0]
    listener = rollcall.Listener(44_100, model=model)
    with pytest.warns(rollcall.RollcallWarning, match="count as silence"):
        listener.push(audio)
    with warnings.catch_warnings(action="error"):
        listener.push(audio)
    assert listener.replaced_samples == 10


def test_rates_paths_and_tensors_are_taken(model):
    audio = tune(44_100, 2, 2.0)
    expected = rollcall.analyze(audio, 44_100, model=model, file="a/b.wav")
    for rate in 44_100.0, numpy.int64(44_100), numpy.float32(44_100):
        assert rollcall.analyze(audio, rate, model=model, file=pathlib.Path("a/b.wav")) == expected
    assert rollcall.Listener(44_100.0, numpy.int64(2), model=model).push(audio)
    for rate in 44_100.5, float("nan"), -1, 2**40:
        with pytest.raises(ValueError, match="must be a whole number"):
            rollcall.analyze(audio, rate, model=model)

    class Tensor:
        """What PyTorch's tensors have of what is needed here."""

        def __init__(self, array):
            self.array = array

        def detach(self):
            return self

        cpu = detach

        def numpy(self):
            return self.array

    Tensor.__module__ = "torch"
    assert rollcall.analyze(Tensor(audio.T), 44_100, model=model, file="a/b.wav") == expected
    assert rollcall.analyze(Tensor(audio.mean(1) / 32768), 44_100, model=model).activity.shape == expected.activity.shape
    with pytest.raises(ValueError, match=r"\(channels, frames\); give tensor.T"):
        rollcall.analyze(Tensor(audio), 44_100, model=model)


def clip_of(model, seconds):
    return rollcall.analyze(tune(16_000, 1, seconds), 16_000, model=model)


def test_models_and_timelines_travel_to_processes(model, tmp_path):
    timeline = rollcall.analyze(tune(16_000, 1, 2.0), 16_000, model=model, features=True)
    for same in pickle.loads(pickle.dumps(timeline)), copy.deepcopy(timeline):
        assert same == timeline and hash(same) == hash(timeline) and same.ranges == timeline.ranges
        assert numpy.array_equal(same.features.embedding, timeline.features.embedding)
    assert pickle.loads(pickle.dumps(model)) == model and model != rollcall.Model()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        assert pool.submit(clip_of, model, 2.0).result() == clip_of(model, 2.0)
    # Another package in that place is not taken for it.
    folder = tmp_path / "model"
    shutil.copytree(SMALL, folder)
    kept = pickle.dumps(rollcall.Model(folder))
    shutil.rmtree(folder)
    shutil.copytree(SMALL.parent / "patch", folder)
    with pytest.raises(rollcall.RollcallError, match="the one that was pickled"):
        pickle.loads(kept)
    with pytest.raises(TypeError, match="cannot be pickled or copied: make one in each process"):
        pickle.dumps(rollcall.Listener(16_000, model=model))


def test_a_stream_ends_once_and_begins_anew(model):
    audio, listener = tune(44_100, 2, 2.0), rollcall.Listener(44_100, 2, model=model)
    first = listener.push(audio) + listener.finish()
    clip = listener.clip()
    for call in lambda: listener.push(audio), listener.finish:
        with pytest.raises(rollcall.RollcallError, match=r"finished; call reset\(\)"):
            call()
    listener.reset()
    assert not any(listener.clip().values())
    second = listener.push(audio) + listener.finish()
    assert first == second and listener.clip() == clip and len(set(first + second)) == len(first)
    assert first[0] != first[-1] and first[0] != "a step"


def test_no_call_holds_other_threads_up_while_it_waits(model):
    # Half an hour, of few samples: nearly all of the time passes in the engine, and it takes more than a second.
    audio = numpy.tile(tune(8_000, 1, 20.0), (90, 1)) / numpy.float32(32768)
    listener = rollcall.Listener(8_000, model=model)
    pushing = threading.Thread(target=listener.push, args=(audio,))
    pushing.start()
    time.sleep(0.3)
    assert pushing.is_alive()
    waiting = threading.Thread(target=listener.clip)
    waiting.start()
    turns = 0
    while waiting.is_alive():
        time.sleep(0.001)
        turns += 1
    pushing.join()
    assert turns > 3

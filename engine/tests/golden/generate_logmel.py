"""Golden log-mel spectrograms from the reference, and what the reference's resampler reaches.

    pip install --no-deps numpy==2.3.5 resampy==0.4.3 numba==0.68.1 llvmlite==0.50.0 torchvggish==0.2
    python3 engine/tests/golden/generate_logmel.py

The reference is `mel_features.py` of PyPI torchvggish 0.2 with the constants of its `vggish_params.py`, and resampy's
default filter `kaiser_best`, as its `vggish_input.py` calls it. The module is loaded by its file, so torch is not needed.

Written beside this file:

    logmel.json          the signals in order: name, rate in Hz, number of samples, number of hops
    logmel.samples.f32   all their samples, one signal after the other, little-endian 32-bit floats
    logmel.hops.f32      all their hops, 64 bands each, likewise
    resampler.json       for each rate: gains of tones in dB, and what is left of tones above 8 kHz, by resampy

Signals at 16 kHz go straight into `mel_features.py`; those at another rate go through resampy first.
`guitar.wav` is the one recording; guitar.wav.made says where it comes from.
"""

import importlib.util
import json
import pathlib
import wave

import numpy as np
import resampy

HERE = pathlib.Path(__file__).resolve().parent
RATE = 16_000
SAMPLES = 6_400  # 38 hops


def reference_module(name):
    """A module of torchvggish without its package, whose `__init__` imports torch."""
    package = importlib.util.find_spec("torchvggish")
    path = pathlib.Path(package.origin).with_name(name + ".py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mel_features = reference_module("mel_features")
params = reference_module("vggish_params")


def reference_log_mel(samples, rate_hz):
    """`waveform_to_examples` of `vggish_input.py`, up to the cutting into examples."""
    samples = samples.astype(np.float64)
    if rate_hz != params.SAMPLE_RATE:
        samples = resampy.resample(samples, rate_hz, params.SAMPLE_RATE)
    return mel_features.log_mel_spectrogram(
        samples,
        audio_sample_rate=params.SAMPLE_RATE,
        log_offset=params.LOG_OFFSET,
        window_length_secs=params.STFT_WINDOW_LENGTH_SECONDS,
        hop_length_secs=params.STFT_HOP_LENGTH_SECONDS,
        num_mel_bins=params.NUM_MEL_BINS,
        lower_edge_hertz=params.MEL_MIN_HZ,
        upper_edge_hertz=params.MEL_MAX_HZ,
    )


def guitar():
    """The recording: 1.5 s at 44.1 kHz, mono, full scale 1."""
    with wave.open(str(HERE / "guitar.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44_100, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def signals():
    """Name, rate and samples of every signal."""
    rng = np.random.default_rng(20181203)
    n = np.arange(SAMPLES)

    def sine(hz, amplitude):
        return amplitude * np.sin(2 * np.pi * hz * n / RATE)

    yield "silence", RATE, np.zeros(SAMPLES)
    yield "tone, 440 Hz, full scale", RATE, sine(440, 1)
    yield "tone, 50 Hz, below the lowest band", RATE, sine(50, 0.9)
    yield "tone, 7499 Hz, at the upper edge", RATE, sine(7499, 0.9)
    yield "tone, 1 kHz, -90 dBFS", RATE, sine(1000, 10 ** (-90 / 20))
    yield "chord of 24 tones", RATE, sum(sine(110 * 2 ** (k / 4), 0.04) for k in range(24))
    yield "sweep, 20 Hz to 8 kHz", RATE, 0.8 * np.sin(
        2 * np.pi * (20 * n / RATE + (8000 - 20) / (2 * SAMPLES / RATE) * (n / RATE) ** 2)
    )
    yield "white noise, -12 dBFS", RATE, rng.normal(0, 0.25, SAMPLES)
    yield "white noise, -90 dBFS", RATE, rng.normal(0, 10 ** (-90 / 20), SAMPLES)
    yield "white noise, +40 dBFS", RATE, rng.normal(0, 100, SAMPLES)
    clicks = np.zeros(SAMPLES)
    clicks[[0, 159, 160, 399, 400, 1000, 1001, 2222, 4000, SAMPLES - 1]] = [1, -1, 1, 0.5, -0.5, 1, -1, 1e-3, 1, 1]
    yield "clicks", RATE, clicks
    yield "full-scale square, 500 Hz", RATE, np.where(n % 32 < 16, 1.0, -1.0)
    yield "full-scale square, 441 Hz", RATE, np.where((441 * n) % RATE < RATE // 2, 1.0, -1.0)
    yield "constant offset", RATE, np.full(SAMPLES, 0.5)
    yield "one bit of 16", RATE, rng.integers(-1, 2, SAMPLES) / 32768
    recording = guitar()
    yield "guitar at 16 kHz", RATE, resampy.resample(recording, 44_100, RATE)
    yield "guitar at 44.1 kHz", 44_100, recording
    yield "white noise at 44.1 kHz", 44_100, rng.normal(0, 0.25, 22_050)
    yield "white noise at 48 kHz", 48_000, rng.normal(0, 0.25, 24_000)


def write_log_mel():
    index, samples_file, hops_file = [], b"", b""
    for name, rate_hz, samples in signals():
        samples = samples.astype("<f4")
        hops = reference_log_mel(samples, rate_hz).astype("<f4")
        index.append({"name": name, "rate_hz": rate_hz, "samples": len(samples), "hops": len(hops)})
        samples_file += samples.tobytes()
        hops_file += hops.tobytes()
    (HERE / "logmel.json").write_text(json.dumps(index, indent=1) + "\n")
    (HERE / "logmel.samples.f32").write_bytes(samples_file)
    (HERE / "logmel.hops.f32").write_bytes(hops_file)


def level_db(samples):
    """RMS relative to that of the tones, without the 0.1 s at either end."""
    middle = samples[RATE // 10 : -RATE // 10]
    return 20 * np.log10(np.sqrt(np.mean(middle**2)) / np.sqrt(0.5) + 1e-15)


def write_resampler():
    """Tones of one second and full scale, through resampy."""
    reached = []
    for rate_hz in [8_000, 11_025, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000, 384_000, 44_101]:
        t = np.arange(rate_hz) / rate_hz
        nyquist_hz = min(rate_hz, RATE) / 2

        def through(hz):
            return round(float(level_db(resampy.resample(np.sin(2 * np.pi * hz * t), rate_hz, RATE))), 3)

        inside = [round(nyquist_hz * share) for share in (0.25, 0.5, 0.75, 0.85, 0.875, 0.9)]
        outside = [hz for hz in (8_050, 8_200, 8_500, 9_000, 10_000, 12_000, 15_900, 23_000, 40_000) if hz < rate_hz / 2]
        reached.append(
            {
                "rate_hz": rate_hz,
                "gain_db": [[hz, through(hz)] for hz in inside],
                "alias_db": [[hz, through(hz)] for hz in outside],
            }
        )
    (HERE / "resampler.json").write_text(json.dumps(reached, indent=1) + "\n")


if __name__ == "__main__":
    write_log_mel()
    write_resampler()

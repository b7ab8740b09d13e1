"""Golden data of the teacher's front-end, by NumPy in double precision.

    python3 train/tests/golden/generate_teacher.py

The steps are those of EfficientAT's `models/preprocess.py` (AugmentMelSTFT outside training). With the published filters
they give the published golden log-mel: `rollcall-train teacher check FOLDER` holds the trainer to that. Here the filters are made
up, since the published ones belong to the teacher's folder. Written beside this file, raw little-endian 32-bit floats:

    teacher.samples.f32     [9600]      0.3 s at 32 kHz: a rising tone in noise
    teacher.basis.f32       [5, 513]    five triangles
    teacher.logmel.f32      [5, 30]
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
FFT, WINDOW, HOP = 1024, 800, 320


def log_mel(samples, basis):
    emphasised = samples[1:] - 0.97 * samples[:-1]
    padded = np.pad(emphasised, FFT // 2, mode="reflect")
    window = np.zeros(FFT)
    before = (FFT - WINDOW) // 2
    window[before : before + WINDOW] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    frames = 1 + len(emphasised) // HOP
    pieces = np.stack([padded[HOP * t : HOP * t + FFT] * window for t in range(frames)])
    power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2
    return (np.log(basis @ power.T + 1e-5) + 4.5) / 5


def main():
    rng = np.random.default_rng(32)
    t = np.arange(9600) / 32000
    samples = 0.3 * np.sin(2 * np.pi * (300 + 8000 * t) * t) + 0.01 * rng.normal(size=9600)
    samples = samples.astype("<f4")
    bins = np.arange(513)
    centres = [5, 20, 60, 150, 400]
    basis = np.stack([np.maximum(0, 1 - np.abs(bins - c) / (0.5 * c)) for c in centres]).astype("<f4")
    found = log_mel(samples.astype(np.float64), basis.astype(np.float64))
    for name, values in {"samples": samples, "basis": basis, "logmel": found}.items():
        values.astype("<f4").tofile(HERE / f"teacher.{name}.f32")
    print(f"log-mel {found.shape}, {found.min():.2f} to {found.max():.2f}")


if __name__ == "__main__":
    main()

"""What the suites of real hosts share: counting checks, the recording in demo/, and the `rollcall` program.

Every suite ends with a line `N passed, N failed`, which `cargo xtask test` reads; a suite that finds its host or the
bundle missing fails.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from pedalboard.io import AudioFile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDING = ROOT / "demo/war-of-freedom.ogg"

# What a host shows of the plugin's state when nobody has touched it (plugin/README.md, "Parameters").
VENDOR, NAME = "Rollcall", "Rollcall"


class Checks:
    """Counts what holds and what does not; goes on after a failure, so that one run shows all of them."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, holds, found=""):
        """One check: `what` should hold; `found` says what was there."""
        holds = bool(holds)
        self.passed += holds
        self.failed += not holds
        print(f"{'ok    ' if holds else 'FAILED'} {what}{f': {found}' if found != '' else ''}", flush=True)
        return holds

    def end(self):
        """Prints the tally and leaves with the exit code that goes with it."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(self.failed > 0 or self.passed == 0)


def bundle(folder, name):
    """Path of a built bundle."""
    path = pathlib.Path(folder).resolve() / name
    if not path.exists():
        sys.exit(f"{path} is not there: `cargo xtask bundle` builds it")
    # Hosts for Windows look through folders until they meet a file that is named so.
    inside = path / "Contents/x86_64-win" / name
    return inside if sys.platform == "win32" and inside.exists() else path


def recording(rate_hz=None, seconds=None):
    """demo/war-of-freedom.ogg as float32 [2, frames], at its own rate (44,100) or another, and that rate."""
    with AudioFile(str(RECORDING)) as file:
        own_hz = int(file.samplerate)
        if rate_hz in (None, own_hz):
            audio, rate_hz = file.read(file.frames), own_hz
        else:
            with file.resampled_to(rate_hz) as resampled:
                audio = resampled.read(int(file.frames / own_hz * rate_hz))
    if seconds is not None:
        audio = audio[:, : int(seconds * rate_hz)]
    return np.ascontiguousarray(audio, np.float32), rate_hz


def read_wave(path):
    """A float32 WAV as [channels, frames], and its rate."""
    with AudioFile(str(path)) as file:
        return file.read(file.frames), int(file.samplerate)


def write_wave(path, audio, rate_hz):
    """[channels, frames] as a 32-bit float WAV."""
    with AudioFile(str(path), "w", samplerate=rate_hz, num_channels=len(audio), bit_depth=32) as file:
        file.write(np.ascontiguousarray(audio, np.float32))


def same_bits(a, b):
    """Whether two float32 arrays are equal to the last bit, NaN and the sign of zero too."""
    a, b = np.ascontiguousarray(a, np.float32), np.ascontiguousarray(b, np.float32)
    return a.shape == b.shape and np.array_equal(a.view(np.uint32), b.view(np.uint32))


def difference(a, b):
    """In words, for a failure."""
    if a.shape != b.shape:
        return f"shape {b.shape} instead of {a.shape}"
    places = np.flatnonzero((a.view(np.uint32) != np.ascontiguousarray(b).view(np.uint32)).any(axis=0))
    return f"{len(places)} of {a.shape[1]} frames differ" + (f", the first is {places[0]}" if len(places) else "")


def timeline(rollcall, path, *options):
    """What `rollcall analyze` says of a file: its timeline."""
    command = [rollcall, "analyze", str(path), "--format", "json", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)
    return json.loads(done.stdout)


def wild(rate_hz):
    """A second of what an audio file should not hold: NaN of two kinds, infinities, subnormals, -0.0, giants."""
    values = np.array([0x7FC00000, 0xFFC00001, 0x7F800000, 0xFF800000, 0x00000001, 0x807FFFFF, 0x80000000, 0x7F7FFFFF])
    words = np.random.default_rng(7).choice(values, (2, rate_hz)).astype(np.uint32)
    return words.view(np.float32)


def folder():
    """A folder that goes when the suite does."""
    return tempfile.TemporaryDirectory(prefix="rollcall-hosts-")

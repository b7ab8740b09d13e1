"""Rollcall.vst3 in Ardour: scanned, put on a track, exported through.

    python tests/hosts/ardour_export.py BUNDLES
"""

import pathlib
import sys

from ardour import Ardour
from checks import Checks, NAME, bundle, difference, folder, read_wave, recording, same_bits

checks = Checks()
with folder() as place:
    ardour = Ardour(place, bundle(sys.argv[1], "Rollcall.vst3"))
    code, said = ardour.scan()
    checks.that("Ardour's scanner finds the plugin", code == 0 and f"Found Plugin: {NAME}" in said, code)

    song, rate_hz = recording(seconds=12)
    said = ardour.create(rate_hz)
    if not checks.that("its Lua makes a session with the plugin on a track", "latency_frames" in said, said[-300:]):
        checks.end()
    checks.that("latency is 0 there", "latency_frames 0" in said)
    for name in ["Bypass analysis", "Memory", "Sensitivity", "Reset"]:
        checks.that(f"it shows the parameter {name!r}", f"parameter {name}" in said)

    ardour.place(song, rate_hz, song.shape[1] / rate_hz, {})
    out = pathlib.Path(place) / "export.wav"
    code, said, tries = ardour.export(out, rate_hz)
    checks.that("it exports the session", code == 0 and out.exists(), f"try {tries}")
    checks.that("with the plugin in it", "unknown" not in said, said[-300:] if "unknown" in said else "")
    exported, exported_hz = read_wave(out)
    checks.that("at the session's rate", exported_hz == rate_hz)
    checks.that("12 s come out bit for bit", same_bits(song, exported), difference(song, exported))
checks.end()

"""Rollcall.vst3 in DawDreamer (a JUCE host, PyPI): graphs rendered at several rates, its parameters, its state.

    python tests/hosts/dawdreamer_host.py BUNDLES
"""

import pathlib
import sys

import dawdreamer

from checks import Checks, bundle, difference, folder, recording, same_bits, wild

vst3 = str(bundle(sys.argv[1], "Rollcall.vst3"))
checks = Checks()


def session(rate_hz, block_frames, audio):
    """An engine whose graph is the audio, then the plugin."""
    engine = dawdreamer.RenderEngine(rate_hz, block_frames)
    song = engine.make_playback_processor("song", audio)
    plugin = engine.make_plugin_processor("rollcall", vst3)
    engine.load_graph([(song, []), (plugin, ["song"])])
    return engine, plugin


def values(plugin):
    return [plugin.get_parameter(index) for index in range(plugin.get_plugin_parameter_size())]


for rate_hz, block_frames in [(44_100, 512), (48_000, 1), (48_000, 4096), (88_200, 333), (192_000, 128)]:
    audio, _ = recording(rate_hz, seconds=1 if block_frames == 1 else 6)
    engine, plugin = session(rate_hz, block_frames, audio)
    state = values(plugin)
    engine.render(audio.shape[1] / rate_hz)
    out = engine.get_audio()[:, : audio.shape[1]]
    checks.that(
        f"{audio.shape[1] / rate_hz:.0f} s at {rate_hz} Hz in blocks of {block_frames} come out bit for bit",
        same_bits(audio, out),
        difference(audio, out),
    )
    checks.that(f"latency is 0 at {rate_hz} Hz", plugin.get_latency_samples() == 0)
    checks.that("and no parameter has moved", values(plugin) == state)

audio = wild(48_000)
engine, plugin = session(48_000, 512, audio)
engine.render(1.0)
out = engine.get_audio()[:, : audio.shape[1]]
checks.that("NaN, infinities and subnormals come out bit for bit", same_bits(audio, out), difference(audio, out))

names = {parameter["name"]: parameter["index"] for parameter in plugin.get_parameters_description()}
for name in ["Memory", "Attack", "Release", "Update interval", "Sensitivity", "Hold", "MIDI controllers out"]:
    checks.that(f"there is a parameter {name!r}", name in names)

audio, rate_hz = recording(seconds=2)
engine, plugin = session(rate_hz, 512, audio)
plugin.set_parameter(names["Memory"], 0.25)
engine.render(2.0)
text = plugin.get_parameter_text(names["Memory"])
with folder() as place:
    saved = str(pathlib.Path(place) / "state")
    plugin.save_state(saved)
    engine, other = session(rate_hz, 512, audio)
    checks.that("a new instance has its defaults", other.get_parameter_text(names["Memory"]) != text)
    other.load_state(saved)
    engine.render(2.0)
    found = other.get_parameter_text(names["Memory"])
    checks.that("a saved state comes back in another instance", found == text, f"{found} and {text}")
    checks.that("and audio passes bit for bit after it", same_bits(audio, engine.get_audio()[:, : audio.shape[1]]))
checks.end()

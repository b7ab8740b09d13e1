"""Rollcall.vst3 in pedalboard (JUCE's VST3 host, PyPI): real audio through it, its parameters, its state.

    python tests/hosts/pedalboard_host.py BUNDLES
"""

import sys
import time

import numpy as np
from pedalboard import VST3Plugin

from checks import Checks, NAME, VENDOR, bundle, difference, recording, same_bits, wild

vst3 = str(bundle(sys.argv[1], "Rollcall.vst3"))
checks = Checks()


def through(plugin, audio, rate_hz, block_frames=8192):
    return plugin.process(audio.copy(), rate_hz, buffer_size=block_frames)


checks.that("the bundle names one plugin", VST3Plugin.get_plugin_names_for_file(vst3) == [NAME])
# Of the processor, which a busy machine adds nothing to.
began = time.process_time()
plugin = VST3Plugin(vst3)
took_ms = (time.process_time() - began) * 1e3
# 100 ms is the design's bound for scan and instantiation; pedalboard has work of its own, and the worker begins to load its model.
checks.that("it loads at once, however large the model is", took_ms < 1000, f"{took_ms:.0f} ms")
checks.that("it is an effect by its maker's name", plugin.is_effect and plugin.manufacturer_name == VENDOR)
checks.that("latency is 0", plugin.reported_latency_samples == 0)

for rate_hz, block_frames in [(44_100, 8192), (22_050, 1), (48_000, 480), (96_000, 1111), (192_000, 64)]:
    audio, _ = recording(rate_hz, seconds=1 if block_frames == 1 else 5)
    out = through(plugin, audio, rate_hz, block_frames)
    checks.that(
        f"{audio.shape[1] / rate_hz:.0f} s at {rate_hz} Hz in blocks of {block_frames} come out bit for bit",
        same_bits(audio, out),
        difference(audio, out),
    )
    checks.that(f"latency is 0 at {rate_hz} Hz", plugin.reported_latency_samples == 0)

whole, rate_hz = recording()
audio = wild(rate_hz)
out = through(plugin, audio, rate_hz, 512)
checks.that("NaN, infinities and subnormals come out bit for bit", same_bits(audio, out), difference(audio, out))
# In mono JUCE deactivates the sidechain, and passes null pointers for its channels.
mono = np.ascontiguousarray(whole[:1])
out = through(plugin, mono, rate_hz, 512)
checks.that("mono comes out bit for bit", same_bits(mono, out), difference(mono, out))

# A meter is not an edit: what the host would save must not change while music plays.
fresh = VST3Plugin(vst3)
before, values = fresh.raw_state, {name: fresh.parameters[name].raw_value for name in fresh.parameters}
through(fresh, whole, rate_hz)
checks.that("28 s of music leave the state as it was", fresh.raw_state == before)
after = {name: fresh.parameters[name].raw_value for name in fresh.parameters}
checks.that("28 s of music leave every parameter as it was", after == values)

fresh.memory_s, fresh.midi_controllers_out = 7.5, True
# A VST3 host hands a parameter over with the next block.
through(fresh, np.ascontiguousarray(whole[:, :rate_hz]), rate_hz)
checks.that("a changed parameter changes the state", fresh.raw_state != before)
other = VST3Plugin(vst3)
other.raw_state = fresh.raw_state
checks.that("the state brings it to another instance", (other.memory_s, other.midi_controllers_out) == (7.5, True))
checks.that("and back", other.raw_state == fresh.raw_state)

many = [VST3Plugin(vst3) for _ in range(16)]
part = np.ascontiguousarray(whole[:, :rate_hz])
checks.that("16 instances at once pass audio bit for bit", all(same_bits(part, through(p, part, rate_hz)) for p in many))
checks.end()

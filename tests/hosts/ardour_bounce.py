"""A bounce in Ardour: what Rollcall.vst3 reports while the bounce is made is what `rollcall analyze` says of the bounce.

    python tests/hosts/ardour_bounce.py BUNDLES ROLLCALL [TAKE]

Ardour plays the recording through the plugin in real time and records on two tracks what comes out: the audio (the bounce)
and the MIDI, where the plugin reports each class's activity as a controller of 0 to 127 (plugin/README.md). The program then
analyses the bounce. Every report, 20 numbers, must be equal to the rounded activities of a step of that analysis, and the
steps must come in order, none but the first and last left out: the tolerance is 0 of 127.

With "Reset on play" the plugin's session begins when the transport does. Ardour begins to record later: by the latency of its
input, which it tells to within the 16 frames by which its dummy backend's ports differ, and by whole blocks. So the bounce is
analysed with that much silence before it, for each case; one must match to the last number, and no other may.

All this happens in real time: where the machine stutters, Ardour drops audio on its way to the recording. Such a take, in which
the bounce is not the recording, is thrown away and made again, twice at most. Nothing else is tried again.
"""

import itertools
import pathlib
import subprocess
import sys

import mido
import numpy as np

from ardour import Ardour
from checks import Checks, bundle, folder, read_wave, recording, same_bits, timeline, write_wave

RATE_HZ, SONG_S, TAIL_S = 48_000, 8, 2.5
TAKES = 3
# The recording may begin later than by the input's latency: whole blocks, and frames of the dummy backend's ports.
BLOCKS, PORT_FRAMES = 3, (-32, -16, 0, 16, 32)
# The fade that Ardour's transport begins with: what comes out before its end is not what lies on the track.
FADE_S = 0.2
CONTROLLERS = [*range(20, 32), *range(102, 110)]


def reports(path):
    """The plugin's reports in a MIDI file, as it sent them: each 20 numbers."""
    now, events = 0, []
    for message in mido.merge_tracks(mido.MidiFile(path).tracks):
        now += message.time
        if message.type == "control_change" and message.channel == 15 and message.control in CONTROLLERS:
            events.append((now, CONTROLLERS.index(message.control), message.value))
    # A controller is sent when it changes: one that was never sent is at 0 still.
    state, states = np.zeros(20, int), []
    for _, together in itertools.groupby(events, key=lambda event: event[0]):
        for _, number, value in together:
            state[number] = value
        states.append(state.copy())
    return states


def rounded(activity):
    """Activities as controllers: `midi.rs` of the plugin, in its 32-bit arithmetic."""
    scaled = np.clip(np.array(activity, np.float32), 0, 1) * np.float32(127) + np.float32(0.5)
    return scaled.astype(int)


def matched(states, steps):
    """How many of the reports are steps, in order: the longest such run from the first report on."""
    at, count = 0, 0
    for state in states:
        after = next((step for step in range(at, len(steps)) if np.array_equal(steps[step], state)), None)
        if after is None:
            break
        at, count = after, count + 1
    return count


checks = Checks()
take = int(sys.argv[3]) if len(sys.argv) > 3 else 1
with folder() as place:
    place = pathlib.Path(place)
    ardour = Ardour(place, bundle(sys.argv[1], "Rollcall.vst3"))
    song, _ = recording(RATE_HZ, SONG_S)
    ardour.scan()
    said = ardour.create(RATE_HZ)
    if not checks.that("Ardour makes a session with the plugin on a track", "latency_frames" in said, said[-300:]):
        checks.end()
    switched_on = [b"midi_cc", b"reset_on_play"]
    state = {b'"%s":{"bool":false}' % name: b'"%s":{"bool":true }' % name for name in switched_on}
    ardour.place(song, RATE_HZ, SONG_S + TAIL_S, state)
    last = int((SONG_S + TAIL_S) * RATE_HZ)
    code, said = ardour.lua("ardour_record.lua", ROLLCALL_LAST_SAMPLE=last)
    if not checks.that("it records audio and MIDI while it plays", "recorded_to" in said, "" if code == 0 else said[-300:]):
        checks.end()
    told = dict(line.split()[:2] for line in said.splitlines() if line.startswith(("block_frames ", "late_frames ")))
    block_frames, late_frames = int(told["block_frames"]), int(told["late_frames"])
    files = ardour.session / "interchange/session"
    left, right = (sorted(files.glob(f"audiofiles/*bounce*{side}.wav")) for side in ("%L", "%R"))
    bounce = np.concatenate([read_wave(left[0])[0], read_wave(right[0])[0]])
    faded, length = int(FADE_S * RATE_HZ), int((SONG_S - 1) * RATE_HZ)
    heard = bounce[:, faded : faded + length]
    # The recording may lie some blocks early or late on the track.
    shifts = range(-BLOCKS * block_frames, (BLOCKS + 1) * block_frames, block_frames)
    shift = next((s for s in shifts if same_bits(heard, song[:, faded + s : faded + s + length])), None)
    if shift is None and take < TAKES:
        print(f"take {take} has gaps: Ardour dropped audio")
        sys.exit(subprocess.call([sys.executable, *sys.argv[:3], str(take + 1)]))
    checks.that("the bounce is the recording, bit for bit after the fade-in", shift is not None, f"shifted by {shift} frames")

    states = reports(next(files.glob("midifiles/*report*.mid")))
    checks.that("the plugin has reported a change for most of 50 steps", len(states) >= 40, len(states))
    scores = {}
    for block, port_frames in itertools.product(range(BLOCKS), PORT_FRAMES):
        begun_frames = late_frames + block * block_frames + port_frames
        write_wave(place / "bounce.wav", np.pad(bounce, ((0, 0), (begun_frames, 0))), RATE_HZ)
        scores[begun_frames] = matched(states, rounded(timeline(sys.argv[2], place / "bounce.wav")["activity"]))
    found = f"of {len(states)} reports, by the frames before the bounce: {scores}"
    best, second = sorted(scores.values(), reverse=True)[:2]
    checks.that("every report is a step of the program's analysis, to the last of 127", best == len(states), found)
    checks.that("when it begins where the plugin's session did, and only then", second < len(states) / 4, f"at most {second}")
checks.end()

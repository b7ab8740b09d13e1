"""Makes `band.mid`: a Standard MIDI File (format 1) of a small band, byte by byte, with what a reader must get right.

Two bars of four beats, the first at 120 beats a minute, the second at 60. Piano on channel 1, a bass on channel 2 that is a
trumpet from the second bar on, the kit on channel 10 with a conga among it.

    python3 train/tests/golden/generate_band.py
"""

import struct
from pathlib import Path

TICKS = 480
BAR = 4 * TICKS


def number(value):
    """A variable-length quantity."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))


def track(events):
    """Events are (tick, bytes), in any order; those of one tick keep theirs."""
    body, last = b"", 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        body += number(tick - last) + message
        last = tick
    body += number(2 * BAR - last) + b"\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def note(channel, key, start, length, velocity):
    # Every other release is a note-on of velocity 0, as many programs write it.
    release = bytes([0x90 | channel, key, 0]) if key % 2 else bytes([0x80 | channel, key, 64])
    return [(start, bytes([0x90 | channel, key, velocity])), (start + length, release)]


tempo = [(tick, b"\xff\x51\x03" + us.to_bytes(3, "big")) for tick, us in ((0, 500_000), (BAR, 1_000_000))]

piano = [(0, bytes([0xC0, 0]))]
for start, chord in ((0, (60, 64, 67)), (BAR, (57, 60, 64))):
    for key in chord:
        piano += note(0, key, start, BAR, 80)

bass = [(0, bytes([0xC1, 32])), (0, bytes([0xB1, 10, 30])), (0, bytes([0xB1, 7, 90]))]
for beat, key in enumerate((36, 40, 43, 45)):
    bass += note(1, key, beat * TICKS, TICKS, 90)
    bass.append((beat * TICKS, bytes([0xB1, 11, 60 + 20 * beat])))
bass.append((3 * TICKS, bytes([0xE1, 0, 96])))
bass.append((BAR, bytes([0xE1, 0, 64])))
bass.append((BAR, bytes([0xC1, 56])))
for beat, key in ((0, 69), (2, 72)):
    bass += note(1, key, BAR + beat * TICKS, 2 * TICKS, 100)

kit = note(9, 63, TICKS // 2, TICKS // 2, 70)
for beat in range(8):
    kit += note(9, 42 if beat % 2 else 36, beat * TICKS, TICKS // 4, 100)

tracks = [track(events) for events in (tempo, piano, bass, kit)]
header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS)
Path(__file__).with_name("band.mid").write_bytes(header + b"".join(tracks))

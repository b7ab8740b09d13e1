"""Makes `tiny.sf2`: a SoundFont 2 with one looped wave as piano, acoustic bass, trumpet and drum kit.

After the SoundFont Technical Specification 2.01: the fewest chunks and generators that a synthesizer plays.

    python3 train/tests/golden/generate_font.py
"""

import math
import struct
from pathlib import Path

RATE = 16_000
PERIOD = 64  # samples: 250 Hz, close to key 59
PRESETS = [("Piano", 0, 0), ("Bass", 0, 32), ("Trumpet", 0, 56), ("Kit", 128, 0)]

wave = [int(12_000 * math.sin(2 * math.pi * n / PERIOD)) for n in range(8 * PERIOD)]
samples = struct.pack(f"<{len(wave)}h", *wave) + bytes(2 * 46)


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def group(kind, *chunks):
    return chunk(b"LIST", kind + b"".join(chunks))


def name(text):
    return text.encode().ljust(20, b"\0")


info = group(
    b"INFO",
    chunk(b"ifil", struct.pack("<HH", 2, 1)),
    chunk(b"isng", b"EMU8000\0"),
    chunk(b"INAM", b"Tiny\0\0"),
)
# A preset has one zone, which names the instrument (generator 41); the instrument has one, which loops (54) the sample (53).
phdr = b"".join(
    name(text) + struct.pack("<HHHIII", program, bank, index, 0, 0, 0)
    for index, (text, bank, program) in enumerate(PRESETS)
) + name("EOP") + struct.pack("<HHHIII", 0, 0, len(PRESETS), 0, 0, 0)
pbag = b"".join(struct.pack("<HH", index, 0) for index in range(len(PRESETS) + 1))
pgen = struct.pack("<HH", 41, 0) * len(PRESETS) + bytes(4)
inst = name("Wave") + struct.pack("<H", 0) + name("EOI") + struct.pack("<H", 1)
ibag = struct.pack("<HH", 0, 0) + struct.pack("<HH", 2, 0)
igen = struct.pack("<HH", 54, 1) + struct.pack("<HH", 53, 0) + bytes(4)
shdr = (
    name("Sine")
    + struct.pack("<IIIIIBbHH", 0, len(wave), PERIOD, 7 * PERIOD, RATE, 59, 0, 0, 1)
    + name("EOS")
    + bytes(26)
)
data = group(
    b"pdta",
    *(
        chunk(key, body)
        for key, body in (
            (b"phdr", phdr), (b"pbag", pbag), (b"pmod", bytes(10)), (b"pgen", pgen), (b"inst", inst),
            (b"ibag", ibag), (b"imod", bytes(10)), (b"igen", igen), (b"shdr", shdr),
        )
    ),
)
body = b"sfbk" + info + group(b"sdta", chunk(b"smpl", samples)) + data
Path(__file__).with_name("tiny.sf2").write_bytes(chunk(b"RIFF", body))

"""The example of docs/teach.md: bassoon and tuba, taught from one library of recorded instruments and tested on another.

    python cli/tests/teach.py PROGRAM [FOLDER]

PROGRAM is the built `rollcall`. Phrases are played by fluidsynth from Debian's TimGM6mb (what is taught) and from the GeneralUser of Debian's
minuet-data (what is tested): no two of their instruments share a recording. With FOLDER the audio and the package stay there.
"""

import json
import os
import pathlib
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time
import wave

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
TAUGHT = pathlib.Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
TESTED = next(iter(pathlib.Path("/usr/share/minuet").rglob("*.sf2")), None)
RATE = 16_000
#: Average precision in music of another library, less what seeds and versions of fluidsynth move; by chance it is 0.2.
LEAST = 0.65
SECONDS = 12
#: General MIDI's numbers, from 0, and the compass in which the instrument is at home.
NEW = {"bassoon": (70, 36, 67), "tuba": (58, 28, 55)}
#: Of the 20.
OTHERS = {
    "piano": (0, 36, 90), "organ": (19, 40, 80), "accordion": (21, 50, 80), "guitar": (24, 40, 76), "bass": (32, 28, 50),
    "violin": (40, 55, 90), "cello": (42, 36, 65), "trumpet": (56, 54, 80), "trombone": (57, 40, 68), "saxophone": (65, 50, 78),
    "clarinet": (71, 50, 85), "flute": (73, 60, 92), "mallet_percussion": (12, 50, 90),
}  # fmt: skip


def variable_length(number):
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def phrase(program, low, high, chance):
    """A tune of quarter beats at 96 ticks, as a MIDI file."""
    events, note, at = [(0, bytes([0xC0, program]))], chance.randint(low + 5, high - 5), 0
    tempo = chance.randint(70, 140)
    while at * 60 / 96 / tempo < SECONDS:
        length = chance.choice([48, 48, 96, 96, 144, 192])
        voices = [note, note + chance.choice([4, 7, 12])] if chance.random() < 0.25 else [note]
        for voice in voices:
            events.append((at, bytes([0x90, min(voice, high), chance.randint(50, 115)])))
            events.append((at + int(length * chance.uniform(0.5, 1.0)), bytes([0x80, min(voice, high), 0])))
        at += length
        note = min(max(note + chance.choice([-5, -3, -2, -1, 1, 2, 3, 5]), low), high - 12)
    track, before = b"\x00\xff\x51\x03" + struct.pack(">I", 60_000_000 // tempo)[1:], 0
    for tick, event in sorted(events, key=lambda event: event[0]):
        track += variable_length(tick - before) + event
        before = tick
    track += b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def play(font, instrument, chance, folder):
    """Samples of a phrase, of level 1."""
    midi, audio = folder / "phrase.mid", folder / "phrase.wav"
    midi.write_bytes(phrase(*instrument, chance))
    subprocess.run(["fluidsynth", "-ni", "-q", "-r", str(RATE), "-F", audio, font, midi], check=True, capture_output=True)
    with wave.open(str(audio)) as file:
        frames = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16).reshape(-1, file.getnchannels())
    samples = frames.mean(1)[: SECONDS * RATE]
    return samples / max(numpy.sqrt(numpy.mean(samples**2)), 1e-9)


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 0.07).clip(-1, 1).__mul__(32767).astype(numpy.int16).tobytes())


def average_precision(scored):
    found, total = 0, 0.0
    for seen, (_, is_so) in enumerate(sorted(scored, key=lambda pair: -pair[0]), 1):
        if is_so:
            found += 1
            total += found / seen
    return total / found


def clips(program, files, *options):
    """Posterior of each class in each file, and the seconds of processor and clock that it took."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    line = [program, "analyze", files, "--quiet", "--format", "json", *options]
    lines = subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = [json.loads(line) for line in lines if line.strip()]
    return {pathlib.Path(row["file"]).stem: row for row in said}, used, time.monotonic() - began


def main(program, folder):
    chance = random.Random(1)
    for name, instrument in NEW.items():
        for number in range(10):
            write(folder / "instruments" / name / f"{number}.wav", play(TAUGHT, instrument, chance, folder))
    for number in range(30):
        of = chance.sample(sorted(OTHERS), chance.choice([1, 2, 3]))
        band = sum(play(TESTED, OTHERS[one], chance, folder) * chance.uniform(0.6, 1.4) for one in of)
        band = band / numpy.sqrt(numpy.mean(band**2))
        write(folder / "tested" / f"none-{number}.wav", band)
        if number < 20:
            name = sorted(NEW)[number % 2]
            own = play(TESTED, NEW[name], chance, folder)
            write(folder / "tested" / f"{name}-{number}.wav", own * 10 ** (chance.uniform(-2, 6) / 20) + band)

    page = (ROOT / "docs/teach.md").read_text(encoding="utf-8")
    lines = re.findall(r"^rollcall .*$", page, re.MULTILINE)
    teach = next(line for line in lines if " instruments/ " in line)
    os.chdir(folder)
    _, analysed_s, _ = clips(program, "instruments")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run([program, *teach.split()[1:], "--cache", "cache"], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taught_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(said.stdout, said.stderr)
    plain, _, _ = clips(program, "tested")
    heard, _, _ = clips(program, "tested", "--model", "my-instruments")
    assert plain.keys() == heard.keys() and len(heard) == 50
    for name, row in heard.items():
        for before_row, after_row in zip(plain[name]["activity"], row["activity"], strict=True):
            assert before_row == after_row[:20], f"{name}: the 20 are not what they were"
    for name in NEW:
        scored = [(row["clip"][name], file.startswith(name)) for file, row in heard.items()]
        precision = average_precision(scored)
        print(f"{name}: average precision {precision:.3f} in music of another library")
        assert precision >= LEAST, precision
    print(f"teaching took {taught_s / analysed_s:.2f} times the processor time of `rollcall analyze`")
    diff = subprocess.run([program, "model", "diff", "default", "my-instruments", "tested", "--quiet"], check=True, capture_output=True, text=True)
    assert "tuba, which only the second knows" in diff.stdout and "piano is" not in diff.stdout, diff.stdout


if __name__ == "__main__":
    arguments = [pathlib.Path(argument).resolve() for argument in sys.argv[1:]]
    if len(arguments) > 1:
        arguments[1].mkdir(parents=True, exist_ok=True)
        main(*arguments)
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(arguments[0], pathlib.Path(folder))

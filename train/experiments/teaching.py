"""What `rollcall teach` makes of ten recordings a class, in libraries and recordings that it was not taught with (docs/teach.md).

    target/python/bin/python train/experiments/teaching.py PROGRAM FOLDER --notes PACKAGES

Taught: bassoon, harp, horn and tuba, five phrases each from Debian's TimGM6mb and FluidR3 (`timgm6mb-soundfont`, `fluid-soundfont-gm`), and a
phrase of each of 21 other instruments from either as `_none`. Asked: 100 pieces of music from GeneralUser (`minuet-data`), in 40 of which one of
the four plays; and 100 phrases of recorded notes (npm's `tonejs-instrument-NAME-mp3`, unpacked into PACKAGES), 10 of each of the four. By
chance the average precision is 0.1. Audio and packages stay in FOLDER.
"""

import argparse
import importlib.util
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile

import numpy
from pedalboard.io import AudioFile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("teach", ROOT / "cli/tests/teach.py")
teach = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(teach)

TAUGHT = {"timgm": teach.TAUGHT, "fluid": pathlib.Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")}
#: General MIDI's numbers, from 0, and compasses.
NEW = {"bassoon": (70, 36, 67), "harp": (46, 36, 88), "horn": (60, 38, 72), "tuba": (58, 28, 55)}
NEAR = {
    "electric bass": (33, 28, 50), "picked bass": (34, 28, 50), "steel guitar": (25, 40, 76), "contrabass": (43, 28, 50), "harpsichord": (6, 40, 80),
    "viola": (41, 48, 80), "oboe": (68, 58, 88), "xylophone": (13, 65, 96),
}  # fmt: skip
#: How packages of recorded notes are called.
NOTES = {"bassoon": "bassoon", "harp": "harp", "horn": "french-horn", "tuba": "tuba"}
OTHERS = (
    "bass-electric cello clarinet contrabass flute guitar-acoustic guitar-electric guitar-nylon organ piano saxophone trombone trumpet violin xylophone"
).split()
SECONDS = 8


def play(font, instrument, chance):
    with tempfile.TemporaryDirectory() as folder:
        return teach.play(font, instrument, chance, pathlib.Path(folder))


def lesson(folder):
    for library, font in TAUGHT.items():
        for name, instrument in NEW.items():
            for number in range(5):
                chance = random.Random(f"{library} {name} {number}")
                teach.write(folder / name / f"{library}-{number}.wav", play(font, instrument, chance))
        for name, instrument in (teach.OTHERS | NEAR).items():
            teach.write(folder / "_none" / f"{library}-{name}.wav", play(font, instrument, random.Random(f"{library} {name}")))


def music(folder):
    others = teach.OTHERS
    for number in range(60):
        chance = random.Random(f"music {number}")
        band = sum(play(teach.TESTED, others[one], chance) * chance.uniform(0.6, 1.4) for one in chance.sample(sorted(others), chance.choice([1, 2, 3])))
        band = band / numpy.sqrt(numpy.mean(band**2))
        teach.write(folder / f"none-{number}.wav", band)
        if number < 40:
            name = sorted(NEW)[number % 4]
            own = play(teach.TESTED, NEW[name], chance) * 10 ** (chance.uniform(-2, 6) / 20)
            teach.write(folder / f"{name}-{number}.wav", own + band)


def notes(package):
    found = []
    for path in sorted(package.rglob("*.mp3")):
        with AudioFile(str(path)).resampled_to(teach.RATE) as file:
            samples = file.read(file.frames).mean(0)
        loud = abs(samples).max()
        if loud > 1e-3:
            found.append(samples[numpy.argmax(abs(samples) > 0.02 * loud) :] / loud)
    assert found, f"{package} holds no notes"
    return found


def recorded(folder, packages):
    def phrase(of, chance):
        samples, at = numpy.zeros(teach.RATE * (SECONDS + 8)), 0
        while at < SECONDS * teach.RATE:
            note, length = chance.choice(of), chance.choice([0.35, 0.5, 0.7, 1.0, 1.5])
            note = note[: int(length * 1.15 * teach.RATE)].copy()
            fade = min(800, len(note))
            note[-fade:] *= numpy.linspace(1, 0, fade)
            samples[at : at + len(note)] += note * chance.uniform(0.5, 1.0)
            at += int(length * teach.RATE)
        samples = samples[: SECONDS * teach.RATE]
        return samples / numpy.sqrt(numpy.mean(samples**2))

    for name, package, count in [(name, NOTES[name], 10) for name in NEW] + [(f"none-{name}", name, 4) for name in OTHERS]:
        of = notes(packages / f"tonejs-instrument-{package}-mp3")
        for number in range(count):
            teach.write(folder / f"{name}-{number}.wav", phrase(of, random.Random(f"{name} {number}")))


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--notes", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=5, help="how often it is taught, each time with other mixes")
    arguments = parser.parse_args()
    program, folder = arguments.program.resolve(), arguments.folder.resolve()
    for name, make in [("lesson", lesson), ("music", music), ("recorded", lambda made: recorded(made, arguments.notes))]:
        if not (folder / name).exists():
            shutil.rmtree(folder / "being-made", ignore_errors=True)
            make(folder / "being-made")
            (folder / "being-made").rename(folder / name)
    _, analysed_s, _ = teach.clips(program, folder / "lesson")
    found, ratios = {}, []
    for seed in range(1, arguments.seeds + 1):
        for name in ("package", "cache"):
            shutil.rmtree(folder / name, ignore_errors=True)
        before = used()
        line = [program, "teach", folder / "lesson", "-o", folder / "package", "--cache", folder / "cache", "--seed", str(seed), "--quiet"]
        subprocess.run(line, check=True, capture_output=True)
        ratios.append((used() - before) / analysed_s)
        for scene in ("music", "recorded"):
            heard, _, _ = teach.clips(program, folder / scene, "--model", folder / "package")
            for name in NEW:
                scored = [(row["clip"][name], file.startswith(f"{name}-")) for file, row in heard.items()]
                found.setdefault((name, scene), []).append(teach.average_precision(scored))
    print(f"average precision, mean of {arguments.seeds} (least to most)")
    for name in NEW:
        cells = [f"{scene} {numpy.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})" for (of, scene), values in found.items() if of == name]
        print(f"{name:8} {', '.join(cells)}")
    print(f"teaching took {numpy.mean(ratios):.2f} times the processor time of `rollcall analyze`")


if __name__ == "__main__":
    main()

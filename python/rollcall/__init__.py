"""Which of 20 instruments play, and when.

    timeline = rollcall.analyze(audio, sample_rate)
    timeline = rollcall.analyze_file("song.flac")

`audio` is a NumPy array of shape (frames,) or (frames, channels), floating point in -1..1 or integers, at any rate from 8 to
384 kHz. The numbers are those of the program `rollcall`, bit for bit; `python -m rollcall` is that program.
"""

from . import _native
from ._analysis import analyze, analyze_file, analyze_files
from ._audio import RollcallWarning
from ._listener import Another, Listener, Step
from ._model import Model
from ._scores import Evaluation, evaluate
from ._teach import Taught, teach
from ._timeline import Features, Others, Range, Timeline

__all__ = [
    "Another",
    "Evaluation",
    "Features",
    "Listener",
    "Model",
    "Others",
    "Range",
    "RollcallError",
    "RollcallWarning",
    "Step",
    "Taught",
    "Timeline",
    "analyze",
    "analyze_file",
    "analyze_files",
    "evaluate",
    "teach",
]
__version__: str = _native.__version__

#: Whatever the engine refuses: a rate or a setting out of its range, a package that does not work, a file that is no audio.
RollcallError = _native.RollcallError

"""Arrays of audio: what they may be, and what the engine is given."""

from __future__ import annotations

import operator
import warnings
from typing import Any, SupportsFloat, SupportsIndex

import numpy
import numpy.typing

#: NumPy arrays, what NumPy makes arrays of, and PyTorch's tensors of shape (channels, frames).
Audio = Any
Floats = numpy.typing.NDArray[numpy.float32]

#: More channels than this are a transposed array.
_MOST_CHANNELS = 64


class RollcallWarning(UserWarning):
    """Something is to be said of the audio, though it was analysed."""


def warn(notes: list[str], file: str, incomplete: str | None = None) -> None:
    """Each as a warning to whoever called the function that calls this."""
    for note in notes + ([] if incomplete is None else [f"only a part of it was read: {incomplete}"]):
        warnings.warn(f"{file}: {note}" if file else note, RollcallWarning, stacklevel=3)


def rate_of(sample_rate: SupportsFloat | SupportsIndex) -> int:
    """Frames a second as the engine takes them: whole, and also where they come as 44100.0."""
    rate = float(sample_rate)
    if not rate.is_integer() or not 0 < rate < 2**32:
        raise ValueError(f"sample_rate is {sample_rate} Hz, but must be a whole number, 8000 to 384000")
    return int(rate)


def count_of(channels: SupportsIndex) -> int:
    """How many channels there are."""
    count = operator.index(channels)
    if not 1 <= count <= _MOST_CHANNELS:
        raise ValueError(f"channels is {count}, but must be 1 to {_MOST_CHANNELS}")
    return count


def samples_of(audio: Audio) -> tuple[Floats, int]:
    """Interleaved samples as float32, without a copy where they are so already; and channels."""
    if type(audio).__module__.partition(".")[0] == "torch":
        audio = _of_tensor(audio)
    audio = numpy.asarray(audio)
    if audio.ndim not in (1, 2):
        raise ValueError(f"audio has the shape {audio.shape}, but must have (frames,) or (frames, channels)")
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    if not 1 <= channels <= _MOST_CHANNELS:
        raise ValueError(f"audio has the shape {audio.shape}: {channels} channels; if it is (channels, frames), give audio.T")
    if audio.dtype in (numpy.int16, numpy.int32):
        _look_at_scale(audio)
        audio = audio * numpy.float32(1 / -float(numpy.iinfo(audio.dtype).min))
    elif not numpy.issubdtype(audio.dtype, numpy.floating):
        raise TypeError(f"audio is of {audio.dtype}, but must be floating point in -1..1, int16 or int32")
    return numpy.ascontiguousarray(audio, numpy.float32).reshape(-1), channels


def _of_tensor(tensor: Any) -> Any:
    """A tensor's numbers as (frames,) or (frames, channels): PyTorch's own audio is (channels, frames)."""
    array = tensor.detach().cpu().numpy()
    if array.ndim == 2:
        if array.shape[0] > _MOST_CHANNELS:
            raise ValueError(f"the tensor has the shape {array.shape}, but must have (channels, frames); give tensor.T")
        return array.T
    return array


def _look_at_scale(audio: numpy.typing.NDArray[Any]) -> None:
    """32-bit integers that hold 16 bits are audio at -90 dBFS, which is hardly what was meant."""
    if audio.dtype == numpy.int32 and audio.size:
        peak = max(int(audio.max()), -int(audio.min()))
        if 0 < peak <= 1 << 15:
            text = f"int32 audio that peaks at {peak} of 2147483648 is taken as it is, all but silent; if it holds 16-bit integers, "
            warnings.warn(text + "give audio.astype(numpy.int16)", RollcallWarning, stacklevel=4)

#!/bin/sh
# Makes every compressed or odd audio file that the decoding tests read, from one signal that tests/signal/mod.rs makes
# again in Rust. Needs python3 and ffmpeg (Debian 12: 5.1.6). The encoders' versions change the bytes, not the samples
# that the tests look at.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# Two channels of low-passed xorshift noise, 24 bit, in integers only: 30,007 frames, a number that no codec's block divides.
python3 - "$scratch" <<'PYTHON'
import struct, sys
def channel(seed):
    state, slow, samples = seed, 0, []
    for _ in range(30007):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        slow += ((state & 0xFFFFFF) - 0x800000 - slow) >> 3
        samples.append(slow)
    return samples
left, right = channel(0x9E3779B9), channel(0x7F4A7C15)
folder = sys.argv[1]
with open(f"{folder}/s32.raw", "wb") as s32, open(f"{folder}/s16.raw", "wb") as s16:
    for l, r in zip(left, right):
        s32.write(struct.pack("<ii", l << 8, r << 8))
        s16.write(struct.pack("<hh", l >> 8, r >> 8))
PYTHON

encode() { # INPUT.raw FORMAT RATE FRAMES OUTPUT OPTIONS...
    input=$1 format=$2 rate=$3 frames=$4 output=$5
    shift 5
    head -c $((frames * (format == 16 ? 4 : 8))) "$scratch/$input.raw" |
        ffmpeg -hide_banner -loglevel error -y -f "s${format}le" -ar "$rate" -ac 2 -i - -bitexact "$@" "$output"
}
short16() { out=$1; shift; encode s16 16 44100 2205 "$out" "$@"; }
short24() { out=$1; shift; encode s32 32 44100 2205 "$out" "$@"; }
long() { rate=$1 out=$2; shift 2; encode s16 16 "$rate" 30007 "$out" "$@"; }

# Lossless, 2,205 frames at 44.1 kHz: equal to the last bit.
short16 lossless16.flac -c:a flac
short24 lossless24.flac -c:a flac -sample_fmt s32 -bits_per_raw_sample 24
short16 lossless16.oga -c:a flac
short16 lossless16.alac.m4a -c:a alac
short24 lossless24.alac.m4a -c:a alac -sample_fmt s32p -bits_per_raw_sample 24
short16 lossless16.aiff -c:a pcm_s16be
short24 lossless24.aiff -c:a pcm_s24be
short24 float32.aiff -c:a pcm_f32be
short16 lossless16.caf -c:a pcm_s16le
short16 lossless16.rf64.wav -c:a pcm_s16le -rf64 always
short24 lossless24.wav -c:a pcm_s24le
short24 float64.wav -c:a pcm_f64le
short16 lossless16.mka -c:a flac

# Lossy, 30,007 frames: as long, and aligned to the sample.
long 44100 cbr.mp3 -c:a libmp3lame -b:a 128k
long 44100 vbr.mp3 -c:a libmp3lame -q:a 4
long 22050 mpeg2.mp3 -c:a libmp3lame -b:a 64k
long 44100 aac.m4a -c:a aac -b:a 128k
long 44100 faststart.m4a -c:a aac -b:a 96k -movflags +faststart
long 44100 bare.aac -c:a aac -b:a 96k
long 44100 vorbis.ogg -c:a libvorbis -q:a 4
# A second and a half of a band in many short pages: some end with a short block after a long one.
ffmpeg -hide_banner -loglevel error -y -ss 14 -t 1.5 -i ../../../demo/war-of-freedom.ogg -map_metadata -1 -c:a libvorbis -q:a 2 -page_duration 50000 -bitexact short-blocks.ogg
long 48000 opus.opus -c:a libopus -b:a 128k
long 48000 opus.mp4 -c:a libopus -b:a 128k
long 48000 opus.webm -c:a libopus -b:a 128k

du -cb -- *.* | tail -1

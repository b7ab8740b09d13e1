"""Ours against its peers and against the machine; writes BENCHMARKS.md. `cargo xtask peers` runs it.

Every piece of work is asked of a child process, pinned to one core, in rounds: each round asks for every piece once, in an
order of its own, so that whatever else the machine does falls on all alike. Taken is the processor time of the child, which
no other process adds to; a ratio is the median of the ratios within the rounds.
"""

import argparse
import os
import pathlib
import platform
import random
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
DEFAULT = ROOT / "models/default"
# Rows a column, and bands of a row, of each convolution of VGGish.
POSITIONS = [16 * 64, 8 * 32, 4 * 16, 4 * 16, 2 * 8, 2 * 8]


class Onnxruntime:
    """The child that runs onnxruntime, one thread."""

    def __init__(self, stream, patch, quantised):
        import numpy
        import onnxruntime

        self.np, self.ort = numpy, onnxruntime
        self.files = {
            "stream": [stream / "columns.onnx", stream / "dense.onnx"],
            "patch": [patch / "embedding.onnx"],
        }
        if quantised:
            self.files["quantised"] = [quantised / "columns.onnx", quantised / "dense.onnx"]
        self.sessions = {}

    def session(self, path):
        options = self.ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return self.ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, kind, at, x):
        key = (kind, at)
        if key not in self.sessions:
            self.sessions[key] = self.session(self.files[kind][at])
        session = self.sessions[key]
        return session.run(None, {session.get_inputs()[0].name: x})[0]

    def spectrogram(self, hops):
        return self.np.random.default_rng(1).normal(-1, 2, (1, 1, hops, 64)).astype(self.np.float32)

    def work(self, what, *arguments):
        if what == "window":
            kind, count = arguments[0], int(arguments[1])
            x = self.spectrogram(96)
            for _ in range(count):
                y = self.run(kind, 0, x)
                if kind == "stream":
                    self.run(kind, 1, y)
            return count
        if what == "network":
            # The whole spectrogram at once, then all windows at once, as a batch of 64.
            kind, seconds = arguments[0], int(arguments[1])
            columns = self.run(kind, 0, self.spectrogram(100 * seconds))[0]
            views = [columns[:, at : at + 6] for at in range(columns.shape[1] - 5)]
            for at in range(0, len(views), 64):
                self.run(kind, 1, self.np.stack(views[at : at + 64]))
            return len(views)
        if what == "load":
            for _ in range(int(arguments[1])):
                for path in self.files[arguments[0]]:
                    self.session(path)
            return arguments[1]
        if what == "memory":
            return re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]
        raise ValueError(what)


class Child:
    """A process that is asked line by line, and its clock."""

    def __init__(self, command, cores, hurried=False):
        def pin():
            os.sched_setaffinity(0, cores)
            if hurried:
                try:
                    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
                except PermissionError:
                    pass

        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin
        )
        # CPUCLOCK_SCHED of another process (Linux, posix-timers).
        self.clock = (~self.process.pid << 3) | 2

    def ask(self, line):
        """Processor seconds, seconds, answer."""
        cpu, wall = time.clock_gettime(self.clock), time.perf_counter()
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"peers: the process that was asked for `{line}` ended")
        return time.clock_gettime(self.clock) - cpu, time.perf_counter() - wall, answer.strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait()
# A copy that takes less, in nanoseconds, is shorter than a few steps of a coarse clock (10 ns on some virtual machines).
LEAST_COPY_NS = 50


def gigaflops(stream):
    """Operations of the convolutions for a column of 160 ms, and of the dense layers for a window; bytes of weights."""
    import onnx

    def shapes(path, rank):
        graph = onnx.load(path).graph
        return [list(t.dims) for t in graph.initializer if len(t.dims) == rank]

    convolutions = shapes(stream / "columns.onnx", 4)
    column = sum(
        2 * out * inputs * 9 * positions for (out, inputs, _, _), positions in zip(convolutions, POSITIONS)
    )
    dense = sum(2 * out * inputs for out, inputs in shapes(stream / "dense.onnx", 2))
    return column / 1e9, dense / 1e9


def random_package(folder, kind):
    """VGGish with two dense layers and random weights: `patch` with a zero border round each patch, `stream` as the default package is."""
    if not (folder / "manifest.toml").exists():
        sys.path.insert(0, str(ROOT / "engine/tests/golden"))
        import generate_models as g

        stream = kind == "stream"
        head = {"kind": "group", "groups": 8} if stream else {"kind": "batch"}
        g.package(folder, folder.name, kind, g.VGGISH, [512, 128], head, {"kind": "unit"}, 14, half=stream, mean=stream)
    return folder


def is_quantised(package):
    """Whether a stream package computes in bytes."""
    import onnx

    return any(node.op_type == "QLinearConv" for node in onnx.load(package / "columns.onnx").graph.node)


def packages(arguments, folder):
    """The three that are measured: a stream in floats, a patch package, and a stream in bytes or none. Where the default package has bytes,
    a random one of the same shape is the stream in floats."""
    stream, quantised = arguments.stream, arguments.quantised
    if stream is None:
        stream = DEFAULT
        if is_quantised(DEFAULT):
            stream, quantised = random_package(folder / "compact-stream", "stream"), quantised or DEFAULT
    return stream, arguments.patch or random_package(folder / "compact-patch", "patch"), quantised


# name: (child, what is asked, units in it)
WORK = {
    "window": ("ours", "window stream 40", 40),
    "window tract": ("ours", "window stream-tract 12", 12),
    "window ort": ("ort", "window stream 12", 12),
    "live": ("ours", "live stream 1 6", 6),
    "live tract": ("ours", "live stream-tract 1 2", 2),
    "live of 16": ("ours", "live stream 16 1", 16),
    "network": ("ours", "network stream 60", 60),
    "spectrogram": ("ours", "spectrogram 60", 60),
    "network ort": ("ort", "network stream 60", 60),
    "file": ("ours", "file stream 60 1", 60),
    "front-end": ("ours", "front-end 60", 60),
    "head": ("ours", "head stream 400", 400),
    "load": ("ours", "load stream 2", 2),
    "load tract": ("ours", "load stream-tract 1", 1),
    "load ort": ("ort", "load stream 1", 1),
    "patch shared": ("ours", "window patch 16", 16),
    "patch plain": ("ours", "patch patch 12", 12),
    "patch tract": ("ours", "window patch-tract 6", 6),
    "patch ort": ("ort", "window patch 8", 8),
    "arithmetic": ("ours", "arithmetic 3", 1),
    "bandwidth": ("ours", "bandwidth 6", 1),
}
# What is asked beside it where there is a quantised package.
QUANTISED = {
    "live 8": ("ours", "live quantised 1 6", 6),
    "network 8": ("ours", "network quantised 60", 60),
    "network 8 ort": ("ort", "network quantised 60", 60),
    "file 8": ("ours", "file quantised 60 1", 60),
    "load 8": ("ours", "load quantised 2", 2),
    "products": ("ours", "products 3", 1),
}


class Times:
    """Seconds of processor time a unit, for each work and round."""

    def __init__(self):
        self.seconds = {}

    def add(self, name, seconds):
        self.seconds.setdefault(name, []).append(seconds)

    def __getitem__(self, name):
        return statistics.median(self.seconds[name])

    def ratio(self, over, under):
        return statistics.median(a / b for a, b in zip(self.seconds[over], self.seconds[under]))


def measure(arguments, stream, patch, quantised):
    cores = sorted(os.sched_getaffinity(0))
    one = {cores[-1]}
    ours = [arguments.bench, str(stream), str(patch)]
    ort = [sys.executable, __file__, "--onnxruntime", "--stream", str(stream), "--patch", str(patch)]
    work = dict(WORK)
    if quantised:
        ours.append(str(quantised))
        ort += ["--quantised", str(quantised)]
        work |= QUANTISED
    memory = measure_memory(ours, ort, one, quantised)
    children = {"ours": Child(ours, one), "ort": Child(ort, one), "free": Child(ours, set(cores), hurried=True)}
    for child, line, _ in work.values():
        children[child].ask(line)  # loads what it needs
    times, order = Times(), list(work)
    shuffle = random.Random(1)
    for number in range(arguments.rounds):
        shuffle.shuffle(order)
        for name in order:
            child, line, units = work[name]
            cpu, _, answer = children[child].ask(line)
            if name in ("arithmetic", "bandwidth", "products"):
                times.add(name, cpu / float(answer) if float(answer) else float("nan"))
            else:
                times.add(name, cpu / units)
        # The time that passes, which the rest of the machine adds to: taken back to back, before all others where that may
        # be asked for, and told with the least.
        for threads in (1, 2):
            cpu, wall, _ = children["free"].ask(f"file stream 120 {threads}")
            times.add(f"cores {threads} cpu", cpu / 120)
            times.add(f"cores {threads} wall", wall / 120)
        # Less the front-end, of which a window 960 ms after the last takes six times as much.
        front_end = times.seconds["spectrogram"][-1]
        times.add("patch shared alone", times.seconds["patch shared"][-1] - 0.16 * front_end)
        times.add("patch plain alone", times.seconds["patch plain"][-1] - 0.96 * front_end)
        times.add("network alone", times.seconds["network"][-1] - times.seconds["spectrogram"][-1])
        if quantised:
            times.add("network 8 alone", times.seconds["network 8"][-1] - times.seconds["spectrogram"][-1])
        print(f"peers: round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    for child in children.values():
        child.end()
    return times, memory


def measure_memory(ours, ort, one, quantised):
    """MiB that a first instance adds to a fresh process, and each further one."""
    found = {}
    kinds = [("ours", "stream"), ("tract", "stream-tract")] + ([("ours 8", "quantised")] if quantised else [])
    for name, kind in kinds:
        child = Child(ours, one)
        read = lambda: int(child.ask("memory")[2]) / 1024
        before = read()
        child.ask(f"instances {kind} 1")
        first = read()
        child.ask(f"instances {kind} 33")
        found[name] = (first - before, (read() - first) / 32)
        child.end()
    child = Child(ort, one)
    before = int(child.ask("memory")[2]) / 1024
    child.ask("window stream 2")
    found["ort"] = (int(child.ask("memory")[2]) / 1024 - before, None)
    child.end()
    return found


def program(path, folder):
    """MiB that `rollcall analyze` has at most, and seconds, for 10 minutes."""
    if not path.exists():
        return None
    import numpy
    import wave

    sound = folder / "ten-minutes.wav"
    if not sound.exists():
        noise = numpy.random.default_rng(1).normal(0, 3000, 600 * 16000).astype("<i2")
        with wave.open(str(sound), "wb") as file:
            file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
            file.writeframes(noise.tobytes())
    run = subprocess.Popen([str(path), "analyze", str(sound), "--format", "csv"], stdout=subprocess.DEVNULL)
    # Not what `wait4` says: a child begins with the memory of the process that it was forked from.
    peak = 0
    while run.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{run.pid}/status").read_text())
        if found and os.readlink(f"/proc/{run.pid}/exe") == str(path.resolve()):
            peak = max(peak, int(found[1]) / 1024)
        time.sleep(0.005)
    if run.returncode != 0:
        sys.exit("peers: rollcall failed")
    return peak


def processor():
    info = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", info)
    flags = re.search(r"flags\s*: (.*)", info)
    wide = "AVX-512" if flags and "avx512f" in flags[1] else "AVX2" if flags and "avx2" in flags[1] else "neither"
    return f"{name[1] if name else platform.processor()}, {os.cpu_count()} cores, {wide}"


def ms(seconds):
    return f"{seconds * 1e3:.3g} ms"


def write(times, memory, peak_mb, stream, quantised, bundles, tap, rounds):
    column, dense = gigaflops(stream)
    flops, bandwidth = 1 / times["arithmetic"] / 1e9, 1 / times["bandwidth"] / 1e9
    second = 6.25
    network = times["network alone"]
    limit = (column + dense) / flops
    share = (times["front-end"] + second * times["head"]) / times["live"]
    scaling = min(times.seconds["cores 1 wall"]) / min(times.seconds["cores 2 wall"])
    extra = times.ratio("cores 2 cpu", "cores 1 cpu")
    efficiency = second * limit / network
    sixteen = 16 * times["live of 16"] / 2
    rows = [
        ("one more window, 160 ms after the last (live)", times["window"], times["window ort"], times["window tract"], limit),
        ("a second of 48 kHz stereo, live, all that there is to do", times["live"], second * times["window ort"], times["live tract"], second * limit),
        ("a second of a recording, the network alone", network, times["network ort"], None, second * limit),
        ("a second of a recording, all but decoding", times["file"], None, None, second * limit),
        ("loading the model", times["load"], times["load ort"], times["load tract"], None),
        ("a patch package, one more window", times["patch shared"], times["patch ort"], times["patch tract"], None),
    ]
    if quantised:
        limit_8 = (column + dense) * 1e9 * times["products"]
        rows += [
            ("8 bits: a second of 48 kHz stereo, live, all that there is to do", times["live 8"], None, None, second * limit_8),
            ("8 bits: a second of a recording, the network alone", times["network 8 alone"], times["network 8 ort"], None, second * limit_8),
            ("8 bits: a second of a recording, all but decoding", times["file 8"], None, None, second * limit_8),
            ("8 bits: loading the model", times["load 8"], None, None, None),
        ]
    cell = lambda seconds: "" if seconds is None or seconds != seconds else ms(seconds)
    text = [
        "# Benchmarks",
        "",
        "Written by `cargo xtask peers`; do not edit. What counts are the ratios: both sides of each were measured in turn, in the",
        "same minutes, on the same core, in processor time.",
        "",
        f"- Machine: {processor()}.",
        f"- Limits of one core, measured in the same rounds: {flops:.0f} GFLOP/s of fused multiply-adds, {bandwidth:.1f} GB/s read from memory.",
        f"- The default network{' in floats' if quantised else ''} needs {column:.3f} GFLOP for a column of 160 ms and {1e3 * dense:.2f} MFLOP for a window's dense layers: {ms(limit)} at that rate.",
        f"- {rounds} rounds, each of every work once, in shuffled order; medians. The machine was busy: {os.getloadavg()[1]:.1f} processes wanted its cores.",
        "",
        "| processor time | ours | onnxruntime, 1 thread | tract as it comes | limit of the arithmetic |",
        "| --- | --- | --- | --- | --- |",
    ]
    if quantised:
        text[6] += f" {1e-9 / times['products']:.0f} billion operations on bytes (VNNI)."
    if quantised == DEFAULT:
        text.insert(8, "- The default package computes in bytes: the rows \"8 bits\" are its. The others are of a package of the same shape in floats, with random weights.")
    text += [f"| {name} | {cell(a)} | {cell(b)} | {cell(c)} | {cell(d)} |" for name, a, b, c, d in rows]
    text += [
        "",
        "onnxruntime live is what it needs for a patch of 96 hops, computed anew for every window, without front-end and head; for a",
        "recording it convolves a whole minute at once, and its dense layers take 64 windows at once. tract live is pulsed, as this",
        "engine uses it for graphs that the kernels do not know. Minutes were measured; an hour is 60 of them (the work is the same",
        "for each, whatever came before).",
        "",
        "| ratio | measured | goal | |",
        "| --- | --- | --- | --- |",
    ]
    goals = [
        ("a live instance at 160 ms updates, of one core", 100 * times["live"], "%", "<=", 4),
        ("sixteen live instances, of two cores", 100 * sixteen, "%", "<=", 100),
        ("live: ours over onnxruntime patch by patch", times.ratio("window", "window ort"), "", "<=", 1),
        ("live: ours over tract as it comes", times.ratio("window", "window tract"), "", "<=", 1 / 1.5),
        ("recording: ours over onnxruntime, whole file at once", times.ratio("network alone", "network ort"), "", "<=", 1),
        ("recording: share of the arithmetic limit", 100 * efficiency, "%", ">=", 60),
        ("an hour of music on one core, all but decoding", 3600 * times["file"], " s", "<=", 60),
        ("two cores over one, by the clock (least of each)", scaling, " x", ">=", 1.9),
        ("processor time on two cores over that on one", extra, "", "<=", 1.05),
        ("front-end, resampler and head, of a live second", 100 * share, "%", "<=", 5),
        ("patch package: sharing over computing anew", times.ratio("patch shared alone", "patch plain alone"), "", "<=", 0.55),
        ("loading the model", 1e3 * times["load"], " ms", "<=", 150),
        ("memory of a first instance", memory["ours"][0], " MiB", "<=", 100),
        ("memory of a further instance", memory["ours"][1], " MiB", "<=", 8),
    ]
    if quantised:
        goals += [
            ("8 bits: a recording over onnxruntime in floats, whole file at once", times.ratio("network 8 alone", "network ort"), "", "<=", 0.35),
            ("8 bits: a recording over onnxruntime in 8 bits, whole file at once", times.ratio("network 8 alone", "network 8 ort"), "", "<=", 1),
            ("8 bits: a recording over ours in floats", times.ratio("network 8 alone", "network alone"), "", "<=", 0.7),
            ("8 bits: a recording, share of VNNI's limit", 100 * second * limit_8 / times["network 8 alone"], "%", ">=", 50),
            ("8 bits: a live instance at 160 ms updates, of one core", 100 * times["live 8"], "%", "<=", 0.6),
            ("8 bits: memory of a first instance", memory["ours 8"][0], " MiB", "<=", 45),
        ]
        goals = [goal for goal in goals if goal[1] == goal[1]]
    if peak_mb is not None:
        goals.append(("memory of `rollcall analyze`, ten minutes", peak_mb, " MiB", "<=", 150))
    # Two tables: that of blocks has nine columns. What takes less than some clocks' steps is no ratio.
    table = tap.read_text().strip().splitlines() if tap.exists() else []
    blocks = [row for row in (line.split("|")[1:-1] for line in table[2:]) if len(row) == 9]
    if blocks:
        alone = max(float(row[5]) for row in blocks if float(row[4]) >= LEAST_COPY_NS)
        apart = max(float(row[8]) for row in blocks if float(row[7]) >= LEAST_COPY_NS)
        goals.append(("a block on the audio thread over its `memcpy`, at worst", alone, " x", "<=", 3))
    for name, value, unit, sign, goal in goals:
        met = value <= goal if sign == "<=" else value >= goal
        text.append(f"| {name} | {value:.3g}{unit} | {sign} {goal:.3g}{unit} | {'met' if met else '**not met**'} |")
    text += [
        "",
        f"Memory of tract as it comes: {memory['tract'][0]:.0f} MiB for a first instance, {memory['tract'][1]:.1f} for a further one; onnxruntime's",
        f"sessions: {memory['ort'][0]:.0f} MiB.",
    ]
    if blocks:
        text += [
            "",
            "## The audio thread",
            "",
            "A block through the tap against a `memcpy` of the same block (all its channels), which always goes to the same place; the least of many rounds on a",
            f"core by itself. Goal: under 3; at worst {alone:.1f}. Then both where another core reads what they wrote, as the worker does, so that",
            f"every line of memory comes back from there; the median of many rounds: at worst {apart:.1f}.",
            "",
            *table,
        ]
    sizes = [(path, path.stat().st_size / 1e6) for path in bundles if path.exists()]
    if sizes:
        text += ["", "## Sizes", ""]
        text += [
            f"The model makes {sum(f.stat().st_size for f in DEFAULT.iterdir() if f.suffix != '.svg') / 1e6:.1f} MB of each. The rest of a bundle, by `nm` and `size` before stripping: tract with ndarray 9 MB, generic code of the standard",
            "library 5, tables for unwinding 3.6, rustfft 3.4, the window, its text and fonts 4, relocations 1.8, symphonia 1. Goal for a bundle: at most 28.5 MB beside the model.",
            "",
        ]
        text += ["| file | MB |", "| --- | --- |"]
        text += [f"| {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name} | {size:.1f} |" for path, size in sizes]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", help="the built bench `peers` of the engine")
    parser.add_argument("--stream", type=pathlib.Path, help="a stream package in floats; models/default unless that has bytes")
    parser.add_argument("--patch", type=pathlib.Path)
    parser.add_argument(
        "--quantised", type=pathlib.Path, help="what `rollcall-train quantise` made of it; models/default if that has bytes"
    )
    parser.add_argument("--target", type=pathlib.Path, default=ROOT / "target")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "BENCHMARKS.md")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--onnxruntime", action="store_true", help="be the child that runs it")
    arguments = parser.parse_args()
    if arguments.onnxruntime:
        peer = Onnxruntime(arguments.stream, arguments.patch, arguments.quantised)
        for line in sys.stdin:
            print(peer.work(*line.split()), flush=True)
        return
    folder = arguments.target / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    stream, patch, quantised = packages(arguments, folder)
    times, memory = measure(arguments, stream, patch, quantised)
    peak_mb = program(arguments.target / "release/rollcall", folder)
    bundles = [
        arguments.target / "release/rollcall",
        arguments.target / "bundled/Rollcall.clap",
        arguments.target / "bundled/Rollcall.vst3/Contents/x86_64-linux/Rollcall.so",
    ]
    text = write(times, memory, peak_mb, stream, quantised, bundles, folder / "tap.md", arguments.rounds)
    arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()

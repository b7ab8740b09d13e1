"""Model packages for the engine's tests, and what onnxruntime says of them.

    pip install numpy onnx onnxruntime
    python3 engine/tests/golden/generate_models.py             # rewrites the fixtures beside this file (0.6 MB)
    python3 engine/tests/golden/generate_models.py --large DIR # VGGish in full and compact, random weights (0.5 GB)
    python3 engine/tests/golden/generate_models.py --large DIR --test # the same, then the engine's test against them

Everything is seeded: weights are He-scaled noise, spectrograms are smoothed noise in the range of a log-mel. The
fixtures have VGGish's topology with few channels:

    stream  columns.onnx + dense.onnx, 16-bit weights behind Casts, `unit`, group normalisation
    patch   embedding.onnx, 32-bit weights, `pca8`, batch normalisation as AttentionMIC was published
    events  `stream` with events.onnx: five events, two of them other instruments that take turns in being likely
    quantised  a stream whose convolutions and dense layers have 8-bit weights and activations, and the mean over a window

Beside each package lies what the Rust tests compare with, as raw little-endian 32-bit floats in row-major order:

    NAME.hops.f32            [hops, 64]        the spectrogram
    NAME.embeddings.f32      [windows, 128]    onnxruntime's embedding of each window of 96 hops, one every 16 hops
    NAME.head.f32            clip [C], then activity [windows, C], then attention [windows, C], by onnxruntime

The head sees the embeddings after post-processing in NumPy.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
HERE = pathlib.Path(__file__).parent
CLASSES = (
    "accordion banjo bass cello clarinet cymbals drums flute guitar mallet_percussion mandolin organ piano "
    "saxophone synthesizer trombone trumpet ukulele violin voice"
).split()
VGGISH = [64, 128, 256, 256, 512, 512]
TINY = [4, 8, 8, 8, 16, 16]


class Graph:
    """Nodes and weights of one ONNX file under construction."""

    def __init__(self, half):
        self.nodes, self.weights, self.half = [], [], half

    def weight(self, name, value):
        value = np.asarray(value, np.float32)
        if not self.half:
            self.weights.append(numpy_helper.from_array(value, name))
            return name
        self.weights.append(numpy_helper.from_array(value.astype(np.float16), name))
        return self.add("Cast", [name], name + ".f32", to=TensorProto.FLOAT)

    def ints(self, name, values):
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.int64), name))
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def save(self, path, inputs, outputs):
        def info(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self.nodes, path.stem, [info(*i) for i in inputs], [info(*o) for o in outputs], self.weights
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())


def he(rng, *shape):
    fan_in = int(np.prod(shape[1:]))
    return rng.normal(0, np.sqrt(2 / fan_in), shape)


def convolutions(graph, rng, channels, x):
    """Six convolutions, four pools (the third and fourth after two convolutions), as VGGish."""
    previous = 1
    for i, out in enumerate(channels):
        w = graph.weight(f"conv{i}.weight", he(rng, out, previous, 3, 3))
        b = graph.weight(f"conv{i}.bias", rng.normal(0, 0.05, out))
        x = graph.add("Conv", [x, w, b], f"conv{i}", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        x = graph.add("Relu", [x], f"relu{i}")
        if i in (0, 1, 3, 5):
            x = graph.add("MaxPool", [x], f"pool{i}", kernel_shape=[2, 2], strides=[2, 2])
        previous = out
    return x


def dense(graph, rng, channels, sizes, x, mean=False):
    """Flattened as height, width, channel, then dense layers with a ReLU after each (paper, section 2.2). `mean`: of the columns, before."""
    x = graph.add("Transpose", [x], "nhwc", perm=[0, 2, 3, 1])
    if mean:
        x = graph.add("ReduceMean", [x], "mean", axes=[1], keepdims=0)
    x = graph.add("Flatten", [x], "flat", axis=1)
    previous = channels * (4 if mean else 24)
    for i, out in enumerate(sizes):
        w = graph.weight(f"fc{i}.weight", he(rng, out, previous))
        b = graph.weight(f"fc{i}.bias", rng.normal(0, 0.05, out))
        name = "embedding" if i + 1 == len(sizes) else f"fc_relu{i}"
        x = graph.add("Relu", [graph.add("Gemm", [x, w, b], f"fc{i}", transB=1)], name)
        previous = out
    return x


def norm(graph, x, layer):
    """Batch normalisation by running statistics over the last axis."""
    centred = graph.add("Sub", [x, f"{layer}.running_mean"], f"{layer}.centred")
    root = graph.add("Sqrt", [graph.add("Add", [f"{layer}.running_var", "epsilon"], f"{layer}.var")], f"{layer}.std")
    scaled = graph.add("Mul", [graph.add("Div", [centred, root], f"{layer}.unit"), f"{layer}.weight"], f"{layer}.scaled")
    return graph.add("Add", [scaled, f"{layer}.bias"], f"{layer}.out")


def head(path, rng, kind, classes, half):
    g = Graph(half)

    def layer(x, name, out, bias):
        w = g.weight(f"{name}.weight", he(rng, out, 128, 1, 1)[:, :, :, 0])
        inputs = [g.add("Transpose", [x], f"{name}.nct", perm=[0, 2, 1]), w]
        if bias:
            inputs.append(g.weight(f"{name}.bias", rng.normal(0, 0.3, out)))
        y = g.add("Conv", inputs, f"{name}.out", kernel_shape=[1])
        return g.add("Transpose", [y], f"{name}.ntc", perm=[0, 2, 1])

    x = "representation"
    g.weights.append(numpy_helper.from_array(np.float32(1e-5), "epsilon"))
    if kind == "group":
        y = x
        for i in (1, 2, 3):
            y = layer(y, f"conv{i}", 128, True)
            if i < 3:
                y = g.add("Relu", [y], f"relu{i}")
        y = g.add("Reshape", [y, g.ints("grouped", [-1, 8, 16])], "groups")
        y = g.add("Sub", [y, g.add("ReduceMean", [y], "mean", axes=[2])], "centred")
        var = g.add("ReduceMean", [g.add("Mul", [y, y], "square")], "variance", axes=[2])
        std = g.add("Sqrt", [g.add("Add", [var, "epsilon"], "variance.eps")], "std")
        y = g.add("Reshape", [g.add("Div", [y, std], "unit"), g.ints("ungrouped", [1, -1, 128])], "ungroup")
        y = g.add("Mul", [y, g.weight("norm.weight", rng.uniform(0.5, 1.5, 128))], "norm.scaled")
        y = g.add("Add", [y, g.weight("norm.bias", rng.normal(0, 0.2, 128))], "norm.out")
    else:
        for i in range(4):
            values = {
                "weight": rng.uniform(0.5, 1.5, 128),
                "bias": rng.normal(0, 0.2, 128),
                "running_mean": rng.normal(0.3, 0.2, 128),
                "running_var": rng.uniform(0.2, 2.0, 128),
            }
            for part, value in values.items():
                g.weights.append(numpy_helper.from_array(value.astype(np.float32), f"norm{i}.{part}"))
        y = norm(g, x, "norm0")
        for i in (1, 2, 3):
            y = g.add("Relu", [norm(g, layer(y, f"conv{i}", 128, False), f"norm{i}")], f"relu{i}")
    y = g.add("Add", [y, x], "residual")
    activity = g.add("Sigmoid", [layer(y, "activity", classes, True)], "activity")
    weights = g.add("Sigmoid", [layer(y, "attention", classes, True)], "attention.raw")
    limits = {"zero": 0.0, "one": 1.0}
    if kind == "batch":
        limits |= {"low": 1e-7, "high": 1 - 1e-7}
    for name, value in limits.items():
        g.weights.append(numpy_helper.from_array(np.float32(value), name))
    if kind == "batch":
        weights = g.add("Clip", [weights, "low", "high"], "attention.clamped")
    time = g.ints("time", [1])
    total = g.add("ReduceSum", [weights, time], "attention.sum", keepdims=1)
    attention = g.add("Div", [weights, total], "attention")
    gated = g.add("Mul", [activity, attention], "gated")
    clip = g.add("Clip", [g.add("ReduceSum", [gated, time], "pooled", keepdims=0), "zero", "one"], "clip")
    g.save(
        path,
        [(x, [1, "T", 128])],
        [(clip, [1, classes]), (activity, [1, "T", classes]), (attention, [1, "T", classes])],
    )


def stream_network(folder, rng, channels, sizes, half, mean=False):
    g = Graph(half)
    top = convolutions(g, rng, channels, "log_mel")
    g.save(folder / "columns.onnx", [("log_mel", [1, 1, "T", 64])], [(top, [1, channels[-1], "C", 4])])
    g = Graph(half)
    out = dense(g, rng, channels[-1], sizes, "columns", mean)
    g.save(folder / "dense.onnx", [("columns", ["N", channels[-1], 6, 4])], [(out, ["N", 128])])


def patch_network(folder, rng, channels, sizes, half):
    g = Graph(half)
    out = dense(g, rng, channels[-1], sizes, convolutions(g, rng, channels, "log_mel"))
    g.save(folder / "embedding.onnx", [("log_mel", ["N", 1, 96, 64])], [(out, ["N", 128])])


class Quantised(Graph):
    """QLinearConv after QLinearConv: unsigned activations, signed weights with a scale an output, ReLU by saturation at 0."""

    def __init__(self):
        super().__init__(False)

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def scale(self, name, scale, zero_point=0):
        return [self.constant(f"{name}.scale", np.float32(scale)), self.constant(f"{name}.zero", np.uint8(zero_point))]

    def layer(self, name, x, x_scale, x_ends, w, b, y_scale, **attributes):
        """`x_ends` and what is returned beside the output: names of a scale and its zero point."""
        scales = (np.abs(w).reshape(len(w), -1).max(1) / 127).astype(np.float32)
        turned = scales.reshape(-1, *[1] * (w.ndim - 1))
        weights = [
            self.constant(f"{name}.weight", np.rint(w / turned).astype(np.int8)),
            self.constant(f"{name}.weight.scale", scales),
            self.constant(f"{name}.weight.zero", np.int8(0)),
        ]
        y_ends = self.scale(name, y_scale)
        bias = self.constant(f"{name}.bias", np.rint(b / (np.float64(x_scale) * scales)).astype(np.int32))
        return self.add("QLinearConv", [x, *x_ends, *weights, *y_ends, bias], f"{name}.out", **attributes), y_ends


def coarse(values):
    """A scale that takes the greatest value to about 255, and not to another one where the last digit differs."""
    return np.float32(2 ** (np.rint(4 * np.log2(values.max() / 255)) / 4))


def quantised_network(folder, rng, channels, sizes, hops):
    """Quantises random layers by what onnxruntime says that they give for `hops`, as floats."""
    log_mel_scale, zero_point = np.float32(0.05), 92
    g = Quantised()
    x = g.add("QuantizeLinear", ["log_mel", *(ends := g.scale("log_mel", log_mel_scale, zero_point))], "log_mel.q")
    floats, y, scale, previous = Graph(False), "log_mel", log_mel_scale, 1
    shape = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    for i, out in enumerate(channels):
        w, b = he(rng, out, previous, 3, 3), rng.normal(0, 0.05, out)
        names = [floats.weight(f"conv{i}.weight", w), floats.weight(f"conv{i}.bias", b)]
        y = floats.add("Relu", [floats.add("Conv", [y, *names], f"conv{i}", **shape)], f"relu{i}")
        pools = i in (0, 1, 3, 5)
        if pools:
            y = floats.add("MaxPool", [y], f"pool{i}", kernel_shape=[2, 2], strides=[2, 2])
        floats.save(folder / "floats.onnx", [("log_mel", [1, 1, "T", 64])], [(y, [1, out, "C", "F"])])
        columns = run(folder / "floats.onnx", hops[None, None])[0]
        before, scale = scale, coarse(columns)
        x, ends = g.layer(f"conv{i}", x, before, ends, w, b, scale, **shape)
        if pools:
            x = g.add("MaxPool", [x], f"pool{i}", kernel_shape=[2, 2], strides=[2, 2])
        previous = out
    (folder / "floats.onnx").unlink()
    x = g.add("DequantizeLinear", [x, *ends], "columns")
    g.save(folder / "columns.onnx", [("log_mel", [1, 1, "T", 64])], [(x, [1, previous, "C", 4])])
    x = np.stack([columns[0, :, j : j + 6].mean(1) for j in range(columns.shape[2] - 5)])[:, :, None]
    g, scale = Quantised(), coarse(x)
    y = g.add("ReduceMean", ["columns"], "mean", axes=[2], keepdims=1)
    y = g.add("QuantizeLinear", [y, *(ends := g.scale("mean", scale))], "mean.q")
    for i, out in enumerate(sizes):
        w, b = he(rng, out, *x.shape[1:]), rng.normal(0, 0.05, out)
        x = np.maximum(np.einsum("ncab,ocab->no", x, w) + b, 0)[:, :, None, None]
        before, scale = scale, coarse(x)
        y, ends = g.layer(f"fc{i}", y, before, ends, w, b, scale, kernel_shape=list(w.shape[2:]))
    y = g.add("Flatten", [g.add("DequantizeLinear", [y, *ends], "embedding.map")], "embedding", axis=1)
    g.save(folder / "dense.onnx", [("columns", ["N", previous, 6, 4])], [(y, ["N", 128])])


def events(folder, rng):
    """`events.onnx` of few events, and what the manifest says of them."""
    names = ["Flute", "Piano", "Harp", "Gong", "Speech"]
    g = Graph(True)
    w = g.weight("events.weight", 4 * he(rng, len(names), 128))
    # So that none leads by its weights alone, and harp and gong take turns in explaining music better than the classes.
    b = g.weight("events.bias", [-6.7, -2.9, 2.1, -2.7, 0.0])
    logits = g.add("Gemm", ["embedding", w, b], "logits", transB=1)
    g.save(folder / "events.onnx", [("embedding", ["N", 128])], [(logits, ["N", len(names)])])
    classes = [[]] * len(CLASSES)
    classes[CLASSES.index("flute")], classes[CLASSES.index("piano")] = [0], [1]
    return [
        "",
        "[events]",
        f"names = {json.dumps(names)}",
        f"classes = {json.dumps(classes)}",
        "another = { offset = 0.0, other = 4.0, class = -4.0 }",
        'others = [{ name = "harp", events = [2] }, { name = "gong", events = [3] }]',
    ]


def run(path, *inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Without VNNI, sums of bytes would saturate at 16 bits: this asks for exact ones.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs)})


def embeddings(folder, kind, hops):
    """One embedding for each window of 96 hops, 16 hops apart, that no zero border reaches (2 columns at the end)."""
    windows = len(hops) // 16 - 5 - 2
    if kind == "patch":
        patches = np.stack([hops[16 * j : 16 * j + 96] for j in range(windows)])[:, None]
        return run(folder / "embedding.onnx", patches)[0]
    columns = run(folder / "columns.onnx", hops[None, None])[0]
    return run(folder / "dense.onnx", np.stack([columns[0, :, j : j + 6] for j in range(windows)]))[0]


def spectrogram(rng, hops):
    """Smoothed noise between silence (-4.6) and loud (about 3)."""
    noise = rng.normal(0, 1, (hops + 8, 64 + 8))
    kernel = np.hanning(9) / np.hanning(9).sum()
    for axis in (0, 1):
        noise = np.apply_along_axis(lambda v: np.convolve(v, kernel, "valid"), axis, noise)
    return np.maximum(-1 + 6 * noise, np.log(0.01)).astype(np.float32)


def post_process(x, post, folder):
    if post["kind"] == "none":
        return x
    if post["kind"] == "unit":
        low, high = np.float32(post["low"]), np.float32(post["high"])
        return np.clip((x - low) / (high - low), 0, 1)
    values = np.fromfile(folder / "pca.f32", "<f4")
    mean, components = values[:128].astype(np.float64), values[128:].reshape(128, 128).astype(np.float64)
    projected = ((x.astype(np.float64) - mean) @ components.T).astype(np.float32)
    clipped = np.clip(projected, -2, 2)
    return ((clipped + np.float32(2)) * np.float32(255 / 4)).astype(np.uint8).astype(np.float32) / np.float32(255)


def manifest(folder, name, kind, post, normalisation, seed, description, tables=()):
    files = sorted(p for p in folder.iterdir() if p.name != "manifest.toml")
    quoted = json.dumps  # TOML's basic strings are JSON's
    table = lambda d: "{ " + ", ".join(f"{k} = {quoted(v)}" for k, v in d.items()) + " }"
    lines = [
        'schema = "rollcall.model/1"',
        f"name = {quoted(name)}",
        'version = "0.0.0"',
        f"description = {quoted(description)}",
        'licence = "MIT OR Apache-2.0"',
        'origin = "Random weights: no use but for tests."',
        f"kind = {quoted(kind)}",
        f"classes = {quoted(CLASSES)}",
        f"thresholds = {quoted([0.5] * len(CLASSES))}",
        "update_hops = 16",
        "memory_s = 3.0",
        f"head_normalisation = {table(normalisation)}",
        f"post_processing = {table(post)}",
        'training = { command = "python3 engine/tests/golden/generate_models.py", '
        f"seed = {seed}, provisional = true }}",
        "scores = {}",
        "",
        "[front_end]",
        "sample_rate_hz = 16000",
        "window_s = 0.025",
        "hop_s = 0.01",
        "fft = 512",
        "mel_bands = 64",
        "mel_low_hz = 125.0",
        "mel_high_hz = 7500.0",
        "log_offset = 0.01",
        "patch_hops = 96",
        *tables,
    ]
    for path in files:
        content = path.read_bytes()
        lines += [
            "",
            "[[files]]",
            f"name = {quoted(path.name)}",
            f"bytes = {len(content)}",
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        ]
    (folder / "manifest.toml").write_text("\n".join(lines) + "\n")


def package(folder, name, kind, channels, sizes, normalisation, post, seed, half, hops=256, with_events=False, quantised=False, mean=False):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    rng = np.random.default_rng(seed)
    log_mel = spectrogram(rng, hops) if quantised else None
    if quantised:
        quantised_network(folder, rng, channels, sizes, log_mel)
    elif kind == "stream":
        stream_network(folder, rng, channels, sizes, half, mean)
    else:
        patch_network(folder, rng, channels, sizes, half)
    head(folder / "head.onnx", rng, normalisation["kind"], len(CLASSES), half)
    log_mel = spectrogram(rng, hops) if log_mel is None else log_mel
    found = embeddings(folder, kind, log_mel)
    # Nothing in the package depends on what a library rounds, or its hashes would differ from machine to machine.
    scale = 1.0 if channels is TINY else 8.0
    if post["kind"] == "unit":
        post = {**post, "low": 0.0, "high": scale}
    if post["kind"] == "pca8":
        # An orthogonal matrix without rounding: Hadamard's, with rows and signs shuffled.
        rotation = np.ones((1, 1))
        while len(rotation) < 128:
            rotation = np.block([[rotation, rotation], [rotation, -rotation]])
        rotation = rng.permutation(rotation) * rng.choice([-1, 1], 128) / np.sqrt(128)
        mean = rng.uniform(0, 0.3 * scale, 128)
        np.concatenate([mean, (rotation / (0.4 * scale)).ravel()]).astype("<f4").tofile(folder / "pca.f32")
    (folder / "MODEL_CARD.md").write_text(f"# {name}\n\nRandom weights for tests, seed {seed}. Hears nothing.\n")
    tables = events(folder, rng) if with_events else ()
    manifest(folder, name, kind, post, normalisation, seed, f"Random {kind} network for tests", tables)
    if with_events:
        return
    clip, activity, attention = run(folder / "head.onnx", post_process(found, post, folder)[None].astype(np.float32))
    beside = folder.parent
    log_mel.astype("<f4").tofile(beside / f"{folder.name}.hops.f32")
    found.astype("<f4").tofile(beside / f"{folder.name}.embeddings.f32")
    np.concatenate([x.ravel() for x in (clip, activity, attention)]).astype("<f4").tofile(
        beside / f"{folder.name}.head.f32"
    )
    spread = activity[0].std(0).mean()
    print(f"{folder}: embeddings to {found.max():.2f}, activities vary by {spread:.3f}, clip {clip.min():.2f}..{clip.max():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=pathlib.Path, metavar="DIR", help="write VGGish in full and compact into DIR")
    parser.add_argument("--test", action="store_true", help="hold the engine to what was written by --large")
    arguments = parser.parse_args()
    large = arguments.large
    group, batch = {"kind": "group", "groups": 8}, {"kind": "batch"}
    if large:
        package(large / "full", "full", "patch", VGGISH, [4096, 4096, 128], group, {"kind": "unit"}, 11, False)
        package(large / "full-stream", "full-stream", "stream", VGGISH, [4096, 4096, 128], group, {"kind": "unit"}, 12, True)
        package(large / "compact", "compact", "stream", VGGISH, [512, 128], group, {"kind": "unit"}, 13, False)
        package(large / "compact-patch", "compact-patch", "patch", VGGISH, [512, 128], batch, {"kind": "pca8"}, 14, False)
        package(large / "compact-quantised", "compact-quantised", "stream", VGGISH, [512, 128], group, {"kind": "unit"}, 15, True, quantised=True)
        if arguments.test:
            environment = os.environ | {"ROLLCALL_LARGE_MODELS": str(large.resolve()), "ROLLCALL_REQUIRE": "1"}
            command = "cargo test --release --locked -p rollcall-engine --lib vggish".split()
            sys.exit(subprocess.run(command, env=environment).returncode)
    else:
        package(HERE / "models/stream", "fixture-stream", "stream", TINY, [32, 128], group, {"kind": "unit"}, 1, True)
        package(HERE / "models/patch", "fixture-patch", "patch", TINY, [32, 128], batch, {"kind": "pca8"}, 2, False, 160)
        package(HERE / "models/quantised", "fixture-quantised", "stream", TINY, [32, 128], group, {"kind": "unit"}, 3, True, quantised=True)
        package(HERE / "models/events", "fixture-events", "stream", TINY, [32, 128], group, {"kind": "unit"}, 1, True, with_events=True)


if __name__ == "__main__":
    main()

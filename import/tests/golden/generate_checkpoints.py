"""VGGish and an attention head in small, as PyTorch stores them, without PyTorch; and what NumPy and onnxruntime say of them.

    pip install numpy onnx onnxruntime
    python3 import/tests/golden/generate_checkpoints.py

Seeded. The names and the order of the layers are torchvggish's (`vggish.py`) and AttentionMIC's (`Attention.py`), the channels few. Both forms that
`torch.save` has written are made with stand-ins for the functions that its pickles name; PyTorch 1.13 reads them, and writes the same tensors.

    vggish.zip.pth      the form since 1.6: a zip archive of data.pkl and one file a storage
    vggish.legacy.pth   the form before: pickles one after another, then the storages; what torchvggish published
    head.pth            AttentionMIC's state dict
    head.counted.pth    the same with the counters that PyTorch's batch normalisation keeps
    head.deep.pth       one of four layers, which is another network
    vggish.whole.pth    torchvggish's whole model: its weights with its PCA
    vggish.more.pth     a network with a layer more
    pca.more.npz        an archive with an array more
    arrays.pth          a pickle of NumPy arrays, as torchvggish published the PCA: it holds no tensor
    pca.npz             `pca_eigen_vectors` [128, 128], `pca_means` [128, 1]
    patches.f32         [2, 96, 64] log-mel patches
    embeddings.f32      [2, 128] their embeddings, by onnxruntime
"""

import collections
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
CHANNELS = [2, 3, 3, 4, 4, 4]
UNITS = [6, 5, 128]
PLACES = [0, 3, 6, 8, 11, 13]
POOLS = [True, True, False, True, False, True]


def stand_in(module, name):
    """A function that pickle names as `module.name`."""

    def function(*_):
        raise RuntimeError("never called: only named in a pickle")

    function.__module__, function.__qualname__, function.__name__ = module, name, name
    parts = module.split(".")
    for i in range(len(parts)):
        path = ".".join(parts[: i + 1])
        sys.modules.setdefault(path, types.ModuleType(path))
    setattr(sys.modules[module], name, function)
    return function


REBUILD = stand_in("torch._utils", "_rebuild_tensor_v2")
STORAGE = stand_in("torch", "FloatStorage")


class Storage:
    def __init__(self, key, array):
        self.key, self.array = key, np.ascontiguousarray(array, "<f4")


class Tensor:
    def __init__(self, storage):
        self.storage = storage

    def __reduce__(self):
        shape = self.storage.array.shape
        strides = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
        return REBUILD, (self.storage, 0, tuple(map(int, shape)), strides, False, collections.OrderedDict())


class Pickler(pickle.Pickler):
    legacy = False

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        parts = ("storage", STORAGE, obj.key, "cpu", int(obj.array.size))
        return (*parts, None) if self.legacy else parts


def dump(obj, legacy):
    out = io.BytesIO()
    pickler = Pickler(out, protocol=2)
    pickler.legacy = legacy
    pickler.dump(obj)
    return out.getvalue()


def storages(arrays, first):
    state = collections.OrderedDict()
    for i, (name, array) in enumerate(arrays.items()):
        state[name] = Tensor(Storage(str(first + i), array))
    return state


def save_zip(path, arrays):
    state = storages(arrays, 0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        put = lambda name, content: z.writestr(zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0)), content)
        put("data.pkl", dump(state, False))
        put("byteorder", b"little")
        for tensor in state.values():
            put(f"data/{tensor.storage.key}", tensor.storage.array.tobytes())
        put("version", b"3\n")


def save_legacy(path, arrays):
    state = storages(arrays, 94_000_000)
    keys = sorted(tensor.storage.key for tensor in state.values())
    sizes = dict(short=2, int=4, long=4)
    with open(path, "wb") as f:
        f.write(pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2))
        f.write(pickle.dumps(1001, protocol=2))
        f.write(pickle.dumps(dict(protocol_version=1001, little_endian=True, type_sizes=sizes), protocol=2))
        f.write(dump(state, True))
        f.write(pickle.dumps(keys, protocol=2))
        by_key = {tensor.storage.key: tensor.storage.array for tensor in state.values()}
        for key in keys:
            f.write(struct.pack("<q", by_key[key].size) + by_key[key].tobytes())


def he(rng, *shape):
    return rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)


def vggish(rng):
    arrays, inputs = collections.OrderedDict(), 1
    for place, outputs in zip(PLACES, CHANNELS):
        arrays[f"features.{place}.weight"] = he(rng, outputs, inputs, 3, 3)
        arrays[f"features.{place}.bias"] = rng.normal(0, 0.05, outputs)
        inputs = outputs
    inputs *= 24
    for place, outputs in zip((0, 2, 4), UNITS):
        arrays[f"embeddings.{place}.weight"] = he(rng, outputs, inputs)
        arrays[f"embeddings.{place}.bias"] = rng.normal(0.1, 0.1, outputs)
        inputs = outputs
    return {name: np.float32(array) for name, array in arrays.items()}


def head(rng):
    arrays = collections.OrderedDict()
    for i in range(3):
        arrays[f"emb.conv1x1.{i}.weight"] = he(rng, 128, 128, 1, 1)
    for i in range(4):
        arrays[f"emb.batchnorm.{i}.weight"] = rng.uniform(0.5, 1.5, 128)
        arrays[f"emb.batchnorm.{i}.bias"] = rng.normal(0, 0.2, 128)
        arrays[f"emb.batchnorm.{i}.running_mean"] = rng.normal(0.3, 0.2, 128)
        arrays[f"emb.batchnorm.{i}.running_var"] = rng.uniform(0.2, 2.0, 128)
    for name in ("att", "cla"):
        arrays[f"attention.{name}.weight"] = he(rng, 20, 128, 1, 1)
        arrays[f"attention.{name}.bias"] = rng.normal(0, 0.3, 20)
    return {name: np.float32(array) for name, array in arrays.items()}


def embed(arrays, patches):
    """The forward pass of torchvggish: transposed to time, frequency, channel before the first dense layer."""
    nodes, x = [], "x"
    add = lambda op, inputs, **attributes: nodes.append(
        helper.make_node(op, inputs, [f"n{len(nodes)}"], **attributes)
    ) or nodes[-1].output[0]
    for place, pools in zip(PLACES, POOLS):
        name = f"features.{place}"
        x = add("Relu", [add("Conv", [x, f"{name}.weight", f"{name}.bias"], pads=[1, 1, 1, 1])])
        if pools:
            x = add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = add("Flatten", [add("Transpose", [x], perm=[0, 2, 3, 1])])
    for place in (0, 2, 4):
        name = f"embeddings.{place}"
        x = add("Relu", [add("Gemm", [x, f"{name}.weight", f"{name}.bias"], transB=1)])
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "vggish", [info("x", [None, 1, 96, 64])], [info(x, [None, 128])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": patches[:, None]})[0]


def main():
    rng = np.random.default_rng(86976)
    arrays = vggish(rng)
    save_zip(HERE / "vggish.zip.pth", arrays)
    save_legacy(HERE / "vggish.legacy.pth", arrays)
    attention = head(rng)
    save_zip(HERE / "head.pth", attention)
    pca = {"pca_eigen_vectors": rng.normal(0, 0.1, (128, 128)), "pca_means": rng.uniform(0, 1, (128, 1))}
    np.savez(HERE / "pca.npz", **pca)
    with open(HERE / "arrays.pth", "wb") as f:
        small = {name: array[:2].astype(np.float32) for name, array in pca.items()}
        pickle.dump(small, f, protocol=2)
    patches = np.maximum(rng.normal(-1, 2, (2, 96, 64)), np.log(0.01)).astype("<f4")
    found = embed(arrays, patches)
    assert (found > 0).mean() > 0.2, "a dead embedding proves nothing"
    patches.tofile(HERE / "patches.f32")
    found.astype("<f4").tofile(HERE / "embeddings.f32")

    # What is refused is refused by its names: the tensors that come on top are small.
    counters = {f"emb.batchnorm.{i}.num_batches_tracked": np.float32([7]) for i in range(4)}
    save_zip(HERE / "head.counted.pth", attention | counters)
    fifth = {f"emb.batchnorm.4.{name}": np.float32([0]) for name in ("weight", "bias", "running_mean", "running_var")}
    silent = {name: np.zeros_like(array) for name, array in attention.items()}
    save_zip(HERE / "head.deep.pth", silent | {"emb.conv1x1.3.weight": np.float32([0])} | fifth)
    whole = {f"pproc.{name}": np.float32(array) for name, array in pca.items()}
    save_zip(HERE / "vggish.whole.pth", arrays | whole)
    save_zip(HERE / "vggish.more.pth", arrays | {"embeddings.6.weight": np.float32([0]), "embeddings.6.bias": np.float32([0])})
    more = {name: np.zeros_like(array) for name, array in pca.items()} | {"scale": np.float64([1])}
    np.savez_compressed(HERE / "pca.more.npz", **more)


if __name__ == "__main__":
    main()

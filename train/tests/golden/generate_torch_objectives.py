"""Golden data of the first stage's objectives: one step of training each, by PyTorch, on the same weights.

    python3 train/tests/golden/generate_torch_objectives.py     # Debian's python3-torch (1.13); about 3 s

A small VGGish (paper, section 2.2, with fewer kernels) sees six patches; each objective of section 4.1 stands on its
embedding. Written beside this file, raw little-endian 32-bit floats in the trainer's order of parameters and of axes:

    patches.f32                 [6, 96, 64]
    objectives/NAME.targets.f32     what the objective is told of the patches
    objectives/NAME.chances.f32     dropout masks, where it has any
    objectives/NAME.values.f32      all parameters before the step, running statistics too
    objectives/NAME.gradient.f32    of the loss; 0 for running statistics
    objectives/NAME.stepped.f32     all parameters after one step of Adam at 1e-4
    objectives/NAME.json            the loss
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent
OUT = HERE / "objectives"
SAMPLES = 6
CHANNELS = [3, 4, 5, 4, 6, 5]
HIDDEN = [10]
POOLS = (0, 1, 3, 5)
RATE = 1e-4

torch.set_num_threads(1)
OUT.mkdir(exist_ok=True)


def tensor(rng, *shape, scale=1.0):
    return torch.from_numpy((scale * rng.uniform(-1, 1, shape)).astype(np.float32))


def fill(module, rng):
    """Glorot's uniform start (a little wider, so that small layers do not die) and biases off zero."""
    for parameter in module.parameters():
        if parameter.dim() > 1:
            receptive = parameter[0, 0].numel()
            bound = 1.5 * np.sqrt(6 / ((parameter.shape[0] + parameter.shape[1]) * receptive))
        else:
            bound = 0.1
        start = tensor(rng, *parameter.shape, scale=bound)
        parameter.data = start
    for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm1d)):
        norm.weight.data += 1.0


class Vggish(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [1] + CHANNELS
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:]))
        sizes = [6 * 4 * CHANNELS[-1]] + HIDDEN + [128]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        x = x[:, None]
        for i, conv in enumerate(self.convs):
            x = F.relu(conv(x))
            if i in POOLS:
                x = F.max_pool2d(x, 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        for dense in self.dense:
            x = F.relu(dense(x))
        return x


class Textual(nn.Module):
    dimension = 8

    def __init__(self, rng):
        super().__init__()
        self.norm = nn.BatchNorm1d(128)
        self.dense1 = nn.Linear(128, self.dimension)
        self.dense2 = nn.Linear(self.dimension, self.dimension)
        vectors = tensor(rng, 2 * SAMPLES, self.dimension)
        self.targets = F.normalize(vectors, dim=1)
        # Some of the second half lie near their prediction, so that the margin is felt from both sides.
        self.targets[SAMPLES:] = F.normalize(self.targets[:SAMPLES].roll(1, 0) + 0.7 * vectors[SAMPLES:], dim=1)

    def loss(self, embedding):
        predicted = self.dense2(torch.tanh(self.dense1(self.norm(embedding))))
        sign = torch.cat([torch.ones(SAMPLES), -torch.ones(SAMPLES)])
        return nn.CosineEmbeddingLoss(margin=0.5)(predicted.repeat(2, 1), self.targets, sign)


class Denoise(nn.Module):
    kernels = [6, 5, 4, 64]

    def __init__(self, patches):
        super().__init__()
        inputs = [128] + self.kernels
        sizes = [10, 21, 31, 37]
        self.convs = nn.ModuleList(nn.ConvTranspose1d(a, b, k) for a, b, k in zip(inputs, self.kernels, sizes))
        # What is to be recovered is not what goes in: any pair will do here.
        self.targets = patches.flip(0)

    def loss(self, embedding):
        x = embedding[:, :, None]
        for conv, leak in zip(self.convs, [0.1, 0.25, 0.5, 1.0]):
            x = F.leaky_relu(conv(x), leak)
        return F.mse_loss(x.transpose(1, 2), self.targets)


class Align(nn.Module):
    tags, hidden, output = 7, [9, 8], 12

    def __init__(self, rng):
        super().__init__()
        self.audio = nn.Linear(128, self.output)
        sizes = [self.tags] + self.hidden + [self.output]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm1d(b) for b in sizes[1:])
        self.projection = nn.Linear(self.output, self.output, bias=False)
        self.targets = torch.from_numpy((rng.random((SAMPLES, self.tags)) < 0.4).astype(np.float32))
        keep = lambda units: (rng.random((SAMPLES, units)) >= 0.25).astype(np.float32) / np.float32(0.75)
        self.masks = [torch.from_numpy(keep(units)) for units in sizes[1:] + [self.output]]

    def loss(self, embedding):
        x = self.targets
        for dense, norm, mask in zip(self.dense, self.norms, self.masks):
            x = F.relu(norm(dense(x))) * mask
        tags = self.projection(x) * self.masks[-1]
        z = F.normalize(torch.cat([self.audio(embedding), tags]), dim=1)
        similar = torch.exp(z @ z.T / 0.1) * (1 - torch.eye(2 * SAMPLES))
        partner = similar.roll(SAMPLES, 1).diagonal()
        return -torch.log(partner / similar.sum(1) + 1e-5).mean()


class Events(nn.Module):
    events = 11

    def __init__(self, rng):
        super().__init__()
        self.dense = nn.Linear(128, self.events)
        self.targets = torch.from_numpy(rng.random((SAMPLES, self.events)).astype(np.float32))

    def loss(self, embedding):
        return F.binary_cross_entropy_with_logits(self.dense(embedding), self.targets)


def flat(module, of):
    """A module's parameters in the trainer's order and axes."""
    parts = []
    for child in module.modules():
        if isinstance(child, nn.Conv2d):
            parts += [of(child.weight).permute(2, 3, 1, 0), of(child.bias)]
        elif isinstance(child, nn.ConvTranspose1d):
            parts += [of(child.weight).permute(0, 2, 1), of(child.bias)]
        elif isinstance(child, nn.Linear):
            # The trainer has a bias everywhere; where PyTorch has none it stays zero.
            bias = torch.zeros(child.out_features) if child.bias is None else of(child.bias)
            parts += [of(child.weight).T, bias]
        elif isinstance(child, nn.BatchNorm1d):
            parts += [of(child.weight), of(child.bias)]
            parts += [of(child.running_mean), of(child.running_var)]
    return parts


def in_order(objective):
    """The objective's layers one by one: a tag layer's norm follows it."""
    if isinstance(objective, Align):
        pairs = [layer for pair in zip(objective.dense, objective.norms) for layer in pair]
        return [objective.audio, *pairs, objective.projection]
    return list(objective.children())


def save(name, parts):
    np.concatenate([p.detach().numpy().ravel() for p in parts]).astype("<f4").tofile(OUT / name)


def main():
    rng = np.random.default_rng(20261125)
    patches = torch.from_numpy((rng.normal(-2, 1.5, (SAMPLES, 96, 64))).astype(np.float32))
    patches.numpy().astype("<f4").tofile(HERE / "patches.f32")
    objectives = {
        "textual": lambda: Textual(rng),
        "denoise": lambda: Denoise(patches),
        "align": lambda: Align(rng),
        "events": lambda: Events(rng),
    }
    for name, make in objectives.items():
        encoder, objective = Vggish(), make()
        fill(encoder, rng)
        fill(objective, rng)
        modules = [encoder, *in_order(objective)]
        value = lambda p: p.data.clone()
        gradient = lambda p: torch.zeros_like(p) if p.grad is None else p.grad
        every = lambda of: [part for module in modules for part in flat(module, of)]
        save(f"{name}.values.f32", every(value))
        embedding = encoder(patches)
        loss = objective.loss(embedding)
        loss.backward()
        save(f"{name}.gradient.f32", every(gradient))
        torch.optim.Adam([*encoder.parameters(), *objective.parameters()], lr=RATE).step()
        save(f"{name}.stepped.f32", every(value))
        if name != "denoise":
            save(f"{name}.targets.f32", [objective.targets])
        if name == "align":
            save(f"{name}.chances.f32", objective.masks)
        (OUT / f"{name}.json").write_text(json.dumps({"loss": round(loss.item(), 6)}) + "\n")
        alive = (embedding > 0).float().mean().item()
        print(f"{name}: loss {loss.item():.5f}, {alive:.0%} of the embedding above zero")


if __name__ == "__main__":
    main()

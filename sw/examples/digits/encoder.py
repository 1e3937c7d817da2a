"""A small transformer encoder for the digits, in numpy, with its gradients written out by hand.

The picture is cut into 2x2 patches: 16 tokens of 48 values. Two pre-norm layers (4 heads, feed-forward 96, GELU), a norm, the
mean over the tokens, ten scores:

    8x8x1 > CONV 2x2 /2 x48 > + positions > [NORM, ATTENTION + skip, NORM, 48 > 96 > GELU > 48 + skip] x 2 > NORM > MEAN > 10

`Encoder(rng)` has `parameters` {name: array}; `forward(pixels)` gives scores (n, 10), `backward(d_scores)` the gradients
{name: array} of the last forward. `train(pixels, labels)` returns a trained one: seeded, float64, a minute.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np
from scipy.special import erf

PATCH, WIDTH, HEADS, FEED, LAYERS, CLASSES = 2, 48, 4, 96, 2, 10
TOKENS = (8 // PATCH) ** 2
EPSILON = 1e-5
SEED, EPOCHS, BATCH, RATE = 20, 120, 32, 3e-3


def patches(pixels):
    """(n, 8, 8) in 0..16 to (n, TOKENS, PATCH * PATCH) in 0..1, rows of a patch behind each other."""
    n, side = len(pixels), 8 // PATCH
    cut = pixels.reshape(n, side, PATCH, side, PATCH).transpose(0, 1, 3, 2, 4)
    return cut.reshape(n, TOKENS, PATCH * PATCH) / 16.0


class Linear:
    """y = x w + b over the last axis."""

    def __init__(self, net, name, inputs, outputs, rng):
        self.net, self.name = net, name
        net.parameters[name + ".w"] = rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)
        net.parameters[name + ".b"] = np.zeros(outputs)

    def forward(self, x):
        self.x = x
        return x @ self.net.parameters[self.name + ".w"] + self.net.parameters[self.name + ".b"]

    def backward(self, dy):
        x, flat = self.x.reshape(-1, self.x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        self.net.gradients[self.name + ".w"] = x.T @ flat
        self.net.gradients[self.name + ".b"] = flat.sum(0)
        return dy @ self.net.parameters[self.name + ".w"].T


class Norm:
    """Layer norm over the last axis."""

    def __init__(self, net, name):
        self.net, self.name = net, name
        net.parameters[name + ".gamma"] = np.ones(WIDTH)
        net.parameters[name + ".beta"] = np.zeros(WIDTH)

    def forward(self, x):
        d = x - x.mean(-1, keepdims=True)
        self.inverse = 1 / np.sqrt((d * d).mean(-1, keepdims=True) + EPSILON)
        self.unit = d * self.inverse
        return self.unit * self.net.parameters[self.name + ".gamma"] + self.net.parameters[self.name + ".beta"]

    def backward(self, dy):
        axes = tuple(range(dy.ndim - 1))
        self.net.gradients[self.name + ".gamma"] = (dy * self.unit).sum(axes)
        self.net.gradients[self.name + ".beta"] = dy.sum(axes)
        du = dy * self.net.parameters[self.name + ".gamma"]
        return self.inverse * (du - du.mean(-1, keepdims=True) - self.unit * (du * self.unit).mean(-1, keepdims=True))


class Attention:
    def __init__(self, net, name, rng):
        self.parts = [Linear(net, f"{name}.{part}", WIDTH, WIDTH, rng) for part in "qkv"]
        self.out = Linear(net, name + ".out", WIDTH, WIDTH, rng)

    @staticmethod
    def split(x):  # (n, tokens, width) to (n, heads, tokens, width / heads)
        return x.reshape(len(x), TOKENS, HEADS, -1).transpose(0, 2, 1, 3)

    @staticmethod
    def join(x):
        return x.transpose(0, 2, 1, 3).reshape(len(x), TOKENS, WIDTH)

    def forward(self, x):
        self.q, self.k, self.v = (self.split(part.forward(x)) for part in self.parts)
        scores = self.q @ self.k.swapaxes(-1, -2) / np.sqrt(WIDTH // HEADS)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        self.p = e / e.sum(-1, keepdims=True)
        return self.out.forward(self.join(self.p @ self.v))

    def backward(self, dy):
        d = self.split(self.out.backward(dy))
        dp = d @ self.v.swapaxes(-1, -2)
        ds = self.p * (dp - (dp * self.p).sum(-1, keepdims=True)) / np.sqrt(WIDTH // HEADS)
        parts = ds @ self.k, ds.swapaxes(-1, -2) @ self.q, self.p.swapaxes(-1, -2) @ d
        return sum(part.backward(self.join(g)) for part, g in zip(self.parts, parts))


class FeedForward:
    def __init__(self, net, name, rng):
        self.up, self.down = Linear(net, name + ".up", WIDTH, FEED, rng), Linear(net, name + ".down", FEED, WIDTH, rng)

    def forward(self, x):
        self.h = self.up.forward(x)
        self.phi = 0.5 * (1 + erf(self.h / np.sqrt(2)))
        return self.down.forward(self.h * self.phi)

    def backward(self, dy):
        slope = self.phi + self.h * np.exp(-self.h * self.h / 2) / np.sqrt(2 * np.pi)
        return self.up.backward(self.down.backward(dy) * slope)


class Encoder:
    def __init__(self, rng):
        self.parameters, self.gradients = {}, {}
        self.embed = Linear(self, "embed", PATCH * PATCH, WIDTH, rng)
        self.parameters["positions"] = 0.1 * rng.standard_normal((TOKENS, WIDTH))
        self.layers = [(Norm(self, f"{i}.norm1"), Attention(self, f"{i}.attention", rng),
                        Norm(self, f"{i}.norm2"), FeedForward(self, f"{i}.feed", rng)) for i in range(LAYERS)]
        self.norm, self.head = Norm(self, "norm"), Linear(self, "head", WIDTH, CLASSES, rng)

    def forward(self, pixels):
        x = self.embed.forward(patches(pixels)) + self.parameters["positions"]
        for norm1, attention, norm2, feed in self.layers:
            x = x + attention.forward(norm1.forward(x))
            x = x + feed.forward(norm2.forward(x))
        return self.head.forward(self.norm.forward(x).mean(1))

    def backward(self, d_scores):
        d = self.head.backward(d_scores)
        d = self.norm.backward(np.repeat(d[:, None], TOKENS, 1) / TOKENS)
        for norm1, attention, norm2, feed in self.layers[::-1]:
            d = d + norm2.backward(feed.backward(d))
            d = d + norm1.backward(attention.backward(d))
        self.gradients["positions"] = d.sum(0)
        self.embed.backward(d)
        return self.gradients


def loss(scores, labels, smoothing=0.1):
    """Cross entropy with smoothed targets, its mean and its gradient."""
    targets = np.full(scores.shape, smoothing / CLASSES)
    targets[np.arange(len(labels)), labels] += 1 - smoothing
    e = np.exp(scores - scores.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return -(targets * np.log(p)).sum(1).mean(), (p - targets) / len(labels)


def shifted(pixels, rng):
    """The same pictures, each moved by up to one pixel in both directions."""
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    moves = rng.integers(0, 3, (len(pixels), 2))
    return np.stack([p[r:r + 8, c:c + 8] for p, (r, c) in zip(padded, moves)])


def train(pixels, labels, epochs=EPOCHS):
    rng = np.random.default_rng(SEED)
    net = Encoder(rng)
    mean, square = ({name: np.zeros_like(p) for name, p in net.parameters.items()} for _ in range(2))
    steps, step = epochs * (len(pixels) // BATCH), 0
    for epoch in range(epochs):
        moved = shifted(pixels, rng) if epoch < epochs - 10 else pixels
        order, total = rng.permutation(len(pixels)), 0.0
        for start in range(0, len(pixels) - BATCH + 1, BATCH):
            batch = order[start:start + BATCH]
            value, gradient = loss(net.forward(moved[batch].astype(np.float64)), labels[batch])
            total += value
            step += 1
            rate = RATE * min(1, step / 100) * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, g in net.backward(gradient).items():  # Adam, weights of matrices decay
                mean[name] += 0.1 * (g - mean[name])
                square[name] += 0.001 * (g * g - square[name])
                update = mean[name] / (1 - 0.9 ** step) / (np.sqrt(square[name] / (1 - 0.999 ** step)) + 1e-8)
                decay = 0.05 if name.endswith(".w") else 0
                net.parameters[name] -= rate * (update + decay * net.parameters[name])
        print(f"\repoch {epoch + 1}/{epochs}  loss {total / (len(pixels) // BATCH):.4f}", end="", flush=True)
    print()
    return net


def check_gradients():
    """Largest relative error of the gradients against differences of the loss, over every parameter array."""
    rng = np.random.default_rng(1)
    net, worst = Encoder(rng), 0.0
    pixels, labels = rng.uniform(0, 16, (3, 8, 8)), np.array([1, 5, 9])
    gradients = {k: g.copy() for k, g in net.backward(loss(net.forward(pixels), labels)[1]).items()}
    for name, p in net.parameters.items():
        at = tuple(rng.integers(0, n) for n in p.shape)
        saved, values = p[at], []
        for h in (1e-5, -1e-5):
            p[at] = saved + h
            values.append(loss(net.forward(pixels), labels)[0])
        p[at] = saved
        difference = (values[0] - values[1]) / 2e-5
        worst = max(worst, abs(difference - gradients[name][at]) / max(1e-3, abs(difference)))
    return worst


if __name__ == "__main__":
    from digits_data import split
    print(f"gradients against differences: relative error at most {check_gradients():.1e}")
    (train_pixels, train_labels), (test_pixels, test_labels) = split()
    trained = train(train_pixels, train_labels)
    right = (trained.forward(test_pixels.astype(np.float64)).argmax(1) == test_labels).mean()
    print(f"{sum(p.size for p in trained.parameters.values())} parameters, held-out {right:.2%}")

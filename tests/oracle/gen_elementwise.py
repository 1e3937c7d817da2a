"""Random single layers: element-wise operators with one and two operands.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

from common import ACTS, pick, quant, scale, shape, zero_point
from net import random_data


def operand_shapes(rng, broadcast=True):
    """Two shapes that broadcast, and the result."""
    s = shape(rng, limit=1500)
    if not broadcast or rng.integers(2):
        return s, s, s
    a, b = list(s), list(s)
    for d in range(len(s)):
        kind = rng.integers(4)
        if kind == 0:
            a[d] = 1
        elif kind == 1:
            b[d] = 1
    if rng.integers(3) == 0:
        b = b[int(rng.integers(0, len(b))):]
    out = [max(m, n) for m, n in zip(a, [1] * (len(a) - len(b)) + b)]
    return a, b, out


def binary(net, name, options, so=None, act=True, same_quant=False):
    rng = net.rng
    a, b, out = operand_shapes(rng)
    (sa, za), (sb, zb) = quant(rng), quant(rng)
    if same_quant:
        sb, zb = sa, za
    so = float(np.float32(so(rng, sa, sb))) if so else sa
    zo = za if same_quant else zero_point(rng)
    x = net.input(a, sa, za)
    if rng.integers(3) == 0:
        w = net.tensor(b, sb, zb, data=random_data(rng, b))
    else:
        w = net.input(b, sb, zb)
    fields = dict(fusedActivationFunction=pick(rng, *ACTS)) if act else {}
    net.op(name, [x, w], [net.tensor(out, so, zo)], options, **fields)


def around(rng, value):
    return value * (2.0 ** int(rng.integers(-2, 3)) if rng.integers(4) == 0 else np.exp(rng.uniform(-1.2, 1.2)))


def add(net):
    binary(net, "ADD", "AddOptions", lambda rng, a, b: around(rng, a + b))


def sub(net):
    binary(net, "SUB", "SubOptions", lambda rng, a, b: around(rng, a + b))


def mul(net):
    binary(net, "MUL", "MulOptions", lambda rng, a, b: around(rng, a * b * 60))


def maximum(net):
    binary(net, "MAXIMUM", "MaximumMinimumOptions", act=False, same_quant=True)


def minimum(net):
    binary(net, "MINIMUM", "MaximumMinimumOptions", act=False, same_quant=True)


def squared_difference(net):
    binary(net, "SQUARED_DIFFERENCE", "SquaredDifferenceOptions", lambda rng, a, b: around(rng, (a + b) ** 2 * 60), act=False)


def prelu(net):
    rng = net.rng
    s = shape(rng, 4, limit=1500)
    slope = [1, 1, s[3]] if rng.integers(2) else [1 if rng.integers(2) else n for n in s[1:]]
    si, zi = quant(rng)
    x = net.input(s, si, zi)
    a = net.tensor(slope, scale(rng, 0.001, 0.02), zero_point(rng), data=random_data(rng, slope))
    net.op("PRELU", [x, a], [net.tensor(s, around(rng, si), zero_point(rng))])


def unary(net, name, options=None, out=None, **fields):
    rng = net.rng
    s = shape(rng)
    si, zi = quant(rng)
    so, zo = out(rng, si, zi) if out else (float(np.float32(around(rng, si))), zero_point(rng))
    net.op(name, [net.input(s, si, zi)], [net.tensor(s, so, zo)], options, **fields)


def logistic(net):
    unary(net, "LOGISTIC", out=lambda rng, s, z: (1 / 256, -128))


def tanh(net):
    unary(net, "TANH", out=lambda rng, s, z: (1 / 128, 0))


def hard_swish(net):
    unary(net, "HARD_SWISH", out=lambda rng, s, z: (float(np.float32(s * np.exp(rng.uniform(-1.2, 1.2)))), zero_point(rng)))


def relu(net):
    unary(net, "RELU", out=lambda rng, s, z: (s, z) if rng.integers(3) == 0 else (around(rng, s), zero_point(rng)))


def relu6(net):
    unary(net, "RELU6", out=lambda rng, s, z: (s, z))


def leaky_relu(net):
    unary(net, "LEAKY_RELU", "LeakyReluOptions", alpha=float(np.float32(net.rng.uniform(-0.5, 1.5))))


def abs_(net):
    unary(net, "ABS", out=lambda rng, s, z: (s, zero_point(rng)) if rng.integers(3) == 0 else (around(rng, s), zero_point(rng)))


def elu(net):
    unary(net, "ELU")


def rsqrt(net):
    rng = net.rng
    s = shape(rng)
    si, zi = scale(rng), pick(rng, -128, -128, int(rng.integers(-128, 100)))
    so = float(np.float32(np.exp(rng.uniform(-1, 2)) / np.sqrt(si * 128) / 60))
    x = net.input(s, si, zi, value=rng.integers(zi, 127, s, endpoint=True))
    net.op("RSQRT", [x], [net.tensor(s, so, zero_point(rng))])


def quantize(net):
    rng = net.rng
    s = shape(rng)
    a, b = pick(rng, ("int8", "int8"), ("int8", "uint8"), ("uint8", "int8"))
    (si, zi), (so, zo) = quant(rng), quant(rng)
    so = si if rng.integers(2) else float(np.float32(around(rng, si)))
    zi, zo = zi + 128 * (a == "uint8"), zo + 128 * (b == "uint8")
    if rng.integers(3) == 0:  # the same values, the other type
        so, zo = si, zi - 128 * (a == "uint8") + 128 * (b == "uint8")
    net.op("QUANTIZE", [net.input(s, si, zi, a)], [net.tensor(s, so, zo, b)])


def quantize_float(net):
    rng = net.rng
    s = shape(rng)
    net.op("QUANTIZE", [net.input(s, dtype="float32")], [net.tensor(s, *quant(rng))])


def dequantize(net):
    rng = net.rng
    s = shape(rng)
    net.op("DEQUANTIZE", [net.input(s, *quant(rng))], [net.tensor(s, dtype="float32")])


GENERATORS = {"ADD": (add, 4), "SUB": (sub, 2), "MUL": (mul, 3), "MAXIMUM": (maximum, 1), "MINIMUM": (minimum, 1),
              "SQUARED_DIFFERENCE": (squared_difference, 1), "PRELU": (prelu, 1), "LOGISTIC": (logistic, 1), "TANH": (tanh, 1),
              "HARD_SWISH": (hard_swish, 2), "RELU": (relu, 1), "RELU6": (relu6, 1), "LEAKY_RELU": (leaky_relu, 1),
              "ABS": (abs_, 1), "ELU": (elu, 1), "RSQRT": (rsqrt, 1), "QUANTIZE": (quantize, 2),
              "QUANTIZE_FLOAT": (quantize_float, 1), "DEQUANTIZE": (dequantize, 1)}

"""Random single layers with int16 activations: ADD, MUL, pools, QUANTIZE. (Weighted layers: gen_nn.py.)

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

from common import ACTS, pick, scale, shape, window, zero_point
from gen_elementwise import around, operand_shapes


def scale16(rng):
    return float(np.float32(scale(rng) / 200)) if rng.integers(4) else 2.0 ** -int(rng.integers(8, 16))


def binary_16(net, name, options, so):
    rng = net.rng
    a, b, out = operand_shapes(rng)
    sa, sb = scale16(rng), scale16(rng)
    inputs = [net.input(a, sa, 0, "int16"), net.input(b, sb, 0, "int16")]
    y = net.tensor(out, float(np.float32(so(rng, sa, sb))), 0, "int16")
    net.op(name, inputs, [y], options, fusedActivationFunction=pick(rng, *ACTS))


def add_16(net):
    binary_16(net, "ADD", "AddOptions", lambda rng, a, b: around(rng, a + b))


def mul_16(net):
    binary_16(net, "MUL", "MulOptions", lambda rng, a, b: around(rng, a * b * 16000))


def pool_16(net):
    rng = net.rng
    while True:
        h, w, c = (int(v) for v in rng.integers(1, 16, 3))
        kh, kw, sh, sw = (int(v) for v in rng.integers(1, 5, 4))
        same = bool(rng.integers(2))
        oh, ow = window(h, kh, sh, 1, same), window(w, kw, sw, 1, same)
        if oh >= 1 and ow >= 1:
            break
    s = scale16(rng)
    x, y = net.input((1, h, w, c), s, 0, "int16"), net.tensor((1, oh, ow, c), s, 0, "int16")
    net.op(pick(rng, "AVERAGE_POOL_2D", "MAX_POOL_2D"), [x], [y], "Pool2DOptions", padding=0 if same else 1, strideH=sh,
           strideW=sw, filterHeight=kh, filterWidth=kw, fusedActivationFunction=pick(rng, *ACTS))


def quantize_16(net):
    rng = net.rng
    s = shape(rng)
    a, b = pick(rng, ("int8", "int16"), ("int16", "int8"), ("int16", "int16"))
    real = scale(rng)
    sa, sb = (real if t == "int8" else float(np.float32(around(rng, real / 256))) for t in (a, b))
    za, zb = (zero_point(rng) if t == "int8" else 0 for t in (a, b))
    net.op("QUANTIZE", [net.input(s, sa, za, a)], [net.tensor(s, sb, zb, b)])


GENERATORS = {"ADD_16": (add_16, 1), "MUL_16": (mul_16, 1), "POOL_16": (pool_16, 1), "QUANTIZE_16": (quantize_16, 1)}

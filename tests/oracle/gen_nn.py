"""Random single layers: convolutions, fully connected, pools, reductions, softmax, matrix products.

Each generator gets an empty Net and fills it. SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

from common import ACTS, bias_data, out_scale, pick, quant, scale, shape, weight_scales, window, zero_point
from net import ABSENT, random_data


def conv_like(net, depthwise, wide=False):
    """wide: int16 activations."""
    rng = net.rng
    act = "int16" if wide else "int8"
    while True:
        n = pick(rng, 1, 1, 1, 2)
        h, w = (int(v) for v in rng.integers(1, 17, 2))
        ic = int(rng.integers(1, 41))
        kh, kw = (int(v) for v in rng.integers(1, 6, 2)) if rng.integers(2) else [pick(rng, 1, 3, 3)] * 2
        sh, sw = (int(v) for v in (rng.integers(1, 4, 2) if rng.integers(2) else (1, 1)))
        dh, dw = (int(v) for v in (rng.integers(1, 4, 2) if rng.integers(3) == 0 else (1, 1)))
        same = bool(rng.integers(2))
        oh, ow = window(h, kh, sh, dh, same), window(w, kw, sw, dw, same)
        multiplier = pick(rng, 1, 1, 1, 2, 4) if depthwise else 1
        oc = ic * multiplier if depthwise else int(rng.integers(1, 41))
        groups = 1
        if not depthwise and rng.integers(8) == 0:
            groups = pick(rng, 2, 3, 4)
            ic, oc = ic * groups, oc * groups
        depth = kh * kw * (1 if depthwise else ic // groups)
        if oh >= 1 and ow >= 1 and n * oh * ow * oc * depth <= 400000 and ic <= 96 and oc <= 96:
            break
    si, zi = quant(rng)
    per_channel = bool(rng.integers(3))
    sw_ = weight_scales(rng, oc, per_channel)
    so, zo = out_scale(rng, si * float(np.median(sw_)), depth), zero_point(rng)
    if wide:
        si, zi, zo = si / 200, 0, 0
    x = net.input((n, h, w, ic), si, zi, act)
    wshape = (1, kh, kw, oc) if depthwise else (oc, kh, kw, ic // groups)
    weights = np.maximum(random_data(rng, wshape), -127)
    f = net.tensor(wshape, sw_, 0, data=weights, dim=3 if depthwise else 0)
    inputs = [x, f]
    if rng.integers(4):
        inputs.append(bias(net, oc, si, sw_, wide, wide and not depthwise))
    elif rng.integers(2) and not depthwise:  # the oracle crashes on a depthwise bias of -1
        inputs.append(ABSENT)
    y = net.tensor((n, oh, ow, oc), so / 200 if wide and rng.integers(2) else so, zo, act)
    fields = dict(padding=0 if same else 1, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
                  fusedActivationFunction=pick(rng, *ACTS))
    if depthwise:
        net.op("DEPTHWISE_CONV_2D", inputs, [y], "DepthwiseConv2DOptions", depthMultiplier=multiplier, **fields)
    else:
        net.op("CONV_2D", inputs, [y], "Conv2DOptions", **fields)


def bias(net, oc, si, sw, wide, narrow_too):
    """int32; with int16 activations int64, or int32 too where the oracle takes it."""
    dtype = "int64" if wide and not (narrow_too and net.rng.integers(4) == 0) else "int32"
    return net.tensor((oc,), np.float32(si) * np.float32(sw), 0, dtype, bias_data(net.rng, oc, (127 * 64) << (8 if wide else 0)))


def conv_2d(net):
    conv_like(net, False)


def depthwise_conv_2d(net):
    conv_like(net, True)


def conv_2d_16(net):
    conv_like(net, False, True)


def depthwise_conv_2d_16(net):
    conv_like(net, True, True)


def transpose_conv(net):
    rng = net.rng
    while True:
        h, w = (int(v) for v in rng.integers(1, 10, 2))
        kh, kw = (int(v) for v in rng.integers(1, 6, 2))
        sh, sw = (int(v) for v in rng.integers(1, 4, 2))
        ic, oc = (int(v) for v in rng.integers(1, 25, 2))
        same = bool(rng.integers(2))
        oh = h * sh - int(rng.integers(0, sh)) if same else (h - 1) * sh + kh + int(rng.integers(0, sh))
        ow = w * sw - int(rng.integers(0, sw)) if same else (w - 1) * sw + kw + int(rng.integers(0, sw))
        if oh >= 1 and ow >= 1 and h * w * kh * kw * ic * oc <= 300000:
            break
    si, zi = quant(rng)
    sw_ = weight_scales(rng, oc, bool(rng.integers(3)))
    so, zo = out_scale(rng, si * float(np.median(sw_)), max(1, kh * kw * ic // (sh * sw))), zero_point(rng)
    x = net.input((1, h, w, ic), si, zi)
    f = net.tensor((oc, kh, kw, ic), sw_, 0, data=np.maximum(random_data(rng, (oc, kh, kw, ic)), -127))
    inputs = [net.const([1, oh, ow, oc]), f, x]
    if rng.integers(2):
        inputs.append(net.tensor((oc,), np.float32(si) * np.float32(sw_), 0, "int32", bias_data(rng, oc, 127 * 64)))
    y = net.tensor((1, oh, ow, oc), so, zo)
    net.op("TRANSPOSE_CONV", inputs, [y], "TransposeConvOptions", padding=0 if same else 1, strideH=sh, strideW=sw,
           fusedActivationFunction=pick(rng, *ACTS))


def fully_connected(net, wide=False):
    rng = net.rng
    act = "int16" if wide else "int8"
    depth, oc = int(rng.integers(1, 200)), int(rng.integers(1, 80))
    batch = shape(rng, int(rng.integers(1, 4)), limit=12, largest=6)
    keep = bool(rng.integers(2))
    si, zi = quant(rng)
    sw = weight_scales(rng, oc, bool(rng.integers(2)))
    so, zo = out_scale(rng, si * float(np.median(sw)), depth), zero_point(rng)
    if wide:
        si, zi, zo = si / 200, 0, 0
    x = net.input((*batch, depth), si, zi, act)
    wzp = int(rng.integers(-20, 21)) if not wide and len(sw) == 1 and rng.integers(6) == 0 else 0
    weights = np.maximum(random_data(rng, (oc, depth)), -127)
    if not wide and len(sw) == 1 and rng.integers(6) == 0:  # computed, not constant
        f = net.input((oc, depth), sw[0], wzp, value=weights)
    else:
        f = net.tensor((oc, depth), sw, wzp, data=weights)
    inputs = [x, f]
    if rng.integers(4):
        inputs.append(bias(net, oc, si, sw, wide, wide))
    elif rng.integers(2):
        inputs.append(ABSENT)
    so = so / 200 if wide and rng.integers(2) else so
    y = net.tensor((*batch, oc) if keep else (int(np.prod(batch)), oc), so, zo, act)
    net.op("FULLY_CONNECTED", inputs, [y], "FullyConnectedOptions", keepNumDims=keep,
           fusedActivationFunction=pick(rng, *ACTS))


def fully_connected_16(net):
    fully_connected(net, True)


def pool(net, name):
    rng = net.rng
    while True:
        n, h, w, c = pick(rng, 1, 1, 2), int(rng.integers(1, 20)), int(rng.integers(1, 20)), int(rng.integers(1, 40))
        kh, kw = (int(v) for v in rng.integers(1, 8, 2))
        sh, sw = (int(v) for v in rng.integers(1, 4, 2))
        same = bool(rng.integers(2))
        oh, ow = window(h, kh, sh, 1, same), window(w, kw, sw, 1, same)
        if oh >= 1 and ow >= 1 and oh * ow * c * kh * kw <= 200000:
            break
    q = quant(rng)
    x, y = net.input((n, h, w, c), *q), net.tensor((n, oh, ow, c), *q)
    net.op(name, [x], [y], "Pool2DOptions", padding=0 if same else 1, strideH=sh, strideW=sw, filterHeight=kh,
           filterWidth=kw, fusedActivationFunction=pick(rng, *ACTS))


def average_pool_2d(net):
    pool(net, "AVERAGE_POOL_2D")


def max_pool_2d(net):
    pool(net, "MAX_POOL_2D")


def reduction(net, name):
    rng = net.rng
    s = shape(rng, largest=20)
    axes = sorted(int(a) for a in rng.choice(len(s), int(rng.integers(1, len(s) + 1)), replace=False))
    keep = bool(rng.integers(2))
    out = [1 if d in axes else n for d, n in enumerate(s) if keep or d not in axes]
    si, zi = quant(rng)
    count = int(np.prod([s[a] for a in axes]))
    so, zo = scale(rng), zero_point(rng)
    if name == "SUM":
        so = float(np.float32(si * np.sqrt(count) * np.exp(rng.uniform(-1, 2))))
    elif name == "REDUCE_MAX":
        so, zo = si, zi
    elif rng.integers(2):
        so = float(np.float32(si * np.exp(rng.uniform(-1, 1))))
    x = net.input(s, si, zi)
    axis = net.const([a - len(s) if rng.integers(2) else a for a in axes])
    net.op(name, [x, axis], [net.tensor(out, so, zo)], "ReducerOptions", keepDims=keep)


def mean(net):
    reduction(net, "MEAN")


def sum_(net):
    reduction(net, "SUM")


def reduce_max(net):
    reduction(net, "REDUCE_MAX")


def softmax(net):
    rng = net.rng
    s = shape(rng, limit=1500, largest=40)
    if rng.integers(4) == 0:
        s[-1] = int(rng.integers(40, 400))
        s[:-1] = [1] * (len(s) - 1)
    x = net.input(s, scale(rng, 0.002, 0.5), zero_point(rng))
    net.op("SOFTMAX", [x], [net.tensor(s, 1 / 256, -128)], "SoftmaxOptions", beta=pick(rng, 1.0, 1.0, 0.5, 2.0, 0.7))


def batch_matmul(net):
    rng = net.rng
    m, k, n = (int(v) for v in rng.integers(1, 40, 3))
    rank = int(rng.integers(0, 3))
    batch = shape(rng, rank, limit=12, largest=5) if rank else []
    a_batch = [1 if rng.integers(4) == 0 else v for v in batch]
    b_batch = [v if a == v or rng.integers(2) else v for a, v in zip(a_batch, batch)]
    if rank and rng.integers(4) == 0:
        b_batch = [1] * rank
        batch = a_batch = [v for v in batch]
    ax, ay = bool(rng.integers(2)), bool(rng.integers(2))
    (sa, za), (sb, zb) = quant(rng), quant(rng)
    a = net.input((*a_batch, k, m) if ax else (*a_batch, m, k), sa, za)
    bs = (*b_batch, n, k) if ay else (*b_batch, k, n)
    if rng.integers(3) == 0:
        b = net.tensor(bs, sb, zb, data=random_data(rng, bs))
    else:
        b = net.input(bs, sb, zb)
    y = net.tensor((*batch, m, n), out_scale(rng, sa * sb, k), zero_point(rng))
    net.op("BATCH_MATMUL", [a, b], [y], "BatchMatMulOptions", adjX=ax, adjY=ay)


def arg(net, name, options):
    rng = net.rng
    s = shape(rng, int(rng.integers(2, 5)))
    axis = int(rng.integers(len(s)))
    x = net.input(s, *quant(rng))
    y = net.tensor([n for d, n in enumerate(s) if d != axis], dtype="int32")
    net.op(name, [x, net.const([axis - len(s) if rng.integers(2) else axis])], [y], options, outputType=2)


def arg_max(net):
    arg(net, "ARG_MAX", "ArgMaxOptions")


def arg_min(net):
    arg(net, "ARG_MIN", "ArgMinOptions")


# name: (generator, weight)
GENERATORS = {"CONV_2D": (conv_2d, 8), "DEPTHWISE_CONV_2D": (depthwise_conv_2d, 6), "FULLY_CONNECTED": (fully_connected, 5),
              "CONV_2D_16": (conv_2d_16, 2), "DEPTHWISE_CONV_2D_16": (depthwise_conv_2d_16, 2),
              "FULLY_CONNECTED_16": (fully_connected_16, 2),
              "TRANSPOSE_CONV": (transpose_conv, 2), "AVERAGE_POOL_2D": (average_pool_2d, 2), "MAX_POOL_2D": (max_pool_2d, 1),
              "MEAN": (mean, 2), "SUM": (sum_, 1), "REDUCE_MAX": (reduce_max, 1), "SOFTMAX": (softmax, 2),
              "BATCH_MATMUL": (batch_matmul, 2), "ARG_MAX": (arg_max, 1), "ARG_MIN": (arg_min, 1)}

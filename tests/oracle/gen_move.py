"""Random single layers: operators that move, select or interpolate values.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

from common import pick, quant, shape, zero_point
from net import random_data


def pad(net):
    rng = net.rng
    s = shape(rng, limit=800)
    pads = rng.integers(0, 4, (len(s), 2)) * rng.integers(0, 2, (len(s), 1))
    q = quant(rng)
    y = net.tensor([n + int(a + b) for n, (a, b) in zip(s, pads)], *q)
    inputs = [net.input(s, *q), net.const(pads)]
    if rng.integers(2):
        net.op("PAD", inputs, [y], "PadOptions")
    else:
        value = net.tensor((1,), *q, data=random_data(rng, (1,)))
        net.op("PADV2", [*inputs, value], [y], "PadV2Options")


def reshape(net):
    rng = net.rng
    s, q = shape(rng), quant(rng)
    kind = rng.integers(3)
    x = net.input(s, *q)
    if kind == 0:
        new = [int(np.prod(s[:1])), int(np.prod(s[1:]))]
        net.op("RESHAPE", [x, net.const(new)], [net.tensor(new, *q)], "ReshapeOptions", newShape=new)
    elif kind == 1:
        axis = int(rng.integers(len(s) + 1))
        net.op("EXPAND_DIMS", [x, net.const([axis])], [net.tensor([*s[:axis], 1, *s[axis:]], *q)], "ExpandDimsOptions")
    else:
        dims = [d for d, n in enumerate(s) if n == 1]
        out = [n for n in s if n != 1]
        net.op("SQUEEZE", [x], [net.tensor(out, *q)], "SqueezeOptions", squeezeDims=dims)


def concatenation(net):
    rng = net.rng
    s, q = shape(rng, limit=700), quant(rng)
    axis, n = int(rng.integers(len(s))), int(rng.integers(1, 6))
    lengths = [int(rng.integers(1, 9)) for _ in range(n)]
    inputs = [net.input([*s[:axis], k, *s[axis + 1:]], *q) for k in lengths]
    y = net.tensor([*s[:axis], sum(lengths), *s[axis + 1:]], *q)
    net.op("CONCATENATION", inputs, [y], "ConcatenationOptions", axis=axis - len(s) if rng.integers(2) else axis,
           fusedActivationFunction=0)


def pack(net):
    rng = net.rng
    s, q = shape(rng, int(rng.integers(1, 4)), limit=500), quant(rng)
    axis, n = int(rng.integers(len(s) + 1)), int(rng.integers(1, 6))
    inputs = [net.input(s, *q) for _ in range(n)]
    net.op("PACK", inputs, [net.tensor([*s[:axis], n, *s[axis:]], *q)], "PackOptions", axis=axis, valuesCount=n)


def unpack(net):
    rng = net.rng
    s, q = shape(rng, int(rng.integers(2, 5)), largest=9), quant(rng)
    axis = int(rng.integers(len(s)))
    x = net.input(s, *q)
    outputs = [net.tensor([*s[:axis], *s[axis + 1:]], *q) for _ in range(s[axis])]
    net.op("UNPACK", [x], outputs, "UnpackOptions", num=s[axis], axis=axis - len(s) if rng.integers(2) else axis)


def split(net):
    rng = net.rng
    s, q = shape(rng, limit=600), quant(rng)
    axis, n = int(rng.integers(len(s))), int(rng.integers(1, 6))
    x = net.input([*s[:axis], s[axis] * n, *s[axis + 1:]], *q)
    at = net.const([axis - len(s) if rng.integers(2) else axis])
    net.op("SPLIT", [at, x], [net.tensor(s, *q) for _ in range(n)], "SplitOptions", numSplits=n)


def split_v(net):
    rng = net.rng
    s, q = shape(rng, limit=600), quant(rng)
    axis, n = int(rng.integers(len(s))), int(rng.integers(1, 6))
    lengths = [int(rng.integers(1, 7)) for _ in range(n)]
    x = net.input([*s[:axis], sum(lengths), *s[axis + 1:]], *q)
    outputs = [net.tensor([*s[:axis], k, *s[axis + 1:]], *q) for k in lengths]
    net.op("SPLIT_V", [x, net.const(lengths), net.const(axis - len(s) if rng.integers(2) else axis)], outputs, "SplitVOptions",
           numSplits=n)


def transpose(net):
    rng = net.rng
    s, q = shape(rng, int(rng.integers(2, 5))), quant(rng)
    perm = [int(v) for v in rng.permutation(len(s))]
    net.op("TRANSPOSE", [net.input(s, *q), net.const(perm)], [net.tensor([s[p] for p in perm], *q)], "TransposeOptions")


def slice_(net):
    rng = net.rng
    s, q = shape(rng), quant(rng)
    begin = [int(rng.integers(n)) for n in s]
    count = [int(rng.integers(1, n - b + 1)) for n, b in zip(s, begin)]
    given = [-1 if b + c == n and rng.integers(2) else c for n, b, c in zip(s, begin, count)]
    net.op("SLICE", [net.input(s, *q), net.const(begin), net.const(given)], [net.tensor(count, *q)], "SliceOptions")


def strided_slice(net):
    rng = net.rng
    s, q = shape(rng, int(rng.integers(1, 5))), quant(rng)
    begin, end, step, out, masks = [], [], [], [], [0, 0, 0]
    for d, n in enumerate(s):
        k = int(pick(rng, 1, 1, 2, 3, -1, -2))
        b, e = int(rng.integers(n)), int(rng.integers(n))
        if k > 0:
            b, e = min(b, e), max(b, e) + 1
        else:
            b, e = max(b, e), min(b, e) - 1
        if k > 0 and rng.integers(6) == 0:
            masks[2] |= 1 << d
            k, e = 1, b + 1
        else:
            if rng.integers(5) == 0:
                masks[0] |= 1 << d
            if rng.integers(5) == 0 or e < 0:
                masks[1] |= 1 << d
            first = (0 if k > 0 else n - 1) if masks[0] >> d & 1 else b
            last = (n if k > 0 else -1) if masks[1] >> d & 1 else e
            out.append(len(range(first, last, k)))
        begin.append(b - n if b > 0 and rng.integers(4) == 0 else b)
        end.append(e)
        step.append(k)
    inputs = [net.input(s, *q), net.const(begin), net.const(end), net.const(step)]
    net.op("STRIDED_SLICE", inputs, [net.tensor(out, *q)], "StridedSliceOptions", beginMask=masks[0], endMask=masks[1],
           shrinkAxisMask=masks[2])


def gather(net):
    rng = net.rng
    s, q = shape(rng, limit=800), quant(rng)
    axis = int(rng.integers(len(s)))
    batch = int(rng.integers(0, axis + 1)) if rng.integers(3) == 0 else 0
    coords = [*s[:batch], *shape(rng, int(rng.integers(0, 3 - (len(s) > 3))) if batch else 1, largest=7)]
    index = rng.integers(0, s[axis], coords)
    x = net.input(s, *q)
    at = net.const(index) if rng.integers(2) else net.input(coords, dtype="int32", value=index)
    y = net.tensor([*s[:axis], *coords[batch:], *s[axis + 1:]], *q)
    net.op("GATHER", [x, at], [y], "GatherOptions", axis=axis - len(s) if rng.integers(2) else axis, batchDims=batch)


def resize(net, name, options):
    rng = net.rng
    s, q = shape(rng, 4, limit=1500, largest=14), quant(rng)
    oh, ow = (int(v) for v in rng.integers(1, 30, 2))
    corners, half = pick(rng, (False, False), (True, False), (False, True))
    x, y = net.input(s, *q), net.tensor((s[0], oh, ow, s[3]), *q)
    net.op(name, [x, net.const([oh, ow])], [y], options, alignCorners=corners, halfPixelCenters=half)


def resize_bilinear(net):
    resize(net, "RESIZE_BILINEAR", "ResizeBilinearOptions")


def resize_nearest_neighbor(net):
    resize(net, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")


def depth_space(net):
    rng = net.rng
    n, h, w, c = pick(rng, 1, 1, 2), *(int(v) for v in rng.integers(1, 7, 3))
    b = int(rng.integers(1, 5))
    q = quant(rng)
    space, depth = (n, h * b, w * b, c), (n, h, w, c * b * b)
    if rng.integers(2):
        net.op("DEPTH_TO_SPACE", [net.input(depth, *q)], [net.tensor(space, *q)], "DepthToSpaceOptions", blockSize=b)
    else:
        net.op("SPACE_TO_DEPTH", [net.input(space, *q)], [net.tensor(depth, *q)], "SpaceToDepthOptions", blockSize=b)


def space_batch(net):
    rng = net.rng
    flat = bool(rng.integers(4) == 0)  # three dimensions
    n, c = (int(v) for v in rng.integers(1, 5, 2))
    spatial = 1 if flat else 2
    block = [int(v) for v in rng.integers(1, 4, spatial)]
    cells = [int(v) for v in rng.integers(1, 6, spatial)]
    to_batch = bool(rng.integers(2))
    edges = []
    for b, k in zip(block, cells):
        before = int(rng.integers(0, min(b * k, 4)))
        edges.append([before, int(rng.integers(0, min(b * k - before, 4)))])
    space = [n, *(b * k - sum(e) for b, k, e in zip(block, cells, edges)), c]
    batch = [n * int(np.prod(block)), *cells, c]
    q = quant(rng)
    inputs = [net.input(space if to_batch else batch, *q), net.const(block), net.const(edges)]
    if to_batch:
        net.op("SPACE_TO_BATCH_ND", inputs, [net.tensor(batch, *q)], "SpaceToBatchNDOptions")
        if np.any(edges):  # the oracle fills with memory that it never wrote: computed here, with the zero point
            x = np.pad(net.values[0], [(0, 0), *edges, (0, 0)], constant_values=q[1])
            x = x.reshape([n, *(v for k, b in zip(cells, block) for v in (k, b)), c])
            order = [2, 0, 1, 3] if flat else [2, 4, 0, 1, 3, 5]
            net.expected = [np.ascontiguousarray(x.transpose(order)).tobytes()]
    else:
        net.op("BATCH_TO_SPACE_ND", inputs, [net.tensor(space, *q)], "BatchToSpaceNDOptions")


GENERATORS = {"PAD": (pad, 2), "RESHAPE": (reshape, 1), "CONCATENATION": (concatenation, 1), "PACK": (pack, 1),
              "UNPACK": (unpack, 1), "SPLIT": (split, 1), "SPLIT_V": (split_v, 1), "TRANSPOSE": (transpose, 1),
              "SLICE": (slice_, 1), "STRIDED_SLICE": (strided_slice, 2), "GATHER": (gather, 1),
              "RESIZE_BILINEAR": (resize_bilinear, 2), "RESIZE_NEAREST_NEIGHBOR": (resize_nearest_neighbor, 1),
              "DEPTH_SPACE": (depth_space, 1), "SPACE_BATCH": (space_batch, 1)}

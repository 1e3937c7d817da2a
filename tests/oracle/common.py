"""What the generators of random layers share: shapes, scales, zero points.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

ACTS = [0, 0, 0, 1, 2, 3]  # NONE, RELU, RELU_N1_TO_1, RELU6


def scale(rng, low=0.003, high=0.2):
    """A random scale; sometimes a power of two, so that ties occur."""
    if rng.integers(4) == 0:
        return float(np.float32(2.0 ** rng.integers(int(np.log2(low)), int(np.log2(high)) + 1)))
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def zero_point(rng):
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128), rng.integers(-128, 128), rng.integers(-128, 128)]))


def quant(rng):
    return scale(rng), zero_point(rng)


def shape(rng, rank=None, limit=3000, largest=24):
    rank = int(rng.integers(1, 5)) if rank is None else rank
    while True:
        s = [int(rng.integers(1, largest)) for _ in range(rank)]
        if rank == 4 and rng.integers(3):
            s[0] = 1
        if np.prod(s) <= limit:
            return s


def weight_scales(rng, channels, per_channel):
    base = scale(rng, 0.001, 0.05)
    if not per_channel:
        return [base]
    if rng.integers(4) == 0:
        return [base * 2.0 ** int(k) for k in rng.integers(-3, 3, channels)]
    return [float(np.float32(base * s)) for s in rng.uniform(0.3, 3, channels)]


def out_scale(rng, product, depth):
    """Of a layer that sums `depth` products of scale `product`: outputs fill int8, or saturate, or stay small."""
    natural = product * np.sqrt(depth) * 60.0
    if rng.integers(5) == 0:  # exact powers of two of the product: ties
        return float(np.float32(product * 2.0 ** int(rng.integers(0, 12))))
    return float(np.float32(natural * np.exp(rng.uniform(-1.5, 1.5))))


def window(size, filter_, stride, dilation, same):
    effective = (filter_ - 1) * dilation + 1
    return -(-size // stride) if same else (size - effective) // stride + 1


def bias_data(rng, channels, size):
    return rng.integers(-size, size + 1, channels)


def pick(rng, *values):
    return values[int(rng.integers(len(values)))]

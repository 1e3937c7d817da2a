"""Random single layers with a memory, each run several times: SVDF, LSTM, variables.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

from common import bias_data, out_scale, pick, quant, scale, shape, zero_point
from net import ABSENT, random_data


def svdf(net):
    rng = net.rng
    batches, depth, units, rank, memory = (int(rng.integers(1, n)) for n in (4, 40, 20, 4, 12))
    wide = bool(rng.integers(2))
    dtype = "int16" if wide else "int8"
    (si, zi), sf, st = quant(rng), scale(rng, 0.001, 0.05), scale(rng, 0.001, 0.05)
    ss = float(np.float32(si * sf * np.sqrt(depth) * (40 if not wide else 0.3) * np.exp(rng.uniform(-1, 1))))
    zs = zero_point(rng) if not wide and rng.integers(3) == 0 else 0
    so, zo = out_scale(rng, ss * st * (200 if wide else 1), rank * memory), zero_point(rng)
    x = net.input((batches, depth), si, zi)
    feature = net.tensor((units * rank, depth), sf, 0, data=np.maximum(random_data(rng, (units * rank, depth)), -127))
    time = net.tensor((units * rank, memory), st, 0, dtype, np.maximum(random_data(rng, (units * rank, memory)), -127))
    # the oracle crashes without a bias
    bias = net.tensor((units,), np.float32(ss) * np.float32(st), 0, "int32", bias_data(rng, units, 5000))
    state = net.tensor((batches, units * rank * memory), ss, zs, dtype, variable=True)
    y = net.tensor((batches, units), so, zo)
    net.op("SVDF", [x, feature, time, bias, state], [y], "SVDFOptions", rank=rank, fusedActivationFunction=0)
    net.later_steps(int(rng.integers(1, memory + 3)))


def variables(net):
    """y = CONCAT(READ a, x); ASSIGN a = part of x; perhaps a constant start from CALL_ONCE, perhaps a second variable."""
    rng = net.rng
    s, q = shape(rng, 2, limit=200), quant(rng)
    x = net.input(s, *q)
    count, once = pick(rng, 1, 1, 2), bool(rng.integers(2))
    if once:
        net.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    news, olds = [x], []
    for k in range(count):
        handle = net.tensor((), dtype="resource")
        net.op("VAR_HANDLE", [], [handle], "VarHandleOptions", container="", sharedName=f"v{k}")
        old = net.tensor(s, *q)
        net.op("READ_VARIABLE", [handle], [old], "ReadVariableOptions")
        olds.append(old)
        mixed = net.tensor(s, *q)
        net.op("MAXIMUM" if rng.integers(2) else "MINIMUM", [old, news[-1]], [mixed], "MaximumMinimumOptions")
        value = pick(rng, mixed, x, news[-1])
        net.op("ASSIGN_VARIABLE", [handle, value], [], "AssignVariableOptions")
        news.append(mixed)
    y = net.tensor([s[0], s[1] * (1 + count)], *q)
    net.op("CONCATENATION", [news[-1], *olds], [y], "ConcatenationOptions", axis=1, fusedActivationFunction=0)
    if once:
        net.subgraph()
        for k in range(count):
            handle = net.tensor((), dtype="resource")
            net.op("VAR_HANDLE", [], [handle], "VarHandleOptions", container="", sharedName=f"v{k}")
            start = net.tensor(s, *q, data=random_data(rng, s))
            net.op("ASSIGN_VARIABLE", [handle, start], [], "AssignVariableOptions")
        net.graph.outputs = []
    net.later_steps(int(rng.integers(1, 6)))


def lstm(net):
    rng = net.rng
    batches, steps, depth, units = (int(rng.integers(1, n)) for n in (4, 8, 24, 20))
    time_major = bool(rng.integers(2))
    (si, zi), (sh, zh) = quant(rng), (pick(rng, 1 / 128, 0.006, 0.009), zero_point(rng))
    x = net.input((steps, batches, depth) if time_major else (batches, steps, depth), si, zi)

    def weights(columns, of):  # sums of about +-4
        s = float(np.float32(4 / (of * 128 * 74 * np.sqrt(columns)) * 60 * np.exp(rng.uniform(-1, 1))))
        return net.tensor((units, columns), s, 0, data=np.maximum(random_data(rng, (units, columns)), -127)), s
    inputs = [ABSENT] * 24
    inputs[0] = x
    for g in range(4):
        inputs[1 + g], s = weights(depth, si)
        inputs[5 + g], _ = weights(units, sh)
        inputs[12 + g] = net.tensor((units,), np.float32(si) * np.float32(s), 0, "int32", bias_data(rng, units, 20000))
    inputs[18] = net.tensor((batches, units), sh, zh, variable=True)
    inputs[19] = net.tensor((batches, units), 2.0 ** -int(rng.integers(8, 16)), 0, "int16", variable=True)
    shape_ = (steps, batches, units) if time_major else (batches, steps, units)
    clip = pick(rng, 0.0, 0.0, 10.0, 0.5)
    net.op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [net.tensor(shape_, sh, zh)], "UnidirectionalSequenceLSTMOptions",
           fusedActivationFunction=4, cellClip=clip, projClip=0.0, timeMajor=time_major)
    net.later_steps(int(rng.integers(0, 3)))


GENERATORS = {"UNIDIRECTIONAL_SEQUENCE_LSTM": (lstm, 2), "SVDF": (svdf, 2), "VARIABLES": (variables, 1)}

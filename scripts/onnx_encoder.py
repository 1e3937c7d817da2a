#!/usr/bin/env python3
"""One transformer encoder layer as ONNX with random weights, quantised by ONNX Runtime: what `make bench-encoder` runs.

Synopsis: scripts/onnx_encoder.py -o FILE.onnx [--sequence 128] [--width 256] [--heads 4] [--feed 1024] [--seed 1] [--float-edges]

    x > NORM, ATTENTION + skip, NORM, width > feed > GELU > width + skip            x: (1, sequence, width)

Written as PyTorch's exporter does: LayerNormalization, linear layers as MatMul and Add, GELU by Erf, the scores divided after
Q K^T. int8 weights per output channel, int8 activations, ranges from random inputs. Input and output are int8 unless
--float-edges. As a module: `Graph`, `encoder_layer` and `quantised`, which sw/examples/digits/export_onnx.py uses too.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import out_file

OPSET = 17
EPSILON = 1e-5


class Graph:
    """Nodes and constants of a network under construction."""

    def __init__(self, name):
        self.name, self.nodes, self.constants = name, [], {}

    def const(self, name, value, kind=np.float32):
        """Constants of one name are one constant."""
        self.constants.setdefault(name, numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def node(self, op, name, *inputs, **attributes):
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def linear(self, name, x, weights):
        y = self.node("MatMul", name + "/product", x, self.const(name + ".w", weights[name + ".w"]))
        return self.node("Add", name, y, self.const(name + ".b", weights[name + ".b"]))

    def norm(self, name, x, weights):
        return self.node("LayerNormalization", name, x, self.const(name + ".gamma", weights[name + ".gamma"]),
                         self.const(name + ".beta", weights[name + ".beta"]), axis=-1, epsilon=EPSILON)

    def model(self, inputs, outputs):
        """inputs, outputs: {name: shape}."""
        ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in side.items()] for side in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, self.name, *ends, list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="systole")
        onnx.checker.check_model(model, full_check=True)
        return model


def encoder_layer(g, name, x, weights, tokens, width, heads):
    """One pre-norm layer on x (1, tokens, width); weights {NAME.norm1.gamma, NAME.attention.q.w, NAME.feed.up.b, ...}."""
    a, f = f"{name}.attention", f"{name}.feed"
    split = g.const("heads_shape", [1, tokens, heads, width // heads], np.int64)
    joined = g.const("joined_shape", [1, tokens, width], np.int64)
    y = g.norm(f"{name}.norm1", x, weights)
    q, k, v = (g.node("Transpose", f"{a}/{part}", g.node("Reshape", f"{a}/{part}_heads", g.linear(f"{a}.{part}", y, weights), split),
                      perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]) for part in "qkv")
    scores = g.node("Mul", a + "/scores", g.node("MatMul", a + "/qk", q, k), g.const("scale", (width // heads) ** -0.5))
    y = g.node("MatMul", a + "/pv", g.node("Softmax", a + "/softmax", scores, axis=-1), v)
    y = g.node("Reshape", a + "/joined", g.node("Transpose", a + "/tokens", y, perm=[0, 2, 1, 3]), joined)
    x = g.node("Add", f"{name}.skip1", x, g.linear(a + ".out", y, weights))
    y = g.linear(f + ".up", g.norm(f"{name}.norm2", x, weights), weights)
    e = g.node("Erf", f + "/erf", g.node("Div", f + "/unit", y, g.const("root2", 2 ** 0.5)))
    y = g.node("Mul", f + "/twice", y, g.node("Add", f + "/erf1", e, g.const("one", 1)))
    y = g.linear(f + ".down", g.node("Mul", f + "/gelu", y, g.const("half", 0.5)), weights)
    return g.node("Add", f"{name}.skip2", x, y)


def random_weights(rng, name, width, feed):
    """Of one layer, of the size that keeps values near one."""
    weights = {}
    for norm in ("norm1", "norm2"):
        weights[f"{name}.{norm}.gamma"] = rng.uniform(0.5, 1.5, width)
        weights[f"{name}.{norm}.beta"] = rng.uniform(-0.3, 0.3, width)
    shapes = {f"attention.{part}": (width, width) for part in ("q", "k", "v", "out")}
    for part, (rows, columns) in {**shapes, "feed.up": (width, feed), "feed.down": (feed, width)}.items():
        weights[f"{name}.{part}.w"] = rng.standard_normal((rows, columns)) / np.sqrt(rows)
        weights[f"{name}.{part}.b"] = rng.standard_normal(columns) * 0.1
    return weights


class Calibration(CalibrationDataReader):
    def __init__(self, inputs):
        self.inputs = iter(inputs)

    def get_next(self):
        return next(self.inputs, None)


def quantised(model, inputs):
    """The model in QDQ form; inputs: [{name: array}] to calibrate with."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("float.onnx", "int8.onnx")]
        onnx.save(model, paths[0])
        quantize_static(*paths, Calibration(inputs), quant_format=QuantFormat.QDQ, per_channel=True,
                        weight_type=QuantType.QInt8, activation_type=QuantType.QInt8)
        model = onnx.load(paths[1])
    del model.graph.value_info[:]  # shapes follow from the operators
    return model


def int8_edges(model):
    """The network between the QuantizeLinear of its one input and the DequantizeLinear of its one output."""
    graph = model.graph
    first = next(n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == graph.input[0].name)
    last = next(n for n in graph.node if n.output[0] == graph.output[0].name and n.op_type == "DequantizeLinear")
    shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
    graph.node.remove(first)
    graph.node.remove(last)
    for side, name in ((graph.input, first.output[0]), (graph.output, last.input[0])):
        del side[:]
        side.append(helper.make_tensor_value_info(name, TensorProto.INT8, shape))
    return model


def layer_model(sequence, width=256, heads=4, feed=1024, seed=1, float_edges=False):
    rng = np.random.default_rng(seed)
    g, shape = Graph(f"encoder_{sequence}"), [1, sequence, width]
    y = encoder_layer(g, "0", "x", random_weights(rng, "0", width, feed), sequence, width, heads)
    model = quantised(g.model({"x": shape}, {y: shape}), [{"x": rng.standard_normal(shape).astype(np.float32)} for _ in range(4)])
    return model if float_edges else int8_edges(model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    for name, value in (("sequence", 128), ("width", 256), ("heads", 4), ("feed", 1024), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--float-edges", action="store_true")
    options = vars(parser.parse_args())
    output = options.pop("output")
    out_file.check(output)
    data = layer_model(**options).SerializeToString(deterministic=True)
    out_file.write(output, data)
    print(f"{output}: {len(data)} bytes")


if __name__ == "__main__":
    main()

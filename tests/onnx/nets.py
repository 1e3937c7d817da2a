"""Random networks in ONNX, quantised by ONNX Runtime's static quantiser into the QDQ form.

make(seed) -> (quantised model, float model, input). Every network begins with a quantised convolution; after it any of the
operators that the reader takes, several ways of writing an activation, both 8-bit types, scales per tensor and per channel.
Every fourth works on sequences (N,C,L), the others on images; the quantiser's OPTIONS in turn.
SPDX-License-Identifier: Apache-2.0
"""
import logging
import os
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
ort.set_default_logger_severity(3)


# Weights in float with a pair of their own; a pair for each reader; the bias in float; pairs around what only passes values on.
OPTIONS = [{}, {"AddQDQPairToWeight": True}, {"DedicatedQDQPair": True}, {"QuantizeBias": False}, {"QDQKeepRemovableActivations": True}]


class Net:
    """A float network under construction: y is its last value, of `channels` channels; size: rows and columns, or a length."""

    def __init__(self, rng, channels, size):
        self.rng, self.channels, self.plane = rng, channels, len(size)
        self.nodes, self.constants, self.count = [], [], 0
        self.shape, self.y, self.more = [1, channels, *size], "x", {}

    def start(self, shape):
        """Another shape of the input x."""
        self.shape = list(shape)
        return self

    def extra(self, shape):
        """One more input."""
        name = f"x{len(self.more) + 1}"
        self.more[name] = list(shape)
        return name

    def const(self, value):
        self.count += 1
        name = f"k{self.count}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, *shape):
        fan_in = max(1, int(np.prod(shape[1:])))
        return self.const((self.rng.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32))

    def node(self, op, inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{op}{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{op}{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x, channels, kernel, stride=1, groups=1, dilation=1):
        pad = (kernel - 1) * dilation // 2
        weights = self.weights(channels, self.channels // groups, *[kernel] * self.plane)
        return self.node("Conv", [x, weights, self.weights(channels)], pads=[pad] * 2 * self.plane, strides=[stride] * self.plane,
                         group=groups, dilations=[dilation] * self.plane)

    def layer(self):
        rng, y, c = self.rng, self.y, self.channels
        wide = int(rng.choice([4, 8, 16, 20]))
        kind = rng.integers(0, 10)
        if kind < 2:
            self.y = self.conv(y, wide, int(rng.choice([1, 3, 5])), int(rng.integers(1, 3)), dilation=int(rng.integers(1, 3)))
            self.channels = wide
        elif kind == 2:
            self.y, self.channels = self.conv(y, 2 * c, 3, groups=c), 2 * c
        elif kind == 3:
            pair = [self.conv(y, wide, 1), self.conv(y, wide, 3)]
            self.y, self.channels = self.node(str(rng.choice(["Add", "Mul", "Sub"])), pair), wide
        elif kind == 4:
            self.y = self.node("MaxPool", [y], kernel_shape=[2] * self.plane, strides=[1] * self.plane, ceil_mode=int(rng.integers(0, 2)))
        elif kind == 5:
            self.y = self.node("AveragePool", [y], kernel_shape=[3] * self.plane, strides=[1] * self.plane, pads=[1] * 2 * self.plane,
                               count_include_pad=int(rng.integers(0, 2)))
        elif kind == 6:
            self.y, self.channels = self.node("Concat", [y, self.conv(y, wide, 1)], axis=1), c + wide
        elif kind == 7 and c % 2 == 0:
            halves = self.node("Split", [y, self.const(np.array([c // 2] * 2, np.int64))], 2, axis=1)
            self.y, self.channels = self.node("Add", halves), c // 2
        elif kind == 8:
            self.y = self.node(str(rng.choice(["Add", "Mul"])), [y, self.const(rng.standard_normal((c, *[1] * self.plane)).astype(np.float32))])
        elif kind == 9:
            self.y = self.node("Resize", [y, "", self.const(np.array([1, 1, *[2] * self.plane], np.float32))], mode="nearest",
                               coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def activation(self):
        y, number = self.y, lambda v: self.const(np.float32(v))
        kind = self.rng.integers(0, 9)
        if kind == 0:
            self.y = self.node("Relu", [y])
        elif kind == 1:
            self.y = self.node("Clip", [y, number(0), number(6)])
        elif kind == 2:
            self.y = self.node("Clip", [y, number(-0.5), number(2.5)])
        elif kind == 3:
            self.y = self.node(str(self.rng.choice(["Sigmoid", "Tanh", "HardSwish", "Softplus"])), [y])
        elif kind == 4:
            self.y = self.node("Mul", [y, self.node("Sigmoid", [y])])
        elif kind == 5:
            inner = self.node("Add", [self.node("Erf", [self.node("Div", [y, number(1.41421356)])]), number(1)])
            self.y = self.node("Mul", [self.node("Mul", [y, inner]), number(0.5)])
        elif kind == 6:
            self.y = self.node("LeakyRelu", [y], alpha=0.1)

    def tokens(self):
        """The image as one token for each position."""
        flat = self.node("Reshape", [self.y, self.const(np.array([1, self.channels, -1], np.int64))])
        return self.node("Transpose", [flat], perm=[0, 2, 1])

    def linear(self, x, inputs, outputs):
        weights = self.const((self.rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)).astype(np.float32))
        return self.node("Add", [self.node("MatMul", [x, weights]), self.weights(outputs)])

    def norm(self, x, one_node):
        gamma, beta = (self.const(self.rng.uniform(low, 1.5, self.channels).astype(np.float32)) for low in (0.5, -1.5))
        if one_node:
            return self.node("LayerNormalization", [x, gamma, beta])
        d = self.node("Sub", [x, self.node("ReduceMean", [x], axes=[-1])])
        variance = self.node("ReduceMean", [self.node("Pow", [d, self.const(np.float32(2))])], axes=[-1])
        s = self.node("Sqrt", [self.node("Add", [variance, self.const(np.float32(1e-5))])])
        return self.node("Add", [self.node("Mul", [self.node("Div", [d, s]), gamma]), beta])

    def ending(self):
        y, c, kind = self.y, self.channels, self.rng.integers(0, 8)
        if kind == 0:
            flat = self.node("Flatten", [self.node("GlobalAveragePool", [y])])
            self.y = self.node("Softmax", [self.node("Gemm", [flat, self.weights(10, c), self.weights(10)], transB=1)], axis=1)
        elif kind == 1:
            self.y = self.node("Flatten", [y])
        elif kind == 2:
            rows = self.node("Transpose", [y], perm=[0, *range(2, 2 + self.plane), 1])
            self.y = self.node("Add", [self.node("MatMul", [rows, self.weights(c, 7)]), self.weights(7)])
        elif kind == 3:
            self.y = self.node("ReduceMean", [y], axes=[*range(2, 2 + self.plane)], keepdims=int(self.rng.integers(0, 2)))
        elif kind == 4:  # attention
            tokens = self.tokens()
            q, k, v = (self.node("MatMul", [tokens, self.weights(c, 8)]) for _ in range(3))
            scores = self.node("Softmax", [self.node("MatMul", [q, self.node("Transpose", [k], perm=[0, 2, 1])])], axis=-1)
            self.y = self.node("MatMul", [scores, v])
        elif kind > 5:  # an encoder's feed-forward part
            tokens = self.tokens()
            h = self.linear(self.norm(tokens, kind == 6), c, 2 * c)
            inner = self.node("Add", [self.node("Erf", [self.node("Div", [h, self.const(np.float32(2 ** 0.5))])]), self.const(np.float32(1))])
            h = self.node("Mul", [self.node("Mul", [h, inner]), self.const(np.float32(0.5))])
            self.y = self.norm(self.node("Add", [tokens, self.linear(h, 2 * c, c)]), kind == 7)
        else:
            self.y = self.node("Slice", [y, *(self.const(np.array(v, np.int64)) for v in ([1, 0], [-1, 1 << 40], [2, 1], [2, 1]))])

    def model(self, opset=17):
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in self.shapes().items()]
        graph = helper.make_graph(self.nodes, "net", inputs,
                                  [helper.make_tensor_value_info(self.y, TensorProto.FLOAT, None)], self.constants)
        model = onnx.shape_inference.infer_shapes(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset < 21 else 10 if opset < 23 else 11))
        onnx.checker.check_model(model)
        return model

    def shapes(self):
        return {"x": self.shape, **self.more}

    def data(self):
        return {name: self.rng.standard_normal(shape).astype(np.float32) for name, shape in self.shapes().items()}


class Calibration(CalibrationDataReader):
    def __init__(self, inputs):
        self.inputs = iter(inputs)

    def get_next(self):
        return next(self.inputs, None)


def quantise(model, inputs, per_channel, activation_type, **more):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("float.onnx", "int8.onnx")]
        onnx.save(model, paths[0])
        quantize_static(*paths, Calibration(inputs), quant_format=QuantFormat.QDQ, per_channel=per_channel,
                        weight_type=QuantType.QInt8, activation_type=activation_type, **more)
        return onnx.load(paths[1])


def make(seed):
    rng = np.random.default_rng(seed)
    net = Net(rng, int(rng.choice([1, 3, 4, 16])), rng.integers(6, 14, 2).tolist() if seed % 4 != 3 else [int(rng.integers(12, 60))])
    first = int(rng.choice([4, 8, 16]))
    net.y, net.channels = net.conv("x", first, 3), first
    for _ in range(int(rng.integers(1, 5))):
        net.activation()
        net.layer()
    net.activation()
    net.ending()
    model = net.model()
    inputs = [{"x": rng.standard_normal(net.shape).astype(np.float32)} for _ in range(8)]
    quantised = quantise(model, inputs, bool(rng.integers(0, 2)), [QuantType.QInt8, QuantType.QUInt8][int(rng.integers(0, 2))],
                         extra_options=OPTIONS[seed % len(OPTIONS)])
    return quantised, model, rng.standard_normal(net.shape).astype(np.float32)


def infer(model, x):
    """The network as ONNX Runtime computes it, node by node (no fusion). x: the input, or {name: input}."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, x if isinstance(x, dict) else {session.get_inputs()[0].name: x})[0]

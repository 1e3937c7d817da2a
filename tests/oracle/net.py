"""Small .tflite models in memory, and TensorFlow Lite Micro's own interpreter to run them.

Synopsis: net = Net(rng); x = net.input((1, 4), 0.1, 3); y = net.tensor((1, 4), 0.2, 0); net.op("RELU", [x], [y])
          inputs, outputs = net.run()        bytes(net) is the model
Everything random comes from the rng: the same seed gives the same bytes.
SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import os
import tempfile

import numpy as np
from tflite_micro.python.tflite_micro import runtime

schema = runtime.schema_fb

TYPES = {"int8": 9, "uint8": 3, "int16": 7, "int32": 2, "int64": 4, "float32": 0, "bool": 6, "resource": 13}
ABSENT = -1
ARENA = 8 << 20


class Refused(Exception):
    """The oracle does not run the model."""


class Net:
    def __init__(self, rng):
        self.rng = rng
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = "oracle"
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.model.subgraphs = []
        self.codes = {}
        self.values = []  # of the inputs
        self.steps = []  # of the inputs in later runs
        self.packed = None
        self.expected = None  # outputs that replace the oracle's, where those are unspecified
        self.subgraph()

    def subgraph(self):
        """A further subgraph; what follows goes there."""
        self.graph = schema.SubGraphT()
        self.graph.name = "g%d" % len(self.model.subgraphs)
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.model.subgraphs.append(self.graph)
        return len(self.model.subgraphs) - 1

    def tensor(self, shape, scale=None, zp=0, dtype="int8", data=None, dim=0, variable=False):
        t = schema.TensorT()
        t.name = "t%d" % len(self.graph.tensors)
        t.shape = [int(n) for n in shape]
        t.type = TYPES[dtype]
        t.isVariable = variable
        if scale is not None:
            t.quantization = schema.QuantizationParametersT()
            t.quantization.scale = [float(s) for s in np.atleast_1d(np.float32(scale))]
            t.quantization.zeroPoint = [int(z) for z in np.broadcast_to(zp, len(t.quantization.scale))]
            t.quantization.quantizedDimension = dim
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            t.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        elif variable or dtype == "resource":
            t.buffer = 0
        else:
            t.buffer = len(self.model.buffers)
            self.model.buffers.append(schema.BufferT())
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def const(self, values, dtype="int32"):
        values = np.asarray(values, dtype)
        return self.tensor(values.shape, dtype=dtype, data=values)

    def input(self, shape, scale=None, zp=0, dtype="int8", value=None):
        index = self.tensor(shape, scale, zp, dtype)
        self.graph.inputs.append(index)
        self.values.append(np.ascontiguousarray(random_data(self.rng, shape, dtype) if value is None else value, dtype))
        return index

    def op(self, name, inputs, outputs, options=None, **fields):
        """The last operator's outputs are the graph's."""
        code = getattr(schema.BuiltinOperator, name)
        if code not in self.codes:
            self.codes[code] = len(self.model.operatorCodes)
            c = schema.OperatorCodeT()
            c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), 1
            self.model.operatorCodes.append(c)
        o = schema.OperatorT()
        o.opcodeIndex = self.codes[code]
        o.inputs, o.outputs = list(inputs), list(outputs)
        if options:
            o.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            o.builtinOptions = getattr(schema, options + "T")()
            for field, value in fields.items():
                if not hasattr(o.builtinOptions, field):
                    raise AttributeError(field)
                setattr(o.builtinOptions, field, value)
        self.graph.operators.append(o)
        self.graph.outputs = list(outputs)

    def __bytes__(self):
        if self.packed is None:
            import flatbuffers
            builder = flatbuffers.Builder(4096)
            builder.Finish(self.model.Pack(builder), b"TFL3")
            self.packed = bytes(builder.Output())
        return self.packed

    def later_steps(self, count):
        """Random inputs for `count` more runs of the same interpreter: state carries over."""
        for _ in range(count):
            self.steps.append([np.ascontiguousarray(random_data(self.rng, v.shape, str(v.dtype)), v.dtype) for v in self.values])

    def run(self):
        """[(inputs, outputs), ...] by step, as raw bytes of each tensor."""
        result = []
        with quiet() as said:
            try:
                it = runtime.Interpreter.from_bytes(bytes(self), arena_size=ARENA)
                for values in [self.values, *self.steps]:
                    for i, v in enumerate(values):
                        it.set_input(v, i)
                    it.invoke()
                    outputs = [np.asarray(it.get_output(i)).tobytes() for i in range(len(self.model.subgraphs[0].outputs))]
                    result.append(([v.tobytes() for v in values], self.expected or outputs))
            except (RuntimeError, ValueError) as e:
                raise Refused(f"{e}: {said()}") from None
        return result


@contextlib.contextmanager
def quiet():
    """The interpreter's messages, which it prints to stderr itself, as a string instead."""
    with tempfile.TemporaryFile() as f:
        saved = os.dup(2)
        os.dup2(f.fileno(), 2)

        def said():
            f.seek(0)
            return " ".join(f.read().decode(errors="replace").split())[-300:]
        try:
            yield said
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def random_data(rng, shape, dtype="int8"):
    """Full range, sometimes only extremes, sometimes near 0."""
    if dtype == "float32":
        return rng.normal(0, 3, shape).astype("float32")
    info = np.iinfo(dtype)
    kind = rng.integers(10)
    if kind == 0:
        return rng.choice([info.min, info.max], shape)
    if kind == 1:
        return rng.integers(-4, 5, shape) + (128 if dtype == "uint8" else 0)
    return rng.integers(info.min, info.max, shape, endpoint=True)

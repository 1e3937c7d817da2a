"""Write the digits networks as ONNX, quantised by ONNX Runtime: the encoder, trained here, and the CNN of digits.tflite.

Synopsis: `make train-digits-onnx`, or `python export_onnx.py [--out DIR]` inside the project's venv. A minute on one core.

  digits_encoder.onnx   the transformer encoder of encoder.py, int8: LayerNormalization, Erf form of GELU, softmax attention
  digits_cnn.onnx       the network of train.py with the weights of digits.tflite (its int8 values times their scales)

Both take a float picture (1, 1, 8, 8) in 0..1 and give ten scores. They are quantised by the static quantiser of ONNX
Runtime into the QDQ form: int8 weights per channel, int8 activations, ranges of the whole training split. The accuracies
of the float and of the int8 network are printed; tests/onnx/run_digits.py checks the committed files.
Seeds and versions are pinned; the float arithmetic of another CPU may still end in other weights.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one order of additions

import numpy as np  # noqa: E402
import onnxruntime as ort  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2] / "scripts"))

import encoder  # noqa: E402
from digits_data import split  # noqa: E402
from onnx_encoder import Graph, encoder_layer, quantised  # noqa: E402

INPUTS, OUTPUTS = {"image": [1, 1, 8, 8]}, {"scores": [1, 10]}


def picture(pixels):
    """(n, 8, 8) in 0..16 as (n, 1, 8, 8) float32 in 0..1."""
    return (pixels[:, None] / 16).astype(np.float32)


def encoder_model(net):
    g, p = Graph("digits_encoder"), net.parameters
    t, w = encoder.TOKENS, encoder.WIDTH
    kernel = p["embed.w"].T.reshape(w, 1, encoder.PATCH, encoder.PATCH)
    x = g.node("Conv", "embed", "image", g.const("embed.w", kernel), g.const("embed.b", p["embed.b"]), strides=[encoder.PATCH] * 2)
    x = g.node("Reshape", "rows", x, g.const("rows_shape", [1, w, t], np.int64))
    x = g.node("Add", "tokens", g.node("Transpose", "columns", x, perm=[0, 2, 1]), g.const("positions", p["positions"][None]))
    for i in range(encoder.LAYERS):
        x = encoder_layer(g, str(i), x, p, t, w, encoder.HEADS)
    x = g.node("ReduceMean", "mean", g.norm("norm", x, p), axes=[1], keepdims=0)
    g.node("Gemm", "scores", x, g.const("head.w", p["head.w"]), g.const("head.b", p["head.b"]))
    return g.model(INPUTS, OUTPUTS)


class Flat:
    """Tensors of digits.tflite by their operator's place: weights as floats."""

    def __init__(self, path):
        from tflite_micro.tensorflow.lite.python import schema_py_generated as schema
        self.model = schema.ModelT.InitFromPackedBuf(bytearray(path.read_bytes()), 0)
        self.graph = self.model.subgraphs[0]

    def weights(self, op):
        """Filter and bias of operator number `op`, real values, the filter as in the file."""
        tensors = [self.graph.tensors[i] for i in self.graph.operators[op].inputs[1:3]]
        values = []
        for t, kind in zip(tensors, (np.int8, np.int32)):
            data = np.frombuffer(bytes(self.model.buffers[t.buffer].data), kind).reshape(t.shape).astype(np.float64)
            shape = [1] * data.ndim
            shape[t.quantization.quantizedDimension if data.ndim > 1 else 0] = -1
            values.append(data * np.asarray(t.quantization.scale).reshape(shape))
        return values


def cnn_model(path):
    """The topology of train.py; operators of digits.tflite by number (`systole info` lists them)."""
    g, flat = Graph("digits_cnn"), Flat(path)
    zero, six = g.const("zero", 0), g.const("six", 6)

    def conv(name, x, op, depthwise=False, act="Relu", pads=(1, 1, 1, 1), stride=1):
        w, b = flat.weights(op)  # OHWI, depthwise 1HWO
        w = w.transpose(3, 0, 1, 2) if depthwise else w.transpose(0, 3, 1, 2)
        pads = [(w.shape[2] - 1) // 2] * 4 if pads is None else list(pads)
        y = g.node("Conv", name if not act else name + "/conv", x, g.const(name + ".w", w), g.const(name + ".b", b),
                   group=len(w) if depthwise else 1, pads=pads, strides=[stride] * 2)
        return g.node("Clip", name, y, zero, six) if act == "Relu6" else g.node(act, name, y) if act else y

    x = conv("stem", "image", 0)
    y = conv("res1b", conv("res1a", x, 1), 2, act=None)
    x = g.node("Relu", "res1", g.node("Add", "res1_add", x, y))
    x = conv("down_dw", x, 4, depthwise=True, act="Relu6", pads=(0, 0, 1, 1), stride=2)
    x = conv("down_pw", x, 5, pads=None)
    y = conv("res2_pw", conv("res2_dw", x, 6, depthwise=True, act="Relu6"), 7, pads=None)
    x = g.node("AveragePool", "pool", g.node("Add", "res2", x, y), kernel_shape=[4, 4])
    w, b = flat.weights(10)
    x = g.node("Gemm", "logits", g.node("Flatten", "flat", x), g.const("logits.w", w), g.const("logits.b", b), transB=1)
    g.node("Softmax", "scores", x, axis=1)
    return g.model(INPUTS, OUTPUTS)


def accuracy(model, pictures, labels):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.mean([session.run(None, {"image": p[None]})[0].argmax() == label for p, label in zip(pictures, labels)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER)
    out = parser.parse_args().out
    ort.set_default_logger_severity(3)
    (px_train, y_train), (px_test, y_test) = split()
    out.mkdir(parents=True, exist_ok=True)
    models = {"digits_cnn": cnn_model(FOLDER / "digits.tflite"), "digits_encoder": encoder_model(encoder.train(px_train, y_train))}
    for name, model in models.items():
        int8 = quantised(model, [{"image": p[None]} for p in picture(px_train)])
        data = int8.SerializeToString(deterministic=True)
        (out / f"{name}.onnx").write_bytes(data)
        print(f"{name}.onnx: {len(data)} bytes; held-out pictures {len(y_test)}: float {accuracy(model, picture(px_test), y_test):.2%}, "
              f"int8 {accuracy(int8, picture(px_test), y_test):.2%} (ONNX Runtime)")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Suite: every operator of operators.py against ONNX Runtime.

Synopsis: tests/onnx/run_operators.py [--only NAME] [--target model]... [--keep FOLDER] [--verbose]

Each case is quantised by ONNX Runtime's static quantiser in three ways (int8 with and without zero points, uint8; weights
per channel and per tensor), once with every operator and once with the quantiser's own choice of operators, in operator sets
13 to 23 (11 and 12 where they differ) in turn. `ref` must equal ONNX Runtime up to the case's number of steps of the output's scale (operators.py says
why each is what it is), on inputs wider than those calibrated with. Operators made of several nodes round
once, at their end: they are compared with ONNX Runtime on the file without the QDQ pairs inside (1 step). TARGET must equal `ref` in every byte.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import sys
import tempfile
import zlib

from run import ASAN, SYSTOLE, counts, check, systole

# (name, activations, quantiser's options): per channel but for the second
WAYS = [("int8", "QInt8", True, {}), ("symmetric", "QInt8", False, {"ActivationSymmetric": True}), ("uint8", "QUInt8", True, {})]
OPSETS = [13, 21, 14, 20, 15, 19, 17, 18, 23]
BEFORE_13 = [11, 12]  # of the cases that are about these
FUSED_STEPS = 1
ONE_OPERATOR = ("gelu", "layer norm written", "layer norm Mul", "layer norm 1/s", "layer norm twice", "rms norm")
PRODUCTS = "products only"  # here only linear layers are fused, and only products quantised
PER_TENSOR = {"layer norm of two axes"}  # ONNX Runtime's quantiser raises on a gamma of two dimensions per channel


def parameters(model, name):
    """(scale, zero point) of the constant-scaled QuantizeLinear or DequantizeLinear that reads or makes `name`."""
    from onnx import numpy_helper
    constants = {c.name: c for c in model.graph.initializer}
    for node in model.graph.node:
        if (node.op_type == "QuantizeLinear" and node.input[0] == name) or (node.op_type == "DequantizeLinear" and node.output[0] == name):
            return tuple(numpy_helper.to_array(constants[i]) for i in node.input[1:3])
    return None


def without_pairs(model, names):
    """The model without QuantizeLinear and DequantizeLinear on those values."""
    import onnx
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    nodes = plain.graph.node
    pairs = {n.output[0]: n.input[0] for n in nodes if n.op_type == "QuantizeLinear" and n.input[0] in names}
    renamed = {n.output[0]: pairs[n.input[0]] for n in nodes if n.op_type == "DequantizeLinear" and n.input[0] in pairs}
    kept = [n for n in nodes if n.output[0] not in pairs and n.output[0] not in renamed]
    for n in kept:
        for k, name in enumerate(n.input):
            n.input[k] = renamed.get(name, name)
    del nodes[:]
    nodes.extend(kept)
    return plain


def surround(net):
    """Neighbours that the quantiser always quantises, and that change nothing: so the operator lies between quantised ones, as
    in a network, whether the quantiser would choose it or not."""
    count = len(net.nodes)
    renamed = {name: net.node("LeakyRelu", [name], alpha=1.0) for name in net.shapes()}
    for node in net.nodes[:count]:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
    net.nodes = net.nodes[count:] + net.nodes[:count]
    net.y = net.node("LeakyRelu", [net.y], alpha=1.0)


def compare(case, way, opset, everything, options, folder):
    import numpy as np
    import nets
    from onnxruntime.quantization import QuantType
    name, _, steps, build = case
    label = f"{name}, {way[0]}, set {opset}{', all operators' if everything else ''}"
    rerun = f"rerun: tests/onnx/run_operators.py --only '{name}'"
    net = nets.Net(np.random.default_rng(zlib.crc32(label.encode())), 6, (9, 10))
    own = net.y = build(net, opset)
    inside = {n.output[0] for n in net.nodes if name != PRODUCTS or n.op_type == "MatMul"} - {own}
    for alone in (everything, False):  # operators that only pass a quantisation on are left in float when they are alone
        if not alone:
            surround(net)
        model = net.model(opset)
        chosen = {"op_types_to_quantize": sorted({n.op_type for n in net.nodes})} if everything else {}
        if name == PRODUCTS:
            chosen = {"op_types_to_quantize": ["MatMul", "LeakyRelu"]}
        quantised = nets.quantise(model, [net.data() for _ in range(4)], way[2] and name not in PER_TENSOR,
                                  getattr(QuantType, way[1]), extra_options=way[3], **chosen)
        if any(n.op_type == "QuantizeLinear" for n in quantised.graph.node):
            break
    data = {key: 1.2 * value for key, value in net.data().items()}
    path, out = pathlib.Path(folder) / "op.onnx", pathlib.Path(folder) / "out.bin"
    path.write_bytes(quantised.SerializeToString())
    arguments = []
    for key, value in data.items():
        value.tofile(pathlib.Path(folder) / f"{key}.bin")
        arguments += ["--input", pathlib.Path(folder) / f"{key}.bin"]
    done = systole(ASAN, "run", path, "--target", "ref", *arguments, "--output", out)
    if done.returncode:
        check(label, False, f"{done.stderr.strip()[-300:]}; {rerun}")
        return
    fused = steps is None or name == PRODUCTS
    want = nets.infer(without_pairs(quantised, inside) if fused else quantised, data)
    if alone and name.startswith(ONE_OPERATOR):
        listed = systole(SYSTOLE, "info", path).stdout
        check(f"{label}, fused", "\n3 operators," in listed, f"it is not one operator between the edges:\n{listed}; {rerun}")
    reference = out.read_bytes()
    if name == "RMSNormalization":  # ONNX Runtime's own name for it, from before ONNX had one
        for node in quantised.graph.node:
            node.op_type = node.op_type.replace("RMSNormalization", "SimplifiedLayerNormalization")
        path.with_name("simplified.onnx").write_bytes(quantised.SerializeToString())
        done = systole(ASAN, "run", path.with_name("simplified.onnx"), *arguments, "--output", out)
        check(f"{label}, SimplifiedLayerNormalization", done.returncode == 0 and out.read_bytes() == reference,
              f"{done.stderr.strip()[-300:] or 'another result'}; {rerun}")
        for node in quantised.graph.node:
            node.op_type = node.op_type.replace("SimplifiedLayerNormalization", "RMSNormalization")
    got = np.frombuffer(reference, np.float32)
    if got.size != want.size:
        check(label, False, f"{got.size} values, ONNX Runtime has {want.size}; {rerun}")
        return
    got = got.reshape(want.shape)
    found = parameters(quantised, quantised.graph.output[0].name)
    unit = float(found[0]) if found else float(np.abs(want).max()) / 127
    inner = parameters(quantised, own)  # a neighbour may show a step of the operator's own as several
    off = np.abs(got - want) / max(unit, float(inner[0]) if inner else 0)
    most = FUSED_STEPS if steps is None else steps if found else max(steps, 2)
    if inner and not alone and unit < float(inner[0]):
        most += unit / float(inner[0])  # the neighbour's rounding
    check(label, off.max() <= most + 0.01, f"{off.max():.2f} steps of {unit:.4g} off, {most:.2f} allowed; {rerun}")
    if options.verbose:
        print(f"{label}: at most {off.max():.2f} steps, {100 * (off > 0.01).mean():.2f} % of the values")
    for target in options.target:
        done = systole(SYSTOLE, "run", path, "--target", target, *arguments, "--output", out)
        check(f"{label} {target}", done.returncode == 0 and out.read_bytes() == reference,
              f"{done.stderr.strip()[-300:] or 'other bytes than ref'}; {rerun} --target {target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="cases whose name begins so")
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--keep", help="folder for the files instead of a temporary one")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        print(f"SKIP operators of ONNX: {error.name} is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    from operators import CASES
    turn = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        for case in CASES:
            if options.only and not case[0].startswith(options.only):
                continue
            allowed = [s for s in OPSETS if s >= case[1]] if case[1] >= 13 else BEFORE_13
            for way in WAYS:
                compare(case, way, allowed[turn % len(allowed)], turn % 2 == 0, options, folder)
                turn += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Suite: networks from ONNX.

Synopsis: tests/onnx/run.py [--count N] [--seed S] [--target model]... [--keep FOLDER]

Random networks (nets.py), quantised by ONNX Runtime:
  close    `ref` against ONNX Runtime: as near the float network as ONNX Runtime's own int8 execution is, up to the roundings
           that an integer requantisation and a fused table do differently;
  TARGET   the network, and the same with 8-bit edges, on TARGET: every byte equal to `ref`.
Then files that are wrong: each must be refused in one line that says what, never crash (build with sanitizers).
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTOLE, ASAN = ROOT / "build" / "systole", ROOT / "build" / "asan" / "systole"
counts = {"passed": 0, "failed": 0}


def check(what, ok, why=""):
    counts["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {what}: {why}")


def systole(program, *arguments, seconds=300):
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=seconds)


def with_int8_edges(quantised):
    """The network from the first quantised value to the last, as bytes; None where it does not end in one."""
    import onnx
    model = onnx.ModelProto()
    model.CopyFrom(quantised)
    graph = model.graph
    types = {c.name: c.data_type for c in graph.initializer}
    first = next(n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == graph.input[0].name)
    last = next((n for n in graph.node if n.output[0] == graph.output[0].name and n.op_type == "DequantizeLinear"), None)
    if not last:
        return None
    shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
    ends = [onnx.helper.make_tensor_value_info(name, types[node.input[2]], dims)
            for name, node, dims in ((first.output[0], first, shape), (last.input[0], last, None))]
    for node in (first, last):
        graph.node.remove(node)
    for field, end in ((graph.input, ends[0]), (graph.output, ends[1])):
        del field[:]
        field.extend([end])
    return model.SerializeToString()


def compare(seed, targets, folder):
    import numpy as np
    import nets
    rerun = f"rerun: tests/onnx/run.py --count 1 --seed {seed}"
    quantised, real, x = nets.make(seed)
    path, data, out = (pathlib.Path(folder) / name for name in ("net.onnx", "in.bin", "out.bin"))
    path.write_bytes(quantised.SerializeToString())
    x.tofile(data)
    done = systole(ASAN, "run", path, "--target", "ref", "--input", data, "--output", out)
    if done.returncode:
        check(f"seed {seed} close", False, f"{done.stderr.strip()[-300:]}; {rerun}")
        return
    want, exact = nets.infer(quantised, x), nets.infer(real, x)
    got = np.fromfile(out, np.float32).reshape(want.shape)
    spread = float(exact.max() - exact.min()) + 1e-6
    error, theirs = float(np.abs(got - exact).mean()) / spread, float(np.abs(want - exact).mean()) / spread
    check(f"seed {seed} close", error <= 1.5 * theirs + 0.01,
          f"mean error {error:.4f} of the range, ONNX Runtime's {theirs:.4f}; {rerun}")
    integer = with_int8_edges(quantised)
    for edges, data in (("float", quantised.SerializeToString()), ("8-bit", integer)):
        reference = None
        if data:
            path.write_bytes(data)
        for target in ("ref", *targets) if data else ():
            done = systole(SYSTOLE, "run", path, "--target", target, "--output", out, "--seed", seed)
            got = out.read_bytes() if done.returncode == 0 else None
            reference = got if target == "ref" else reference
            check(f"seed {seed} {target}, {edges} edges", got is not None and got == reference,
                  f"{done.stderr.strip()[-300:] or 'other bytes than ref'}; {rerun} --target {target}")


def message(tag, body):
    """A protobuf field of bytes."""
    size, head = len(body), [tag]
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes([*head, size]) + body


def wrong_files(folder):
    """(name, bytes, what the line must say)"""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper
    import nets
    good = nets.make(5)[0]

    def changed(edit):
        model = onnx.ModelProto()
        model.CopyFrom(good)
        edit(model.graph)
        return model.SerializeToString()

    def cycle(graph):
        conv = next(n for n in graph.node if n.op_type == "Conv")
        user = next(n for n in graph.node if n.input[0] == conv.output[0])
        conv.input[0] = user.output[0]

    def weights(graph):
        return next(t for t in graph.initializer if t.data_type == TensorProto.INT8 and len(t.dims) == 4)

    def external(location, offset="0", length=None):
        def edit(graph):
            t = weights(graph)
            size = length or str(len(t.raw_data))
            t.ClearField("raw_data")
            t.data_location = TensorProto.EXTERNAL
            for key, value in (("location", location), ("offset", offset), ("length", size)):
                t.external_data.add(key=key, value=value)
        return changed(edit)

    def regroup(graph):
        conv = first(graph, "Conv")
        kept = [a for a in conv.attribute if a.name != "group"]
        del conv.attribute[:]
        conv.attribute.extend([*kept, helper.make_attribute("group", 7)])

    def first(graph, op):
        return next(n for n in graph.node if n.op_type == op)

    def around_seven(graph):
        conv = first(graph, "Conv")
        zero = next(n for n in graph.node if n.output[0] == conv.input[1]).input[2]
        t = next(t for t in graph.initializer if t.name == zero)
        t.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(t) + np.int8(7), t.name))

    def input_of(*dims):
        def edit(graph):
            for d, size in zip(graph.input[0].type.tensor_type.shape.dim, dims):
                d.dim_value = size
        return changed(edit)

    def weights_of(*dims):
        def edit(graph):
            t = weights(graph)
            del t.dims[:]
            t.dims.extend(dims)
        return changed(edit)

    def before_conv(op, constants, **attributes):
        """The first convolution's input through one more node, in float before the quantisation."""
        def edit(graph):
            first_quantize = first(graph, "QuantizeLinear")
            names = [f"wrong{i}" for i in range(len(constants))]
            graph.initializer.extend(onnx.numpy_helper.from_array(c, n) for c, n in zip(constants, names))
            graph.node.insert(0, helper.make_node(op, [first_quantize.input[0], *names], ["wrong"], **attributes))
            first_quantize.input[0] = "wrong"
        return changed(edit)

    def loop(graph):
        conv = first(graph, "Conv")
        conv.input[0] = conv.output[0]

    def doubled(graph):
        """Seventy sums of a value with itself, unquantised: quick, although there are 2^70 ways through them."""
        last = graph.node[-1]
        names = [last.input[0]] + [f"double{i}" for i in range(70)]
        sums = [helper.make_node("Add", [a, a], [b]) for a, b in zip(names, names[1:])]
        at = len(graph.node) - 1
        graph.node.insert(at, helper.make_node(last.op_type, list(last.input), [names[0] + "_real"]))
        sums[0].input[0] = sums[0].input[1] = names[0] + "_real"
        for i, node in enumerate(sums):
            graph.node.insert(at + 1 + i, node)
        last.op_type = "Identity"
        del last.input[:]
        last.input.append(names[-1])

    def unshaped(graph):
        """A shape that hangs on a value that nothing fixes."""
        graph.input.append(helper.make_tensor_value_info("wanted", TensorProto.INT64, [4]))
        graph.node.insert(0, helper.make_node("Reshape", [first(graph, "QuantizeLinear").input[0], "wanted"], ["shaped"]))
        graph.node[1].input[0] = "shaped"

    nested = b""
    while len(nested) < 60000:  # g { node { attribute {
        for field in (0x32, 0x2A, 0x0A):
            nested = message(field, nested)
    nested = b"\x08\x08" + message(0x3A, nested)
    (pathlib.Path(folder) / "outside.bin").write_bytes(bytes(100000))
    inner = pathlib.Path(folder) / "inner"
    inner.mkdir(exist_ok=True)
    (inner / "folder").mkdir(exist_ok=True)
    (inner / "data.bin").write_bytes(bytes(100000))
    link = inner / "link.bin"
    if not link.is_symlink():
        link.symlink_to("../outside.bin")
    whole = good.SerializeToString()
    good_shape = [d.dim_value for d in good.graph.input[0].type.tensor_type.shape.dim]
    yield "empty", b"", "empty"
    yield "nested", nested, "nest"
    yield "cycle", changed(cycle), "cycle"
    yield "cycle of one", changed(loop), "cycle"
    yield "dynamic", changed(lambda g: setattr(g.input[0].type.tensor_type.shape.dim[0], "dim_param", "N")), "dynamic"
    yield "no shape", changed(lambda g: g.input[0].type.tensor_type.ClearField("shape")), "no shape"
    yield "unknown operator", changed(lambda g: setattr(first(g, "Conv"), "op_type", "Einsum")), "Einsum"
    yield "another form", changed(lambda g: setattr(first(g, "Conv"), "op_type", "QLinearConv")), "QuantFormat.QDQ"
    yield "batch norm", changed(lambda g: setattr(first(g, "Conv"), "op_type", "BatchNormalization")), "quant_pre_process"
    yield "weights around another zero", changed(around_seven), "weight_type=QuantType.QInt8"
    yield "missing value", changed(lambda g: first(g, "Conv").input.__setitem__(0, "nowhere")), "nowhere"
    yield "twice", changed(lambda g: g.node[-1].output.__setitem__(0, g.node[0].output[0])), "twice"
    yield "short data", changed(lambda g: setattr(g.initializer[-1], "raw_data", b"")), "does not fit its shape"
    yield "float", nets.make(1)[1].SerializeToString(), "not quantised"
    yield "outside", external("../outside.bin"), "not a file in the model's folder"
    yield "absolute", external("/etc/passwd"), "not a file in the model's folder"
    yield "link", external("link.bin"), "not a file in the model's folder"
    yield "absent", external("absent.bin"), "not a file in the model's folder"
    yield "behind the end", external("data.bin", offset="999999999999"), "too short or cannot be read"
    yield "negative offset", external("data.bin", offset="-8"), "does not fit its shape"
    yield "length of another shape", external("data.bin", length="7"), "does not fit its shape"
    yield "a folder as data", external("folder"), "too short or cannot be read"
    yield "group", changed(regroup), "do not fit"
    yield "doubled", changed(doubled), None
    yield "no such shape", changed(unshaped), "not a constant list"
    yield "huge input", input_of(1 << 40, 1 << 40), "out of range"
    yield "huge product", input_of(1 << 20, 1 << 20, 1 << 20, 1 << 20), "out of range"
    yield "negative input", input_of(-3), "dynamic"
    yield "huge constant", weights_of(1 << 40, 1 << 40, 1 << 40, 1 << 40), "negative, or it is larger than 2 GiB"
    yield "large constant without data", weights_of(1 << 10, 1 << 10, 16, 16), "does not fit its shape"
    yield "negative constant", weights_of(-1, 3, 3, 3), "negative, or it is larger than 2 GiB"
    yield "huge reshape", before_conv("Reshape", [np.array([1 << 62, 4, 1, 1], np.int64)]), "does not fit its input"
    yield "huge padding", before_conv("Pad", [np.array([0, 0, 1 << 40, 0, 0, 0, 0, 0], np.int64)]), "too large"
    yield "reflection of too little", before_conv("Pad", [np.array([0, 0, 0, 99, 0, 0, 0, 0], np.int64)], mode="reflect"), "longer than what it reflects"
    yield "padding that leaves nothing", before_conv("Pad", [np.array([0, 0, -99, 0, 0, 0, 99, 0], np.int64)]), "cuts off all"
    yield "power of another shape", before_conv("Pow", [np.ones((1, 4, 1, 200), np.float32)]), "broadcast"
    yield "powers along two axes", before_conv("Pow", [np.arange(2 * np.prod(good_shape[1:]), dtype=np.float32)[::2].reshape(good_shape[1:])]), "along one axis"
    yield "huge resize", before_conv("Resize", [np.zeros(0, np.float32), np.array([1, 1, 1e8, 1e8], np.float32)]), "out of range"
    yield "many dimensions", before_conv("Unsqueeze", [np.arange(9, dtype=np.int64)]), "at most 6"
    for cut in (1, len(whole) // 3, len(whole) - 1):
        yield f"cut at {cut}", whole[:cut], ""
    rng = np.random.default_rng(7)
    for i in range(60):
        noisy = bytearray(whole)
        for at in rng.integers(0, len(noisy), 4):
            noisy[at] = int(rng.integers(256))
        yield f"noise {i}", bytes(noisy), None  # may be a fine network; must not crash


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--keep", help="folder for the files instead of a temporary one")
    options = parser.parse_args()
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        print(f"SKIP networks from ONNX: {error.name} is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        for seed in range(options.seed, options.seed + options.count):
            compare(seed, options.target or ["model"], folder)
        for name, data, says in wrong_files(folder) if options.count > 1 else ():
            path = pathlib.Path(folder) / "inner" / "wrong.onnx"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            made = path.parent / "wrong.prog"
            done = systole(ASAN, *(("info", path) if says is None else ("compile", path, "-o", made)))
            line = done.stderr.strip()
            sane = "\n" not in line and done.returncode in (0, 1, 2) and not list(path.parent.glob("wrong.prog*"))
            check(f"wrong file: {name}", sane and (says is None or (done.returncode != 0 and line and says in line)),
                  f"exit {done.returncode}, said: {line[-200:]}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())

"""One small network for each operator that the reader takes, in the ways exporters write it.

CASES: (name, first operator set, steps, build). build(net, opset) adds nodes to a nets.Net; `steps` is how many steps of its
output's scale a result may differ from ONNX Runtime's, which computes each operator in float32 between exact int8 values:
  0  operators that move values: no arithmetic, no difference;
  1  one rounding: a requantisation by a 31-bit multiplier that rounds twice, a table made in double, an average that rounds
     half away from zero; each may fall on the other side of a tie, where ONNX Runtime rounds half to even in float32;
  2  two roundings, a step each: softmax is rounded to 1/256 and then to the scale that the file asks for; an operator
     whose input the file leaves in float is computed on codes of a range that fits for sure; a function of a sum that
     may itself be a step off;
  4  "products only": sums that the file leaves in float get 8-bit codes here, of the range of their operands together;
  None: several nodes that become one operator; 1 step from ONNX Runtime without the roundings between them.
SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

IMAGE, SEQUENCE, TOKENS, ROWS = [1, 6, 9, 10], [1, 6, 20], [1, 7, 24], [5, 24]


def i64(net, *values):
    return net.const(np.array(values, np.int64))


def f32(net, value):
    return net.const(np.asarray(value, np.float32))


def channels(net, *shape, low=0.5, high=1.5):
    return net.const(net.rng.uniform(low, high, shape).astype(np.float32))


def one(op, shape, **attributes):
    return lambda net, opset: net.start(shape).node(op, ["x"], **attributes)


def conv(**attributes):
    def build(net, opset):
        net.start(IMAGE)
        groups, cout = attributes.get("group", 1), attributes.pop("cout", 12) if "cout" in attributes else 12
        kernel = attributes.get("kernel_shape", [3, 3])
        return net.node("Conv", ["x", net.weights(cout, 6 // groups, *kernel), net.weights(cout)], **attributes)
    return build


def conv_row(*behind, **attributes):
    """A convolution along a sequence, and what each of `behind`, (net, opset, value) -> value, makes of it."""
    def build(net, opset):
        cout, kernel = attributes.get("group", 1) * 2, attributes.get("kernel_shape", [3])
        cout = max(cout, 12)
        y = net.start(SEQUENCE).node("Conv", ["x", net.weights(cout, 6 // attributes.get("group", 1), *kernel), net.weights(cout)], **attributes)
        for each in behind:
            y = each(net, opset, y)
        return y
    return build


def then(op, *constants, **attributes):
    return lambda net, opset, y: net.node(op, [y, *(net.const(np.array(c)) for c in constants)], **attributes)


def gated(net, opset, y):
    """A squeeze and excitation block along a sequence."""
    gate = net.node("Conv", [net.node("GlobalAveragePool", [y]), net.weights(12, 12, 1), net.weights(12)])
    return net.node("Mul", [net.node("Sigmoid", [gate]), y])


def conv_then(op, more=lambda net: [], **attributes):
    """An activation right behind a convolution, which the quantiser leaves without a pair between."""
    return lambda net, opset: net.node(op, [conv(pads=[1] * 4)(net, opset), *more(net)], **attributes)


def with_fewer_axes(shape):
    """An image and a value of fewer dimensions."""
    return lambda net, opset: net.node("Add", [conv(pads=[1] * 4)(net, opset), net.extra(shape)])


def gemm_of_two(**attributes):
    def build(net, opset):
        shapes = [s[::-1] if attributes.get(t) else s for s, t in (([5, 24], "transA"), ([24, 10], "transB"))]
        return net.node("Gemm", [net.start(shapes[0]).y, net.extra(shapes[1])], **attributes)
    return build


def gemm(**attributes):
    def build(net, opset):
        net.start(ROWS[::-1] if attributes.get("transA") else ROWS)
        shape = (10, 24) if attributes.get("transB") else (24, 10)
        return net.node("Gemm", ["x", net.weights(*shape), net.weights(10)], **attributes)
    return build


def matmul(bias):
    def build(net, opset):
        y = net.node("MatMul", [net.start(TOKENS).y, net.weights(24, 20)])
        return net.node("Add", [y, net.weights(20)]) if bias else y
    return build


def product(transposed, heads):
    """Q K^T (or Q V) of two halves of the input."""
    def build(net, opset):
        shape = [1, 3, 8, 12] if heads else [1, 8, 12]
        a, b = net.start(shape).y, net.extra(shape)
        if transposed:
            b = net.node("Transpose", [b], perm=[0, 1, 3, 2] if heads else [0, 2, 1])
        else:
            b = net.node("Reshape", [b, i64(net, *shape[:-2], 12, 8)])
        return net.node("MatMul", [a, b])
    return build


def constant_factor(left):
    """A constant that is not a plain matrix behind the input: per tensor here, whatever it is in the file."""
    def build(net, opset):
        x = net.start(TOKENS).y
        return net.node("MatMul", [net.weights(5, 7), x] if left else [x, net.weights(1, 24, 6)])
    return build


def binary(op, other):
    def build(net, opset):
        a = net.start(IMAGE).y
        b = {"tensor": lambda: net.extra(IMAGE), "channels": lambda: channels(net, 6, 1, 1), "scalar": lambda: f32(net, 1.7),
             "rows": lambda: net.extra([1, 1, 9, 10])}[other]()
        return net.node(op, [a, b])
    return build


def quotient(left):
    """By a value that is never near zero; its neighbour makes it so in float, exactly quantised."""
    def build(net, opset):
        x = net.start(IMAGE).y
        divisor = net.node("Add", [net.node("Relu", [net.extra(IMAGE)]), f32(net, 0.5)])
        return net.node("Div", [{"tensor": x, "channels": channels(net, 6, 1, 1)}.get(left), divisor])
    return build


def on_constants(op):
    """A constant on the left."""
    return lambda net, opset: net.node(op, [channels(net.start(IMAGE), 6, 1, 1), "x"])


def power(exponent):
    return lambda net, opset: net.node("Pow", [net.start(ROWS).y, f32(net, exponent)])


def powers(shape, *exponents, behind=None):
    """Exponents along the axis where `shape` is not 1; of a value that is not negative where the file quantises the exponents too."""
    def build(net, opset):
        x = net.node("Relu", [behind(net, opset) if behind else net.start(ROWS).y])
        repeated = exponents * (int(np.prod(shape)) // len(exponents))
        return net.node("Pow", [x, f32(net, np.array(repeated, np.float32).reshape(shape))])
    return build


def of_positive(op):
    """On a value that the file quantises as not negative."""
    return lambda net, opset: net.node(op, [net.node("Add", [net.node("Relu", [net.start(ROWS).y]), f32(net, 0.5)])])


def reduce(axes, keep):
    def build(net, opset):
        net.start(IMAGE)
        if opset >= 18:
            return net.node("ReduceMean", ["x", i64(net, *axes)], keepdims=keep)
        return net.node("ReduceMean", ["x"], axes=axes, keepdims=keep)
    return build


def mean(net, opset, x, axes):
    return net.node("ReduceMean", [x, i64(net, *axes)]) if opset >= 18 else net.node("ReduceMean", [x], axes=axes)


def norm_node(shape, axis, bias):
    def build(net, opset):
        net.start(shape)
        size = shape[axis:]
        return net.node("LayerNormalization", ["x", channels(net, *size)] + [channels(net, *size, low=-0.5)] * bias, axis=axis, epsilon=1e-5)
    return build


def norm_written(square, divide, rms=False, twice=False, affine=2):
    def build(net, opset):
        x = net.start(TOKENS).y
        d = x if rms else net.node("Sub", [x, mean(net, opset, x, [-1])])
        again = net.node("Sub", [x, mean(net, opset, x, [-1])]) if twice else d
        squares = net.node("Pow", [again, f32(net, 2)]) if square == "Pow" else net.node("Mul", [again, again])
        s = net.node("Sqrt", [net.node("Add", [mean(net, opset, squares, [-1]), f32(net, 1e-5)])])
        if divide == "Div":
            y = net.node("Div", [d, s])
        else:
            inverse = net.node("Reciprocal", [s]) if divide == "Reciprocal" else net.node("Div", [f32(net, 1), s])
            y = net.node("Mul", [d, inverse])
        y = net.node("Mul", [channels(net, 24), y] if rms else [y, channels(net, 24)]) if affine > 0 else y
        return net.node("Add", [y, channels(net, 24, low=-0.5)]) if affine > 1 else y
    return build


def norm_over_channels(net, opset, shape=IMAGE):
    x, ones = net.start(shape).y, [1] * (len(shape) - 2)
    d = net.node("Sub", [x, mean(net, opset, x, [1])])
    s = net.node("Sqrt", [net.node("Add", [mean(net, opset, net.node("Pow", [d, f32(net, 2)]), [1]), f32(net, 1e-6)])])
    y = net.node("Mul", [net.node("Div", [d, s]), channels(net, 6, *ones)])
    return net.node("Add", [y, channels(net, 6, *ones, low=-0.5)])


def gelu(form):
    def build(net, opset):
        x = net.start(TOKENS).y
        if form == "erf":
            inner = net.node("Add", [net.node("Erf", [net.node("Div", [x, f32(net, 2 ** 0.5)])]), f32(net, 1)])
            return net.node("Mul", [net.node("Mul", [x, inner]), f32(net, 0.5)])
        cube = net.node("Mul", [net.node("Pow", [x, f32(net, 3)]), f32(net, 0.044715)])
        inner = net.node("Tanh", [net.node("Mul", [net.node("Add", [x, cube]), f32(net, (2 / np.pi) ** 0.5)])])
        return net.node("Mul", [net.node("Mul", [x, f32(net, 0.5)]), net.node("Add", [inner, f32(net, 1)])])
    return build


def feed_forward(net, opset):
    """Where only the products are quantised: the sum behind the first is in float, and with it the GELU and the second sum."""
    x = net.start(TOKENS).y
    h = net.node("Add", [net.node("MatMul", [x, net.weights(24, 40)]), net.weights(40)])
    inner = net.node("Add", [net.node("Erf", [net.node("Div", [h, f32(net, 2 ** 0.5)])]), f32(net, 1)])
    h = net.node("Mul", [net.node("Mul", [h, inner]), f32(net, 0.5)])
    y = net.node("Add", [net.node("MatMul", [h, net.weights(40, 24)]), net.weights(24)])
    return net.node("MatMul", [net.node("Add", [x, y]), net.weights(24, 8)])


def clip(low, high):
    return lambda net, opset: net.node("Clip", [net.start(IMAGE).y, *("" if v is None else f32(net, v) for v in (low, high))])


def pool(op, shape=IMAGE, **attributes):
    return lambda net, opset: net.start(shape).node(op, ["x"], **attributes)


def concat(axis, shapes):
    def build(net, opset):
        return net.node("Concat", [net.start(shapes[0]).y, *(net.extra(s) for s in shapes[1:])], axis=axis)
    return build


def split(axis, lengths):
    """Its parts, joined in the other order."""
    def build(net, opset):
        net.start(IMAGE)
        if lengths:
            parts = net.node("Split", ["x", i64(net, *lengths)], len(lengths), axis=axis)
        else:
            parts = net.node("Split", ["x"], 2, axis=axis, **({"num_outputs": 2} if opset >= 18 else {}))
        return net.node("Concat", parts[::-1], axis=axis)
    return build


def sliced(starts, ends, axes, steps):
    return lambda net, opset: net.node("Slice", [net.start(IMAGE).y, *(i64(net, *v) for v in (starts, ends, axes, steps))])


def gather(axis, indices):
    return lambda net, opset: net.node("Gather", [net.start(TOKENS).y, net.const(np.array(indices, np.int64))], axis=axis)


def reshape(shape, *to):
    return lambda net, opset: net.node("Reshape", [net.start(shape).y, i64(net, *to)])


def squeeze(net, opset):
    return net.node("Squeeze", [net.start([1, 7, 1, 24]).y, i64(net, 0, -2)])


def unsqueeze(net, opset):
    return net.node("Unsqueeze", [net.start(TOKENS).y, i64(net, 1, -1)])


def pad(value, axes=None):
    def build(net, opset):
        net.start(IMAGE)
        pads = [0, 0, 1, 2, 0, 1, 0, 3] if axes is None else [1, 2, 0, 3]
        more = ([f32(net, value)] if value is not None else [""] if axes else []) + ([i64(net, *axes)] if axes else [])
        return net.node("Pad", ["x", i64(net, *pads), *more], mode="constant")
    return build


def pad_by(mode, *pads, shape=IMAGE):
    return lambda net, opset: net.node("Pad", [net.start(shape).y, i64(net, *pads)], mode=mode)


def resize(mode, where, scales=None, sizes=None, **attributes):
    def build(net, opset):
        net.start(IMAGE if len(scales or sizes) != 3 else SEQUENCE)
        inputs = ["x", "", net.const(np.array(scales, np.float32))] if scales else ["x", "", "", i64(net, *sizes)]
        return net.node("Resize", inputs, mode=mode, coordinate_transformation_mode=where, **attributes)
    return build


CASES = [
    ("conv", 13, 1, conv(pads=[1] * 4)),
    ("conv stride", 13, 1, conv(strides=[2, 2], pads=[0, 1, 1, 0])),
    ("conv dilated", 13, 1, conv(dilations=[2, 2])),
    ("conv auto", 13, 1, conv(auto_pad="SAME_LOWER", strides=[2, 2])),
    ("conv depthwise", 13, 1, conv(group=6, cout=12, pads=[1] * 4)),
    ("conv groups", 13, 1, conv(group=2, pads=[1] * 4)),
    ("conv 1x5", 13, 1, conv(kernel_shape=[1, 5])),
    ("conv relu", 13, 1, conv_then("Relu")),
    ("conv clip", 13, 1, conv_then("Clip", lambda net: [f32(net, 0), f32(net, 6)])),
    ("conv sigmoid", 13, 2, conv_then("Sigmoid")),
    ("row", 13, 1, conv_row()),
    ("row stride", 13, 1, conv_row(strides=[2], pads=[0, 1])),
    ("row dilated", 13, 1, conv_row(dilations=[3], pads=[3, 3])),
    ("row auto", 13, 1, conv_row(auto_pad="SAME_UPPER", strides=[2])),
    ("row depthwise", 13, 1, conv_row(group=6, pads=[1, 1])),
    ("row groups", 13, 1, conv_row(group=2, kernel_shape=[4])),
    ("row relu", 13, 1, conv_row(then("Relu"))),
    ("row pools", 13, 2, conv_row(then("MaxPool", kernel_shape=[3], strides=[2], ceil_mode=1), then("AveragePool", kernel_shape=[3], pads=[1, 1]))),
    ("row gated", 13, 2, conv_row(gated)),
    ("row slice", 13, 1, conv_row(then("Slice", [0, 2], [-2, 9], [2, 1]))),
    ("row pad", 13, 1, conv_row(then("Pad", [0, 0, 2, 0, 1, -3]))),
    ("row concat", 13, 1, conv_row(lambda net, opset, y: net.node("Concat", [y, "x"], axis=1), pads=[1, 1])),
    ("row split", 13, 1, conv_row(lambda net, opset, y: net.node("Add", net.node("Split", [y, i64(net, 6, 6)], 2, axis=1)))),
    ("row mean", 13, 1, conv_row(lambda net, opset, y: mean(net, opset, y, [2]))),
    ("row mean channels", 13, 1, conv_row(lambda net, opset, y: mean(net, opset, y, [1]))),
    ("row softmax", 13, 2, conv_row(then("Softmax", axis=1))),
    ("row tokens", 13, 1, conv_row(then("Transpose", perm=[0, 2, 1]))),
    ("row backwards", 13, 1, conv_row(then("Transpose"))),
    ("row flatten", 13, 1, conv_row(then("Flatten"))),
    ("row add", 13, 1, conv_row(lambda net, opset, y: net.node("Add", [y, net.extra([1, 12, 20])]), pads=[1, 1])),
    ("row add channels", 13, 1, conv_row(lambda net, opset, y: net.node("Add", [y, channels(net, 12, 1)]))),
    ("row add fewer axes", 13, 1, conv_row(lambda net, opset, y: net.node("Add", [y, net.extra([12, 1])]))),
    ("row add more axes", 13, 1, conv_row(lambda net, opset, y: net.node("Add", [y, net.extra([2, 1, 12, 1])]))),
    ("row norm", 13, None, lambda net, opset: norm_over_channels(net, opset, SEQUENCE)),
    *((f"row {op}", 13, 1, pool(op, SEQUENCE)) for op in ("GlobalAveragePool",)),
    ("fewer axes", 13, 1, with_fewer_axes([9, 10])),
    ("fewer axes channels", 13, 1, with_fewer_axes([12, 1, 1])),
    ("gemm", 13, 1, gemm()),
    ("gemm transA", 13, 1, gemm(transA=1)),
    ("gemm of two", 13, 1, gemm_of_two()),
    ("gemm of two transposed", 13, 1, gemm_of_two(transA=1, transB=1)),
    ("gemm transB", 13, 1, gemm(transB=1)),
    ("gemm alpha", 13, 1, gemm(alpha=0.5, transB=1)),
    ("gemm beta", 13, 1, gemm(beta=2.0, transB=1)),
    ("matmul", 13, 1, matmul(False)),
    ("matmul bias", 13, None, matmul(True)),
    ("q k^t", 13, 1, product(True, False)),
    ("q k^t heads", 13, 1, product(True, True)),
    ("p v", 13, 1, product(False, False)),
    ("p v heads", 13, 1, product(False, True)),
    ("matmul constant left", 13, 2, constant_factor(True)),
    ("matmul constant of three axes", 13, 2, constant_factor(False)),
    *((f"{op} {other}", 13, 1, binary(op, other)) for op in ("Add", "Sub", "Mul") for other in ("tensor", "channels", "scalar", "rows")),
    *((f"Div {other}", 13, 1, binary("Div", other)) for other in ("channels", "scalar")),
    ("Div tensor", 13, 2, quotient("tensor")),
    ("Div constant left", 13, 2, quotient("channels")),
    *((f"{op} constant left", 13, 1, on_constants(op)) for op in ("Add", "Sub", "Mul")),
    ("pow 2", 13, 1, power(2)),
    ("pow 3", 13, 1, power(3)),
    ("pow all alike", 13, 1, powers((5, 24), 2)),
    ("pow columns", 13, 1, powers((24,), 1, 2, 2, 3)),
    ("pow rows", 13, 1, powers((5, 1), 1, 0.5, 3, 3, 2)),
    ("pow channels", 13, 2, powers((12, 1, 1), 3, 1, 2, behind=conv(pads=[1] * 4))),
    ("sqrt", 13, 1, of_positive("Sqrt")),
    *((f"mean {axes} {keep}", 13, 1, reduce(axes, keep)) for axes in ([2, 3], [1], [-1], [1, 2, 3]) for keep in (0, 1)),
    ("layer norm", 17, 1, norm_node(TOKENS, -1, 1)),
    ("layer norm without bias", 17, 1, norm_node(TOKENS, -1, 0)),
    ("layer norm of two axes", 17, 1, norm_node([2, 7, 24], 1, 1)),
    ("layer norm written", 13, None, norm_written("Pow", "Div")),
    ("layer norm Mul", 13, None, norm_written("Mul", "Reciprocal")),
    ("layer norm 1/s", 13, None, norm_written("Pow", "1/s")),
    ("layer norm twice", 13, None, norm_written("Pow", "Div", twice=True)),
    ("layer norm plain", 13, None, norm_written("Pow", "Div", affine=0)),
    ("layer norm gamma", 13, None, norm_written("Pow", "Div", affine=1)),
    ("layer norm channels", 13, None, norm_over_channels),
    ("rms norm", 13, None, norm_written("Pow", "Reciprocal", rms=True, affine=1)),
    ("rms norm Div", 13, None, norm_written("Mul", "Div", rms=True, affine=1)),
    ("RMSNormalization", 23, 1, lambda net, opset: net.node("RMSNormalization", [net.start(TOKENS).y, channels(net, 24)], epsilon=1e-5)),
    ("softmax", 13, 2, one("Softmax", TOKENS)),
    ("softmax tokens", 13, 2, one("Softmax", TOKENS, axis=1)),
    ("softmax flat", 11, 2, one("Softmax", [1, 4, 3, 5])),
    ("softmax flat axis", 11, 2, one("Softmax", [2, 4, 3, 5], axis=2)),
    ("softmax rows", 13, 2, one("Softmax", IMAGE, axis=-2)),
    ("softmax channels", 13, 2, lambda net, opset: net.node("Softmax", [conv(pads=[1] * 4)(net, opset)], axis=1)),
    *((op, 13, 1, one(op, TOKENS)) for op in ("Erf", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Abs", "Neg", "HardSigmoid", "Softplus")),
    ("HardSwish", 14, 1, one("HardSwish", TOKENS)),
    ("Gelu", 20, 1, one("Gelu", TOKENS)),
    ("Gelu tanh", 20, 1, one("Gelu", TOKENS, approximate="tanh")),
    ("gelu erf", 13, 1, gelu("erf")),
    ("gelu tanh", 13, 1, gelu("tanh")),
    ("products only", 13, 4, feed_forward),
    ("clip", 13, 1, clip(-0.7, 1.2)),
    ("clip low", 13, 1, clip(0, None)),
    ("clip high", 13, 1, clip(None, 1)),
    ("average pool", 13, 1, pool("AveragePool", kernel_shape=[2, 2], strides=[2, 2])),
    ("average pool pads", 13, 1, pool("AveragePool", kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2])),
    ("average pool counted", 13, 1, pool("AveragePool", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1)),
    ("average pool ceil counted", 13, 1, pool("AveragePool", kernel_shape=[3, 3], pads=[1, 0, 0, 1], strides=[2, 2], ceil_mode=1, count_include_pad=1)),
    ("average pool ceil", 13, 1, pool("AveragePool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)),
    ("global average pool", 13, 1, pool("GlobalAveragePool")),
    ("max pool", 13, 0, pool("MaxPool", kernel_shape=[2, 3], strides=[2, 1])),
    ("max pool pads", 13, 0, pool("MaxPool", kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2])),
    ("max pool same", 13, 0, pool("MaxPool", kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2])),
    ("max pool ceil", 13, 0, pool("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)),
    ("concat channels", 13, 1, concat(1, [IMAGE, [1, 5, 9, 10]])),
    ("concat rows", 13, 1, concat(-2, [IMAGE, [1, 6, 2, 10], [1, 6, 1, 10]])),
    ("concat tokens", 13, 1, concat(1, [TOKENS, [1, 1, 24]])),
    ("split", 13, 0, split(1, [2, 4])),
    ("split even", 13, 0, split(3, None)),
    ("slice", 13, 0, sliced([1, -9], [1 << 40, -1], [1, 2], [2, 3])),
    ("slice backwards", 13, 0, sliced([-1], [-100], [3], [-2])),
    ("gather", 13, 0, gather(1, [0, 3, -1])),
    ("gather one", 13, 0, gather(1, 0)),
    ("gather last axis", 13, 0, gather(-1, [[0, 5], [7, 7]])),
    ("transpose", 13, 0, one("Transpose", TOKENS, perm=[0, 2, 1])),
    ("transpose image", 13, 0, one("Transpose", IMAGE, perm=[0, 2, 3, 1])),
    ("transpose backwards", 13, 0, one("Transpose", IMAGE)),
    ("reshape", 13, 0, reshape(IMAGE, 0, -1, 10)),
    ("flatten", 13, 0, one("Flatten", IMAGE, axis=2)),
    ("squeeze", 13, 0, squeeze),
    ("unsqueeze", 13, 0, unsqueeze),
    ("pad", 13, 0, pad(None)),
    ("pad value", 13, 0, pad(0.25)),
    ("pad axes", 18, 0, pad(None, [-1, 2])),
    ("pad edge", 13, 0, pad_by("edge", 0, 0, 1, 2, 0, 1, 0, 3)),
    ("pad reflect", 13, 0, pad_by("reflect", 0, 0, 8, 2, 0, 5, 0, 9)),
    ("pad wrap", 19, 0, pad_by("wrap", 0, 0, 1, 2, 0, 1, 0, 3)),
    ("pad negative", 13, 0, pad_by("constant", 0, 0, -1, 2, 0, -1, 0, -3)),
    ("pad row edge", 13, 0, pad_by("edge", 0, 0, 4, 0, 0, -3, shape=SEQUENCE)),
    ("resize nearest", 13, 0, resize("nearest", "asymmetric", scales=[1, 1, 2, 3], nearest_mode="floor")),
    ("resize nearest half", 13, 0, resize("nearest", "half_pixel", scales=[1, 1, 2, 2])),
    ("resize nearest sizes", 13, 0, resize("nearest", "asymmetric", sizes=[1, 6, 18, 20], nearest_mode="floor")),
    ("resize nearest corners", 13, 0, resize("nearest", "align_corners", sizes=[1, 6, 20, 7], nearest_mode="round_prefer_ceil")),
    ("resize nearest ceil", 13, 0, resize("nearest", "half_pixel", scales=[1, 1, 1.5, 0.5], nearest_mode="ceil")),
    ("resize nearest axes", 18, 0, resize("nearest", "asymmetric", scales=[2.3, 3], axes=[3, 2])),
    ("resize row", 13, 0, resize("nearest", "asymmetric", scales=[1, 1, 2], nearest_mode="floor")),
    ("resize row ceil", 13, 0, resize("nearest", "half_pixel", scales=[1, 1, 1.6], nearest_mode="ceil")),
    ("resize row linear", 13, 1, resize("linear", "half_pixel", scales=[1, 1, 2.5])),
    ("resize linear scale", 13, 1, resize("linear", "half_pixel", scales=[1, 1, 1.3, 2.7])),
    ("resize linear smaller", 13, 1, resize("linear", "pytorch_half_pixel", sizes=[1, 6, 4, 5])),
    ("resize linear wide", 13, 1, resize("linear", "asymmetric", sizes=[1, 6, 9, 700])),
    ("resize linear half", 13, 1, resize("linear", "half_pixel", scales=[1, 1, 2, 2])),
    ("resize linear corners", 13, 1, resize("linear", "align_corners", sizes=[1, 6, 17, 19])),
    ("resize linear plain", 13, 1, resize("linear", "asymmetric", sizes=[1, 6, 18, 30])),
]

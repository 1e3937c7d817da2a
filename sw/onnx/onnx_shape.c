/*
 * onnx_shape.c - the shape and type of every value, in order of computation; constants folded on
 * the way.
 *
 * Contract: every value that an operator here knows is shaped afterwards, so lowering never meets
 * an unknown shape; an operator that is not in the table is refused by name. Shapes follow the ONNX
 * operator specification. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "onnx_internal.h"

typedef int (*shape_t)(onnx_t *o, const onnx_node_t *n);

int onnx_set_shape(onnx_t *o, const onnx_node_t *n, int32_t v, graph_type_t type, int rank,
                   const int64_t *dims) {
    if (v < 0)
        return 0;
    onnx_value_t *x = &o->values[v];
    size_t size = graph_type_size(type) ? graph_type_size(type) : 1;
    x->type = type;
    x->rank = rank;
    x->elements = 1;
    if (rank > GRAPH_MAX_RANK)
        return onnx_fail(o, n, "%d dimensions, at most %d are supported", rank, GRAPH_MAX_RANK);
    for (int d = 0; d < rank; d++) {
        if (dims[d] < 1 || dims[d] > INT32_MAX ||
            x->elements > (size_t)INT32_MAX / size / (size_t)dims[d])
            return n ? onnx_fail(o, n, "dimension %d of its output would be %lld", d,
                                 (long long)dims[d])
                     : graph_fail(o->err, "%s: input %.60s: dimension %d is out of range", o->path,
                                  x->name, d);
        x->dims[d] = (int32_t)dims[d];
        x->elements *= (size_t)dims[d];
    }
    x->shaped = true;
    return 0;
}

int onnx_shape_set(onnx_t *o, const onnx_node_t *n, graph_type_t type, int rank,
                   const int64_t *dims) {
    return onnx_set_shape(o, n, n->out[0], type, rank, dims);
}

int onnx_wide(const onnx_value_t *x, int64_t *dims) { /* dims as int64; the rank */
    for (int32_t d = 0; d < x->rank; d++)
        dims[d] = x->dims[d];
    return x->rank;
}

int onnx_axis(onnx_t *o, const onnx_node_t *n, int64_t axis, int32_t rank) {
    int64_t a = axis < 0 ? axis + rank : axis;
    return a >= 0 && a < rank ? (int)a
                              : onnx_fail(o, n, "axis %lld does not exist", (long long)axis);
}

int onnx_shape_same(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK];
    const onnx_value_t *x = onnx_in(o, n, 0);
    return onnx_shape_set(o, n, x->type, onnx_wide(x, dims), dims);
}

/* QuantizeLinear: the type of its zero point. */
static int quantize(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK];
    const onnx_value_t *x = onnx_in(o, n, 0), *zero = onnx_in(o, n, 2);
    return onnx_shape_set(o, n, zero ? zero->type : GRAPH_UINT8, onnx_wide(x, dims), dims);
}

static int dequantize(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK];
    const onnx_value_t *x = onnx_in(o, n, 0);
    return onnx_shape_set(o, n, GRAPH_FLOAT32, onnx_wide(x, dims), dims);
}

/* Element by element, all inputs broadcast to each other. */
static int broadcast(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    int32_t rank = 0;
    for (int32_t i = 0; i < n->n_in; i++)
        if (onnx_in(o, n, i) && onnx_in(o, n, i)->rank > rank)
            rank = onnx_in(o, n, i)->rank;
    for (int32_t i = 0; i < n->n_in; i++) {
        const onnx_value_t *x = onnx_in(o, n, i);
        for (int32_t d = 0; x && d < x->rank; d++) {
            int64_t *to = &dims[rank - x->rank + d];
            if (*to != 1 && x->dims[d] != 1 && *to != x->dims[d])
                return onnx_fail(o, n, "its inputs' shapes do not broadcast");
            *to = *to == 1 ? x->dims[d] : *to;
        }
    }
    return onnx_shape_set(o, n, onnx_in(o, n, 0)->type, rank, dims);
}

int onnx_window(onnx_t *o, const onnx_node_t *n, const onnx_value_t *x, const int64_t *kernel,
                onnx_window_t *w) {
    int64_t pads[4] = {0, 0, 0, 0};
    char pad[32];
    *w = (onnx_window_t){.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}};
    if (!onnx_may_be_image(x->rank))
        return onnx_fail(o, n,
                         "only images and sequences (four and three dimensions) are supported, its "
                         "input has %d",
                         (int)x->rank);
    int first = 4 - x->rank; /* 1: the columns alone */
    size_t plane = (size_t)x->rank - 2;
    memcpy(w->kernel + first, kernel + first, plane * sizeof *kernel);
    if (!onnx_attr_ints(n, "kernel_shape", w->kernel + first, plane) ||
        !onnx_attr_ints(n, "strides", w->stride + first, plane) ||
        !onnx_attr_ints(n, "dilations", w->dilation + first, plane) ||
        !onnx_attr_ints(n, "pads", pads, 2 * plane))
        return onnx_fail(o, n, "its attributes are not those of %s",
                         first ? "a sequence" : "an image");
    if (first) {
        pads[3] = pads[1];
        pads[1] = pads[0];
        pads[0] = pads[2] = 0;
    }
    onnx_attr_string(n, "auto_pad", pad);
    bool same_upper = strcmp(pad, "SAME_UPPER") == 0, same_lower = strcmp(pad, "SAME_LOWER") == 0;
    for (int d = 0; d < 2; d++) {
        const int64_t most = 1 << 20;
        if (w->kernel[d] < 1 || w->stride[d] < 1 || w->dilation[d] < 1 || w->kernel[d] > most ||
            w->stride[d] > most || w->dilation[d] > most || pads[d] < 0 || pads[d + 2] < 0 ||
            pads[d] > most || pads[d + 2] > most)
            return onnx_fail(o, n, "its kernel, stride, dilation or padding is out of range");
        int64_t size = d < first ? 1 : x->dims[2 + d - first],
                reach = (w->kernel[d] - 1) * w->dilation[d] + 1;
        w->before[d] = pads[d];
        w->after[d] = pads[d + 2];
        if (same_upper || same_lower) {
            int64_t all =
                ((size + w->stride[d] - 1) / w->stride[d] - 1) * w->stride[d] + reach - size;
            all = all > 0 ? all : 0;
            w->before[d] = same_upper ? all / 2 : all - all / 2;
            w->after[d] = all - w->before[d];
        } else if (strcmp(pad, "VALID") == 0) {
            w->before[d] = w->after[d] = 0;
        }
        int64_t room = size + w->before[d] + w->after[d] - reach;
        w->out[d] = room < 0 ? 0 : room / w->stride[d] + 1;
        if (room >= 0 && onnx_attr_int(n, "ceil_mode", 0) && room % w->stride[d] != 0 &&
            w->out[d] * w->stride[d] <
                size + w->before[d]) { /* a last window that begins within the image */
            w->beyond[d] = w->stride[d] - room % w->stride[d];
            w->after[d] += w->beyond[d];
            w->out[d]++;
        }
    }
    return 0;
}

/* The output of windows over x. */
static int image(onnx_t *o, const onnx_node_t *n, const onnx_value_t *x, int64_t channels,
                 const onnx_window_t *w) {
    int64_t dims[4] = {x->dims[0], channels, w->out[0], w->out[1]};
    dims[x->rank - 1] = w->out[1];
    return onnx_shape_set(o, n, x->type, x->rank, dims);
}

static int conv(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0), *w = onnx_in(o, n, 1);
    onnx_window_t win;
    if (!w || !onnx_may_be_image(x->rank) || w->rank != x->rank)
        return onnx_fail(o, n, "only convolutions of images and sequences are supported");
    int64_t kernel[2] = {w->rank == 4 ? w->dims[2] : 1, w->dims[w->rank - 1]};
    int64_t groups = onnx_attr_int(n, "group", 1);
    if (onnx_window(o, n, x, kernel, &win))
        return -1;
    if (groups < 1 || x->dims[1] != w->dims[1] * groups || w->dims[0] % groups != 0 ||
        win.kernel[0] != kernel[0] || win.kernel[1] != kernel[1])
        return onnx_fail(o, n, "its weights do not fit its input");
    return image(o, n, x, w->dims[0], &win);
}

static int pool(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    onnx_window_t win;
    if (onnx_window(o, n, x, (int64_t[]){0, 0}, &win))
        return -1;
    return image(o, n, x, x->dims[1], &win);
}

static int global_pool(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t dims[GRAPH_MAX_RANK];
    for (int d = onnx_wide(x, dims) - 1; d >= 2; d--)
        dims[d] = 1;
    return onnx_shape_set(o, n, x->type, x->rank, dims);
}

static int gemm(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *a = onnx_in(o, n, 0), *b = onnx_in(o, n, 1);
    int ta = onnx_attr_int(n, "transA", 0) != 0, tb = onnx_attr_int(n, "transB", 0) != 0;
    if (!b || a->rank != 2 || b->rank != 2 || a->dims[!ta] != b->dims[tb])
        return onnx_fail(o, n, "its matrices do not fit");
    return onnx_shape_set(o, n, a->type, 2, (int64_t[]){a->dims[ta], b->dims[!tb]});
}

static int matmul(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *a = onnx_in(o, n, 0), *b = onnx_in(o, n, 1);
    int64_t dims[GRAPH_MAX_RANK];
    if (b && (a->rank < 2 || b->rank < 2))
        return onnx_fail(o, n, "a factor is a vector; put an Unsqueeze before it");
    if (!b || a->dims[a->rank - 1] != b->dims[b->rank - 2])
        return onnx_fail(o, n, "its matrices do not fit");
    int rank = a->rank > b->rank ? a->rank : b->rank;
    for (int d = 0; d < rank - 2; d++) {
        int64_t da = d - (rank - a->rank) < 0 ? 1 : a->dims[d - (rank - a->rank)];
        int64_t db = d - (rank - b->rank) < 0 ? 1 : b->dims[d - (rank - b->rank)];
        if (da != db && da != 1 && db != 1)
            return onnx_fail(o, n, "its matrices do not fit");
        dims[d] = da == 1 ? db : da;
    }
    dims[rank - 2] = a->dims[a->rank - 2];
    dims[rank - 1] = b->dims[b->rank - 1];
    return onnx_shape_set(o, n, a->type, rank, dims);
}

static int reduce(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t axes[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    int count = onnx_ints(o, n, "axes", 1, axes, GRAPH_MAX_RANK), mask = 0, rank = 0;
    if (count == 0 && onnx_attr_int(n, "noop_with_empty_axes", 0))
        return onnx_fail(o, n, "it reduces nothing");
    for (int i = 0; i < count; i++) {
        int a = onnx_axis(o, n, axes[i], x->rank);
        if (a < 0)
            return -1;
        mask |= 1 << a;
    }
    for (int d = 0; d < x->rank; d++) {
        bool gone = count == 0 || mask >> d & 1;
        if (!gone || onnx_attr_int(n, "keepdims", 1))
            dims[rank++] = gone ? 1 : x->dims[d];
    }
    return count < 0 ? -1 : onnx_shape_set(o, n, x->type, rank, dims);
}

static int cast(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK];
    int64_t to = onnx_attr_int(n, "to", 0);
    graph_type_t type = to == 1   ? GRAPH_FLOAT32
                        : to == 7 ? GRAPH_INT64
                        : to == 6 ? GRAPH_INT32
                                  : GRAPH_TYPE_UNKNOWN;
    if (type == GRAPH_TYPE_UNKNOWN)
        return onnx_fail(o, n, "a cast to element type %lld is not supported", (long long)to);
    return onnx_shape_set(o, n, type, onnx_wide(onnx_in(o, n, 0), dims), dims);
}

/* Constant and Shape: folded, always. */
static int folded(onnx_t *o, const onnx_node_t *n) {
    return onnx_fail(o, n, "its value is not a constant that this reader can compute");
}

static const struct {
    const char *op;
    shape_t shape;
} known[] = {{"QuantizeLinear", quantize},
             {"DequantizeLinear", dequantize},
             {"Conv", conv},
             {"Gemm", gemm},
             {"MatMul", matmul},
             {"MaxPool", pool},
             {"AveragePool", pool},
             {"GlobalAveragePool", global_pool},
             {"Softmax", onnx_shape_same},
             {"LayerNormalization", onnx_shape_same},
             {"SimplifiedLayerNormalization", onnx_shape_same},
             {"RMSNormalization", onnx_shape_same},
             {"Reshape", onnx_shape_reshape},
             {"Flatten", onnx_shape_flatten},
             {"Squeeze", onnx_shape_squeeze},
             {"Unsqueeze", onnx_shape_unsqueeze},
             {"Transpose", onnx_shape_transpose},
             {"Concat", onnx_shape_concat},
             {"Split", onnx_shape_split},
             {"Gather", onnx_shape_gather},
             {"ReduceMean", reduce},
             {"Slice", onnx_shape_slice},
             {"Pad", onnx_shape_pad},
             {"Resize", onnx_shape_resize},
             {"Cast", cast},
             {"Constant", folded},
             {"Shape", folded},
             {"Identity", onnx_shape_same}};

/* Why an operator is not known, and what to do. */
static const char *unknown(const char *op) {
    static const char other_form[] = "the file is not in the QDQ form; quantise with "
                                     "quantize_static and QuantFormat.QDQ";
    if (strcmp(op, "BatchNormalization") == 0)
        return "it is not part of the convolution before it; fold it before quantising "
               "(onnxruntime.quantization.quant_pre_process)";
    if (strncmp(op, "QLinear", 7) == 0 || strncmp(op, "QGemm", 5) == 0 ||
        strcmp(op, "DynamicQuantizeLinear") == 0 || strstr(op, "Integer"))
        return other_form;
    return "this operator is not supported; replace it, or end the network before it";
}

int onnx_infer(onnx_t *o) {
    for (int32_t i = 0; i < o->n_nodes; i++) {
        onnx_node_t *n = &o->nodes[i];
        shape_t shape = onnx_elementwise(n) ? broadcast : NULL;
        for (size_t k = 0; k < sizeof known / sizeof known[0] && !shape; k++)
            shape = strcmp(n->op, known[k].op) == 0 ? known[k].shape : NULL;
        if (!shape)
            return onnx_fail(o, n, "%s", unknown(n->op));
        if (n->n_out < 1 || n->out[0] < 0)
            return onnx_fail(o, n, "it has no output");
        int done = onnx_fold(o, n);
        if (done < 0)
            return -1;
        if (done)
            continue;
        if (shape != folded && (n->n_in < 1 || n->in[0] < 0))
            return onnx_fail(o, n, "it lacks its first input");
        if (shape(o, n))
            return -1;
        for (int32_t k = 1; k < n->n_out; k++)
            if (n->out[k] >= 0 && !o->values[n->out[k]].shaped)
                return onnx_fail(o, n, "its output %d is not supported", (int)k);
    }
    return 0;
}

/*
 * onnx_shape_move.c - shapes of operators that move values: Reshape and its kin, Transpose, Concat,
 * Split, Gather, Slice, Pad. Contract: onnx_shape.c. SPDX-License-Identifier: Apache-2.0
 */
#include "onnx_internal.h"

int onnx_shape_reshape(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t dims[GRAPH_MAX_RANK], rest = 1;
    int count = onnx_ints(o, n, "shape", 1, dims, GRAPH_MAX_RANK), open = -1;
    if (count < 0)
        return -1;
    for (int d = 0; d < count; d++) {
        if (dims[d] == 0 && d < x->rank && !onnx_attr_int(n, "allowzero", 0))
            dims[d] = x->dims[d];
        if (dims[d] == -1 && open < 0)
            open = d;
        else if (dims[d] < 1 || dims[d] > (int64_t)x->elements || rest > (int64_t)x->elements)
            return onnx_fail(o, n, "its shape does not fit its input");
        else
            rest *= dims[d];
    }
    if (open >= 0)
        dims[open] = rest ? (int64_t)x->elements / rest : 0;
    if ((open >= 0 ? rest * dims[open] : rest) != (int64_t)x->elements)
        return onnx_fail(o, n, "its shape does not fit its input");
    return onnx_shape_set(o, n, x->type, count, dims);
}

int onnx_shape_flatten(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t axis = onnx_attr_int(n, "axis", 1), front = 1;
    axis = axis < 0 ? axis + x->rank : axis;
    if (axis < 0 || axis > x->rank)
        return onnx_fail(o, n, "its axis does not exist");
    for (int d = 0; d < axis; d++)
        front *= x->dims[d];
    return onnx_shape_set(o, n, x->type, 2, (int64_t[]){front, (int64_t)x->elements / front});
}

int onnx_shape_squeeze(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t axes[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    int count = onnx_ints(o, n, "axes", 1, axes, GRAPH_MAX_RANK), gone = 0, rank = 0;
    for (int i = 0; i < count; i++) {
        int a = onnx_axis(o, n, axes[i], x->rank);
        if (a < 0)
            return -1;
        gone |= 1 << a;
    }
    for (int d = 0; d < x->rank; d++) {
        bool drop = count == 0 ? x->dims[d] == 1 : (gone >> d & 1) != 0;
        if (drop && x->dims[d] != 1)
            return onnx_fail(o, n, "dimension %d is not 1", d);
        if (!drop)
            dims[rank++] = x->dims[d];
    }
    return count < 0 ? -1 : onnx_shape_set(o, n, x->type, rank, dims);
}

int onnx_shape_unsqueeze(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t axes[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    int count = onnx_ints(o, n, "axes", 1, axes, GRAPH_MAX_RANK), rank = x->rank + count, put = 0,
        from = 0;
    if (count < 0)
        return -1;
    if (rank > GRAPH_MAX_RANK)
        return onnx_fail(o, n, "its output has %d dimensions", rank);
    for (int i = 0; i < count; i++) {
        int a = onnx_axis(o, n, axes[i], rank);
        if (a < 0)
            return -1;
        put |= 1 << a;
    }
    for (int d = 0; d < rank; d++) {
        if (!(put >> d & 1) && from >= x->rank)
            return onnx_fail(o, n, "an axis is listed twice");
        dims[d] = put >> d & 1 ? 1 : x->dims[from++];
    }
    return onnx_shape_set(o, n, x->type, rank, dims);
}

int onnx_shape_transpose(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t perm[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    int seen = 0;
    for (int d = 0; d < x->rank; d++)
        perm[d] = x->rank - 1 - d;
    bool fits = onnx_attr_ints(n, "perm", perm, (size_t)x->rank);
    for (int d = 0; fits && d < x->rank; d++) {
        fits = perm[d] >= 0 && perm[d] < x->rank && !(seen >> perm[d] & 1);
        seen |= fits ? 1 << perm[d] : 0;
        dims[d] = fits ? x->dims[perm[d]] : 0;
    }
    return fits ? onnx_shape_set(o, n, x->type, x->rank, dims)
                : onnx_fail(o, n, "its permutation does not fit its input");
}

int onnx_shape_concat(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t dims[GRAPH_MAX_RANK];
    int axis = onnx_axis(o, n, onnx_attr_int(n, "axis", 0), x->rank);
    onnx_wide(x, dims);
    for (int32_t i = 1; axis >= 0 && i < n->n_in; i++) {
        const onnx_value_t *y = onnx_in(o, n, i);
        bool fits = y && y->rank == x->rank;
        for (int d = 0; fits && d < x->rank; d++)
            fits = d == axis || x->dims[d] == y->dims[d];
        if (!fits)
            return onnx_fail(o, n, "input %d does not fit the others", (int)i);
        dims[axis] += y->dims[axis];
    }
    return axis < 0 ? -1 : onnx_shape_set(o, n, x->type, x->rank, dims);
}

int onnx_shape_split(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t lengths[ONNX_MAX_IN], dims[GRAPH_MAX_RANK], sum = 0;
    int axis = onnx_axis(o, n, onnx_attr_int(n, "axis", 0), x->rank);
    int count = onnx_ints(o, n, "split", 1, lengths, ONNX_MAX_IN);
    if (axis < 0 || count < 0)
        return -1;
    if (n->n_out > ONNX_MAX_IN || (count != 0 && count != n->n_out))
        return onnx_fail(o, n, "%d lengths for %d outputs", count, (int)n->n_out);
    int64_t even = (x->dims[axis] + n->n_out - 1) / n->n_out;
    onnx_wide(x, dims);
    for (int32_t i = 0; i < n->n_out; i++) {
        dims[axis] = count ? lengths[i] : i == n->n_out - 1 ? x->dims[axis] - even * i : even;
        if (onnx_set_shape(o, n, n->out[i], x->type, x->rank, dims))
            return -1;
        sum += dims[axis];
    }
    return sum == x->dims[axis] ? 0 : onnx_fail(o, n, "its lengths do not sum to its input's");
}

int onnx_shape_gather(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0), *at = onnx_in(o, n, 1);
    int64_t dims[2 * GRAPH_MAX_RANK];
    int axis = x->rank ? onnx_axis(o, n, onnx_attr_int(n, "axis", 0), x->rank)
                       : onnx_fail(o, n, "its input is a scalar");
    int rank = 0;
    if (axis < 0 || !at)
        return axis < 0 ? -1 : onnx_fail(o, n, "it has no indices");
    for (int d = 0; d < axis; d++)
        dims[rank++] = x->dims[d];
    for (int d = 0; d < at->rank; d++)
        dims[rank++] = at->dims[d];
    for (int d = axis + 1; d < x->rank; d++)
        dims[rank++] = x->dims[d];
    return onnx_shape_set(o, n, x->type, rank, dims);
}

int onnx_shape_slice(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t start[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK];
    int64_t dims[GRAPH_MAX_RANK];
    int count = onnx_slice(o, n, start, end, axes, step);
    onnx_wide(x, dims);
    for (int i = 0; i < count; i++)
        dims[axes[i]] = step[i] > 0 ? (end[i] - start[i] + step[i] - 1) / step[i]
                                    : (start[i] - end[i] - step[i] - 1) / -step[i];
    return count < 0 ? -1 : onnx_shape_set(o, n, x->type, x->rank, dims);
}

int onnx_slice(onnx_t *o, const onnx_node_t *n, int64_t *start, int64_t *end, int64_t *axes,
               int64_t *step) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int count = onnx_ints(o, n, "starts", 1, start, GRAPH_MAX_RANK);
    int n_axes = onnx_ints(o, n, "axes", 3, axes, GRAPH_MAX_RANK);
    int n_steps = onnx_ints(o, n, "steps", 4, step, GRAPH_MAX_RANK);
    if (count < 0 || n_axes < 0 || n_steps < 0 ||
        onnx_ints(o, n, "ends", 2, end, GRAPH_MAX_RANK) != count || (n_axes && n_axes != count) ||
        (n_steps && n_steps != count))
        return onnx_fail(o, n,
                         "its starts, ends, axes and steps are not constant lists of one length");
    for (int i = 0; i < count; i++) {
        int a = onnx_axis(o, n, n_axes ? axes[i] : i, x->rank);
        if (a < 0)
            return -1;
        axes[i] = a;
        step[i] = n_steps ? step[i] : 1;
        if (step[i] == 0 || step[i] > INT32_MAX || step[i] < -INT32_MAX)
            return onnx_fail(o, n, "its step is out of range");
        int64_t size = x->dims[a], lo = step[i] > 0 ? 0 : -1, hi = step[i] > 0 ? size : size - 1;
        start[i] = start[i] < 0 ? start[i] < -size ? lo : start[i] + size : start[i];
        end[i] = end[i] < 0 ? end[i] < -size ? lo : end[i] + size : end[i];
        start[i] = start[i] < lo ? lo : start[i] > hi ? hi : start[i];
        end[i] = end[i] < lo ? lo : end[i] > hi ? hi : end[i];
    }
    return count;
}

int onnx_pads(onnx_t *o, const onnx_node_t *n, int64_t before[GRAPH_MAX_RANK],
              int64_t after[GRAPH_MAX_RANK]) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t pads[2 * GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK];
    int count = onnx_ints(o, n, "pads", 1, pads, 2 * GRAPH_MAX_RANK);
    int n_axes = onnx_ints(o, n, "axes", 3, axes, GRAPH_MAX_RANK), seen = 0;
    if (count < 0 || n_axes < 0)
        return -1;
    int listed = n_axes ? n_axes : x->rank;
    if (count != 2 * listed)
        return onnx_fail(o, n, "its padding does not fit its input");
    for (int d = 0; d < x->rank; d++)
        before[d] = after[d] = 0;
    for (int i = 0; i < listed; i++) {
        int a = onnx_axis(o, n, n_axes ? axes[i] : i, x->rank);
        if (a < 0)
            return -1;
        const int64_t most = 1 << 20;
        if (pads[i] < -most || pads[listed + i] < -most || pads[i] > most ||
            pads[listed + i] > most || seen >> a & 1)
            return onnx_fail(o, n, "its padding is too large, or an axis is listed twice");
        seen |= 1 << a;
        before[a] = pads[i];
        after[a] = pads[listed + i];
    }
    return 0;
}

int onnx_shape_pad(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = onnx_in(o, n, 0);
    int64_t before[GRAPH_MAX_RANK], after[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    if (onnx_pads(o, n, before, after))
        return -1;
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d] + before[d] + after[d];
    return onnx_shape_set(o, n, x->type, x->rank, dims);
}

/*
 * plan.c - before lowering: homes of tensors (aliases share one), folded PADs, lifetimes, and the
 * layout of the arena.
 *
 * No data moves for a RESHAPE (alias) and for a QUANTIZE that only flips the top bit, when the int8
 * side belongs to the NPU alone: then memory keeps the uint8 bytes and LOAD or STORE flips them.
 * A PAD of rows and columns with the zero point becomes part of the convolutions that read it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "lower_binary.h"
#include "lower_move.h"
#include "../../cmodel/ref/ref_arith.h"

#define MAX_FOLDED_PAD 16384

static bool on_npu(const cc_t *cc, int32_t op) {
    return cc->ops[op].place.on_npu && !cc->ops[op].force_cpu && !cc_is_move(&cc->ops[op].r);
}

static bool is_conv(int32_t kind) {
    return kind == REF_CONV || kind == REF_DEPTHWISE;
}

static bool is_graph_output(const graph_t *g, int32_t tensor) {
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (g->outputs[i] == tensor)
            return true;
    return false;
}

static bool is_graph_input(const graph_t *g, int32_t tensor) {
    for (int32_t i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == tensor)
            return true;
    return false;
}

static bool reads(const cc_t *cc, int32_t op, int32_t tensor) {
    const ref_prepared_t *r = &cc->ops[op].r;
    for (int32_t k = 0; k < r->n_in; k++)
        if (r->in[k].data == NULL && r->in[k].tensor == tensor)
            return true;
    return false;
}

static int32_t producer(const cc_t *cc, int32_t tensor) {
    for (int32_t i = 0; i < cc->n_ops; i++)
        for (int32_t k = 0; k < cc->ops[i].r.n_out; k++)
            if (cc->ops[i].r.out[k] == tensor)
                return i;
    return CC_NONE;
}

/* A home for tensor t (or bytes like it). */
static int32_t new_store(cc_t *cc, int32_t t) {
    const graph_tensor_t *x = &cc->g->tensors[t];
    cc_store_t *s = &cc->stores[cc->n_stores];
    memset(s, 0, sizeof *s);
    s->b = s->h = s->w = s->c = 1;
    if (x->rank > 0)
        s->c = x->dims[x->rank - 1];
    if (x->rank > 1)
        s->w = x->dims[x->rank - 2];
    if (x->rank > 2)
        s->h = x->dims[x->rank - 3];
    for (int32_t d = 0; d < x->rank - 3; d++)
        s->b *= x->dims[d];
    if (x->rank == 2) { /* rows of vectors are images of one pixel */
        s->b = s->w;
        s->w = 1;
    }
    s->bytes = (uint32_t)x->bytes;
    s->def = cc->n_ops;
    s->last = -1;
    s->may_reside = (x->type == GRAPH_INT8 || x->type == GRAPH_UINT8) && !cc->spilled[cc->n_stores];
    return cc->n_stores++;
}

/* A QUANTIZE int8 <-> uint8 that does nothing but flip the top bit. */
static bool flips(const ref_prepared_t *r) {
    uint8_t table[256];
    if (r->op.kind != REF_QUANTIZE ||
        r->op.p.quantize.in_unsigned == r->op.p.quantize.out_unsigned || r->in[0].data ||
        ref_unary_table(&r->op, table) != 0)
        return false;
    for (int i = 0; i < 256; i++)
        if (table[i] != (i ^ 0x80))
            return false;
    return true;
}

/* Such a QUANTIZE whose int8 side only NPU operators touch, and whose uint8 side none. */
static bool is_free_flip(const cc_t *cc, int32_t op) {
    const ref_prepared_t *r = &cc->ops[op].r;
    const ref_quantize_t *q = &r->op.p.quantize;
    if (!flips(r))
        return false;
    int32_t in = r->in[0].tensor, out = r->out[0];
    int32_t s8 = q->in_unsigned ? out : in, u8 = q->in_unsigned ? in : out;
    if (is_graph_output(cc->g, s8) || is_graph_input(cc->g, s8))
        return false;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        bool copy = cc->ops[i].r.op.kind == REF_COPY;
        if (i != op && reads(cc, i, s8) && (!on_npu(cc, i) || copy))
            return false;
        if (i != op && reads(cc, i, u8) && (on_npu(cc, i) || copy))
            return false;
    }
    int32_t p = producer(cc, in);
    if (p != CC_NONE && (cc->ops[p].r.op.kind == REF_COPY || cc->ops[p].skip))
        return false;
    return q->in_unsigned ? p == CC_NONE || !on_npu(cc, p) : p != CC_NONE && on_npu(cc, p);
}

/* A PAD that every reader can take over as its own padding. */
static bool is_folded_pad(const cc_t *cc, int32_t op) {
    const ref_prepared_t *r = &cc->ops[op].r;
    if (r->op.kind != REF_PAD || r->in[0].data || is_graph_output(cc->g, r->out[0]))
        return false;
    const ref_pad_t *p = &r->op.p.pad;
    bool read = false;
    if (p->before[3] > MAX_FOLDED_PAD || p->before[4] > MAX_FOLDED_PAD)
        return false;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        if (!reads(cc, i, r->out[0]))
            continue;
        const ref_op_t *o = &cc->ops[i].r.op;
        if (!on_npu(cc, i) || !is_conv(o->kind) || (int8_t)p->value != o->p.conv.in_zp)
            return false;
        read = true;
    }
    return read;
}

/* The matrices of attention heads, (.., tokens, heads, width) to (.., heads, tokens, width) or,
 * turned,
 * (.., heads, width, tokens), or the other way. *turned; false: another transposition. */
static bool moves_heads(const cc_t *cc, int32_t op, bool *turned) {
    const ref_op_t *o = &cc->ops[op].r.op;
    const int32_t *perm = o->p.transpose.perm;
    if (o->kind != REF_TRANSPOSE || !cc->ops[op].place.on_npu || cc->ops[op].force_cpu ||
        o->p.transpose.elem_size != 1 || perm[0] != 0 || perm[1] != 1 || perm[2] != 2 ||
        perm[3] != 4)
        return false;
    *turned = perm[4] == 5;
    return o->a.dims[REF_MAX_RANK - 1] % (int32_t)cc->n == 0;
}

static bool is_product(const cc_t *cc, int32_t op) {
    return on_npu(cc, op) && cc->ops[op].r.op.kind == REF_BATCH_MATMUL;
}

/* A TRANSPOSE that all its readers, matrix products, can do without: heads lie in whole channel
 * blocks of the tensor before. Returns how many, or 0. */
static int32_t heads_before(const cc_t *cc, int32_t op) {
    const ref_prepared_t *r = &cc->ops[op].r;
    bool turned, any = false;
    if (!moves_heads(cc, op, &turned) || r->in[0].data || is_graph_output(cc->g, r->out[0]))
        return 0;
    const int32_t *dims = r->op.a.dims;
    const cc_store_t *s = &cc->stores[cc->store_of[r->in[0].tensor]];
    if (s->state || s->c != dims[4] * dims[5] || cc->g->tensors[r->out[0]].is_variable)
        return 0;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        if (!reads(cc, i, r->out[0]))
            continue;
        const ref_arg_t *first = &cc->ops[i].r.in[0];
        if (!is_product(cc, i) || (turned && !first->data && first->tensor == r->out[0]))
            return 0;
        any = true;
    }
    return any ? dims[4] : 0;
}

/* The TRANSPOSE that alone reads the result of product op and puts its heads side by side. */
static int32_t heads_after(const cc_t *cc, int32_t op) {
    int32_t t = cc->ops[op].r.out[0], found = CC_NONE;
    bool turned;
    if (!is_product(cc, op) || is_graph_output(cc->g, t) || cc->g->tensors[t].is_variable)
        return CC_NONE;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        if (!reads(cc, i, t))
            continue;
        if (found != CC_NONE || !moves_heads(cc, i, &turned) || turned ||
            cc->g->tensors[cc->ops[i].r.out[0]].is_variable)
            return CC_NONE;
        found = i;
    }
    return found;
}

/* TRANSPOSEs around matrix products that need not happen: their output is another name. */
static void name_heads(cc_t *cc, int32_t i) {
    cc_op_t *o = &cc->ops[i];
    const ref_prepared_t *r = &o->r;
    int32_t after = heads_after(cc, i);
    if (after != CC_NONE) {
        const int32_t *dims = cc->ops[after].r.op.a.dims; /* (.., heads, tokens, width) */
        cc_store_t *s = &cc->stores[cc->store_of[r->out[0]]];
        s->b = dims[0] * dims[1] * dims[2];
        s->h = 1;
        s->w = dims[4];
        s->c = dims[3] * dims[5];
        cc->ops[after].heads[2] = dims[3];
    }
}

/* Variables, and constants that are outputs of the graph: in the arena all the time. */
static void add_state(cc_t *cc, int32_t t) {
    if (cc->store_of[t] != CC_NONE)
        return;
    cc->store_of[t] = new_store(cc, t);
    cc_store_t *s = &cc->stores[cc->store_of[t]];
    s->state = &cc->g->tensors[t];
    s->may_reside = false;
    s->in_memory = true;
    s->def = -1;
    s->last = cc->n_ops;
}

static int find_aliases(cc_t *cc) {
    const graph_t *g = cc->g;
    for (int32_t t = 0; t < g->n_tensors; t++)
        cc->store_of[t] = CC_NONE;
    for (int32_t i = 0; i < g->n_inputs; i++)
        if (cc->store_of[g->inputs[i]] == CC_NONE)
            cc->store_of[g->inputs[i]] = new_store(cc, g->inputs[i]);
    for (int32_t t = 0; t < g->n_tensors; t++)
        if (g->tensors[t].is_variable && !g->tensors[t].data)
            add_state(cc, t);
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (g->tensors[g->outputs[i]].data)
            add_state(cc, g->outputs[i]);
    for (int32_t i = 0; i < cc->n_ops; i++) {
        memset(cc->ops[i].heads, 0, sizeof cc->ops[i].heads);
        memset(cc->ops[i].turned, 0, sizeof cc->ops[i].turned);
    }
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc_op_t *o = &cc->ops[i];
        const ref_prepared_t *r = &o->r;
        o->skip = false;
        o->since = o->until = 0;
        int32_t in = r->n_in > 0 && !r->in[0].data ? r->in[0].tensor : CC_NONE;
        int32_t from = in >= 0 ? cc->store_of[in] : CC_NONE;
        if (from != CC_NONE && !cc->stores[from].state && on_npu(cc, i)) {
            bool flip = is_free_flip(cc, i);
            o->skip = flip || r->op.kind == REF_COPY || is_folded_pad(cc, i);
            if (o->skip && (flip || r->op.kind == REF_COPY))
                cc->store_of[r->out[0]] = from;
            cc->stores[from].flip = cc->stores[from].flip || flip;
        }
        if (from != CC_NONE && r->op.kind == REF_TRANSPOSE) {
            o->heads[0] = o->heads[2] ? 0 : heads_before(cc, i);
            if (o->heads[0] || o->heads[2]) {
                o->skip = true;
                cc->store_of[r->out[0]] = from;
            }
        }
        if (o->skip)
            continue;
        for (int32_t k = 0; k < r->n_out; k++)
            if (cc->store_of[r->out[k]] == CC_NONE)
                cc->store_of[r->out[k]] = new_store(cc, r->out[k]);
        name_heads(cc, i);
    }
    return 0;
}

/* Operands of an NPU operator; a folded PAD is taken back to its own input. */
static int bind(cc_t *cc, int32_t i) {
    cc_op_t *o = &cc->ops[i];
    const ref_op_t *r = &o->r.op;
    int32_t kind = r->kind, t = o->r.in[0].tensor;
    o->n_in = cc_is_binary(kind) || kind == REF_BATCH_MATMUL ? 2 : 1;
    o->out = cc->store_of[o->r.out[0]];
    o->pack = false;
    if (is_conv(kind)) {
        o->in_h = r->a.dims[3];
        o->in_w = r->a.dims[4];
        o->pad_top = r->p.conv.pad_top;
        o->pad_left = r->p.conv.pad_left;
        int32_t p = o->r.in[0].data ? CC_NONE : producer(cc, t);
        if (p != CC_NONE && cc->ops[p].skip && cc->ops[p].r.op.kind == REF_PAD) {
            const ref_op_t *pad = &cc->ops[p].r.op;
            o->in_h = pad->a.dims[3];
            o->in_w = pad->a.dims[4];
            o->pad_top += pad->p.pad.before[3];
            o->pad_left += pad->p.pad.before[4];
            o->in[0] = cc->store_of[cc->ops[p].r.in[0].tensor];
            return o->in[0] == CC_NONE ? -1 : 0;
        }
    }
    for (int32_t k = 0; k < o->n_in; k++) {
        const ref_arg_t *a = &o->r.in[k];
        o->in[k] = a->data ? CC_NONE : cc->store_of[a->tensor];
        if (a->data && a->tensor >= 0) { /* a constant operand: its home is the image */
            o->in[k] = new_store(cc, a->tensor);
            cc->stores[o->in[k]].data = a->data;
            cc->stores[o->in[k]].may_reside = false;
        }
        if (o->in[k] == CC_NONE)
            return -1;
    }
    return 0;
}

/* How the matrices of product i lie: as the TRANSPOSEs around it that are only names say. */
static void bind_heads(cc_t *cc, int32_t i) {
    cc_op_t *o = &cc->ops[i];
    for (int32_t k = 0; k < 2; k++) {
        int32_t p = o->r.in[k].data ? CC_NONE : producer(cc, o->r.in[k].tensor);
        if (p == CC_NONE || !cc->ops[p].skip || cc->ops[p].heads[0] == 0)
            continue;
        o->heads[k] = cc->ops[p].heads[0];
        moves_heads(cc, p, &o->turned[k]);
    }
    int32_t after = heads_after(cc, i);
    if (after != CC_NONE && cc->ops[after].skip)
        o->heads[2] = cc->ops[after].heads[2];
}

static void used(cc_store_t *s, int32_t at) {
    s->def = cc_min(s->def, at);
    s->last = cc_max(s->last, at);
}

/* Operators that run interleaved: all of them use what one uses. */
static void used_by(cc_t *cc, int32_t store, int32_t op) {
    used(&cc->stores[store], cc_first_op(cc, op));
    used(&cc->stores[store], cc_last_op(cc, op));
}

static int find_lifetimes(cc_t *cc) {
    const graph_t *g = cc->g;
    for (int32_t i = 0; i < g->n_inputs; i++)
        used(&cc->stores[cc->store_of[g->inputs[i]]], -1);
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc_op_t *o = &cc->ops[i];
        if (o->skip)
            continue;
        if (on_npu(cc, i)) {
            if (bind(cc, i) != 0)
                return graph_fail_op(cc->err, g, &g->ops[o->index],
                                     "reads a tensor that nothing writes");
            if (o->r.op.kind == REF_BATCH_MATMUL)
                bind_heads(cc, i);
            for (int32_t k = 0; k < o->n_in; k++)
                used_by(cc, o->in[k], i);
            used_by(cc, o->out, i);
            cc->stores[o->out].inner = cc_in_chain(cc, i) && i + 1 < o->end;
            cc_find_leader(cc, i);
            if (o->with != CC_NONE)
                used(&cc->stores[o->out], o->with);
            cc->stores[o->out].by_npu = true;
            continue;
        }
        for (int32_t k = 0; k < o->r.n_in; k++) {
            const ref_arg_t *a = &o->r.in[k];
            if (a->data || a->tensor < 0)
                continue;
            if (cc->store_of[a->tensor] == CC_NONE)
                return graph_fail_op(cc->err, g, &g->ops[o->index],
                                     "reads a tensor that nothing writes");
            used(&cc->stores[cc->store_of[a->tensor]], i);
            cc->stores[cc->store_of[a->tensor]].in_memory = true;
        }
        for (int32_t k = 0; k < o->r.n_out; k++) {
            used(&cc->stores[cc->store_of[o->r.out[k]]], i);
            cc->stores[cc->store_of[o->r.out[k]]].in_memory = true;
        }
    }
    cc_find_windows(cc);
    for (int32_t i = 0; i < cc->n_ops; i++)
        for (int32_t k = 0; cc->ops[i].until > 0 && k <= cc->ops[i].n_in; k++)
            used_by(cc, k < cc->ops[i].n_in ? cc->ops[i].in[k] : cc->ops[i].out, i);
    for (int32_t i = 0; i < g->n_outputs; i++) {
        int32_t s = cc->store_of[g->outputs[i]];
        if (s == CC_NONE)
            return graph_fail(cc->err, "%s: output %d is not computed", g->path, (int)i);
        used(&cc->stores[s], cc->n_ops);
        cc->stores[s].in_memory = true;
    }
    for (int32_t i = 0; i < g->n_inputs; i++)
        cc->stores[cc->store_of[g->inputs[i]]].in_memory = true;
    return 0;
}

/* Before an ADD of two convolutions the longer one should run last: the ADD follows it part by
 * part. The shorter goes before the longer when it does not need anything from it. */
void cc_order(cc_t *cc) {
    for (int32_t i = 2; i < cc->n_ops; i++) {
        cc_op_t *q = &cc->ops[i - 2], *p = &cc->ops[i - 1];
        const cc_op_t *add = &cc->ops[i];
        if (add->r.op.kind != REF_ADD || !is_conv(q->r.op.kind) || !is_conv(p->r.op.kind) ||
            !on_npu(cc, i) || !on_npu(cc, i - 1) || !on_npu(cc, i - 2))
            continue;
        uint64_t q_macs = graph_op_macs(cc->g, &cc->g->ops[q->index]);
        uint64_t p_macs = graph_op_macs(cc->g, &cc->g->ops[p->index]);
        if (reads(cc, i, q->r.out[0]) && reads(cc, i, p->r.out[0]) &&
            !reads(cc, i - 1, q->r.out[0]) && p_macs < q_macs) {
            cc_op_t swap = *q;
            *q = *p;
            *p = swap;
        }
    }
}

static int plan_tensors(cc_t *cc) {
    cc->n_stores = 0;
    find_aliases(cc);
    if (find_lifetimes(cc) != 0)
        return CC_FATAL;
    cc_plan_residents(cc);
    return CC_OK;
}

int cc_plan(cc_t *cc) {
    int st = plan_tensors(cc);
    if (st == CC_OK && !cc->chains_chosen) {
        cc_choose_chains(cc);
        cc->chains_chosen = true;
        st = plan_tensors(cc);
    }
    if (st == CC_OK && cc_find_in_place(cc))
        st = plan_tensors(cc);
    return st == CC_OK ? cc_layout_memory(cc) : st;
}

/* ------------------------------------------------------------------ arena */
static int by_size(const void *a, const void *b) {
    const cc_store_t *const *x = a, *const *y = b;
    if (((*x)->state == NULL) != ((*y)->state == NULL))
        return (*x)->state ? -1 : 1;
    if ((*x)->bytes != (*y)->bytes)
        return (*x)->bytes > (*y)->bytes ? -1 : 1;
    return *x < *y ? -1 : 1;
}

/* The state from the start on; then largest first, each at the lowest offset free during its
 * lifetime. */
int cc_layout_memory(cc_t *cc) {
    cc_store_t **list = malloc(((size_t)cc->n_stores + 1) * sizeof(*list));
    int32_t n = 0;
    uint64_t end = 0;
    cc->state_bytes = 0;
    if (list == NULL)
        return CC_FATAL;
    for (int32_t i = 0; i < cc->n_stores; i++)
        if (cc->stores[i].in_memory && !cc->stores[i].data)
            list[n++] = &cc->stores[i];
    qsort(list, (size_t)n, sizeof(*list), by_size);
    for (int32_t i = 0; i < n; i++) {
        cc_store_t *s = list[i];
        uint64_t at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (int32_t k = 0; k < i; k++) {
                const cc_store_t *o = list[k];
                if (o->last < s->def || s->last < o->def || o->mem_offset >= at + s->bytes ||
                    at >= (uint64_t)o->mem_offset + o->bytes)
                    continue;
                at = ((uint64_t)o->mem_offset + o->bytes + CC_ARENA_LINE - 1) / CC_ARENA_LINE *
                     CC_ARENA_LINE;
                moved = true;
            }
        }
        if (at + s->bytes > INT32_MAX) {
            free(list);
            graph_fail(cc->err, "%s: its tensors need more than 2 GiB", cc->g->path);
            return CC_FATAL;
        }
        s->mem_offset = (uint32_t)at;
        if (at + s->bytes > end)
            end = at + s->bytes;
        if (s->state)
            cc->state_bytes = (uint32_t)((end + CC_ARENA_LINE - 1) / CC_ARENA_LINE * CC_ARENA_LINE);
    }
    free(list);
    cc->arena_bytes = (uint32_t)((end + CC_ARENA_LINE - 1) / CC_ARENA_LINE * CC_ARENA_LINE);
    if (cc->arena_bytes == 0)
        cc->arena_bytes = CC_ARENA_LINE;
    return CC_OK;
}

/*
 * follow.c - which operators are lowered among the commands of others: an ADD, a pool or a table
 * part by part behind the operator before it; a softmax, which the vector unit alone works on for
 * long, in pieces among the commands of the operators around it, so that the array goes on.
 * Counterparts: plan.c (lifetimes), lower_conv.c, lower_vector.c, late.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cc.h"
#include "lower_binary.h"
#include "lower_move.h"

static bool on_npu(const cc_t *cc, int32_t op) {
    return cc->ops[op].place.on_npu && !cc->ops[op].force_cpu && !cc_is_move(&cc->ops[op].r);
}

static bool is_conv(int32_t kind) {
    return kind == REF_CONV || kind == REF_DEPTHWISE;
}

/* The convolution that runs just before operator i and whose output it reads, if i is an ADD or a
 * pool: then i follows part by part, or block by block, so its result must have room that early. A
 * pool may come after such an ADD too. */
static int32_t convolution_before(const cc_t *cc, int32_t i) {
    const cc_op_t *o = &cc->ops[i];
    int32_t p = i - 1;
    bool pool = cc_is_pool(o->r.op.kind);
    if (!pool && (o->r.op.kind != REF_ADD || cc_broadcasts(&o->r.op) || o->in[0] == o->in[1] ||
                  cc->stores[o->in[0]].data || cc->stores[o->in[1]].data))
        return CC_NONE;
    while (p >= 0 && cc->ops[p].skip)
        p--;
    if (p < 0 || !on_npu(cc, p))
        return CC_NONE;
    int32_t kind = cc->ops[p].r.op.kind, out = cc->ops[p].out;
    if (out != o->in[0] && (pool || out != o->in[1]))
        return CC_NONE;
    if (pool && kind == REF_ADD)
        return cc->ops[p].with;
    return is_conv(kind) || kind == REF_FC ? p : CC_NONE;
}

/* Does anything but operator `by` read the store, or is it an output of the graph? */
static bool read_elsewhere(const cc_t *cc, int32_t store, int32_t by) {
    for (int32_t i = 0; i < cc->n_ops; i++)
        for (int32_t k = 0; i != by && !cc->ops[i].skip && k < cc->ops[i].r.n_in; k++) {
            const ref_arg_t *a = &cc->ops[i].r.in[k];
            if (!a->data && a->tensor >= 0 && cc->store_of[a->tensor] == store)
                return true;
        }
    for (int32_t i = 0; i < cc->g->n_outputs; i++)
        if (cc->store_of[cc->g->outputs[i]] == store)
            return true;
    return false;
}

/* The convolution or softmax that runs just before operator i, a table of its result alone: then
 * the table goes over each part in place when it has been written, and that is no tensor. Not of a
 * few positions: a table for each block would be more commands than work. */
static int32_t leader_of_table(const cc_t *cc, int32_t i) {
    const cc_op_t *o = &cc->ops[i];
    int32_t p = i - 1;
    while (p >= 0 && cc->ops[p].skip)
        p--;
    if (!cc_is_table(o->r.op.kind) || p < 0 || !on_npu(cc, p) || cc_in_chain(cc, p) ||
        cc_in_chain(cc, i))
        return CC_NONE;
    int32_t kind = cc->ops[p].r.op.kind, store = cc->ops[p].out;
    const cc_store_t *in = &cc->stores[store], *out = &cc->stores[o->out];
    if ((!is_conv(kind) && kind != REF_FC && kind != REF_SOFTMAX) || store != o->in[0] ||
        in->state || in->flip || in->c != out->c || in->bytes != out->bytes ||
        read_elsewhere(cc, store, i))
        return CC_NONE;
    return in->bytes / (uint32_t)in->c >= 2 * cc->n ? p : CC_NONE;
}

/* Is the ADD at i the only reader of the convolution before it? */
static bool can_be_in_place(const cc_t *cc, int32_t i) {
    const cc_op_t *o = &cc->ops[i];
    if (o->r.op.kind != REF_ADD || o->with == CC_NONE || cc_in_chain(cc, i) ||
        cc_in_chain(cc, o->with))
        return false;
    int32_t own = cc->ops[o->with].out;
    const cc_store_t *s = &cc->stores[own], *out = &cc->stores[o->out];
    return (own == o->in[0] || own == o->in[1]) && !s->state && !s->flip && s->c == out->c &&
           s->bytes == out->bytes && s->bytes / (uint32_t)s->c >= 2 * cc->n &&
           !read_elsewhere(cc, own, i);
}

/* The convolution before product i that makes its second operand, heads side by side: the product
 * of a head can begin when that is there. */
static int32_t leader_of_product(const cc_t *cc, int32_t i) {
    const cc_op_t *o = &cc->ops[i];
    int32_t p = i - 1;
    while (p >= 0 && cc->ops[p].skip)
        p--;
    if (o->r.op.kind != REF_BATCH_MATMUL || o->heads[1] < 2 || p < 0 || !on_npu(cc, p) ||
        cc_in_chain(cc, p) || cc->ops[p].out != o->in[1] || o->in[0] == o->in[1])
        return CC_NONE;
    int32_t kind = cc->ops[p].r.op.kind;
    for (int32_t k = 0; k < p; k++) { /* the rows of a softmax are late enough */
        const cc_op_t *q = &cc->ops[k];
        bool late = q->r.op.kind == REF_SOFTMAX ||
                    (q->with != CC_NONE && cc->ops[q->with].r.op.kind == REF_SOFTMAX);
        if (!q->skip && on_npu(cc, k) && q->out == o->in[0] && late)
            return CC_NONE;
    }
    return is_conv(kind) || kind == REF_FC ? p : CC_NONE;
}

void cc_find_leader(cc_t *cc, int32_t i) {
    cc_op_t *o = &cc->ops[i];
    if (o->r.op.kind == REF_BATCH_MATMUL) {
        o->with = leader_of_product(cc, i);
        return;
    }
    o->with = leader_of_table(cc, i);
    if (o->with != CC_NONE) {
        cc->stores[o->in[0]].inner = true;
        return;
    }
    o->with = convolution_before(cc, i);
    if (o->in_place && (o->apart || !can_be_in_place(cc, i)))
        o->in_place = false;
    if (o->in_place)
        cc->stores[cc->ops[o->with].out].inner = true;
}

/* An ADD that cannot follow its convolution in the scratchpad, because something of it is not there
 * all the time, goes over the parts in place and takes the other operand from memory. */
bool cc_find_in_place(cc_t *cc) {
    bool any = false;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc_op_t *o = &cc->ops[i];
        if (o->skip || !on_npu(cc, i) || o->in_place || o->apart || !can_be_in_place(cc, i))
            continue;
        bool stays = true;
        for (int32_t k = 0; k < 3; k++) {
            const cc_store_t *s = &cc->stores[k < 2 ? o->in[k] : o->out];
            stays = stays && s->resident && s->from <= o->with && (k == 2 || o->direct[k]);
        }
        o->in_place = !stays;
        any = any || o->in_place;
    }
    return any;
}

/* The next operator that is lowered, or n_ops. */
static int32_t next_op(const cc_t *cc, int32_t i) {
    while (++i < cc->n_ops && cc->ops[i].skip) {
    }
    return i;
}

/* The operator after op, if it follows part by part. */
static int32_t follower(const cc_t *cc, int32_t op) {
    int32_t i = next_op(cc, op);
    return i < cc->n_ops && on_npu(cc, i) && cc->ops[i].with == op ? i : CC_NONE;
}

int32_t cc_following_table(const cc_t *cc, int32_t op) {
    int32_t i = follower(cc, op);
    return i != CC_NONE && cc_is_table(cc->ops[i].r.op.kind) ? i : CC_NONE;
}

int32_t cc_following_product(const cc_t *cc, int32_t op) {
    int32_t i = follower(cc, op);
    return i != CC_NONE && cc->ops[i].r.op.kind == REF_BATCH_MATMUL ? i : CC_NONE;
}

int32_t cc_following_add(const cc_t *cc, int32_t op) {
    int32_t i = follower(cc, op);
    return i != CC_NONE && cc->ops[i].r.op.kind == REF_ADD ? i : CC_NONE;
}

static bool reads_store(const cc_op_t *o, int32_t store) {
    return (o->n_in > 0 && o->in[0] == store) || (o->n_in > 1 && o->in[1] == store);
}

/* Can pieces of a softmax with this result be lowered among the commands of operator i? */
static bool is_host(const cc_t *cc, int32_t i, int32_t result) {
    if (i >= cc->n_ops || !on_npu(cc, i) || cc_in_chain(cc, i))
        return false;
    int32_t kind = cc->ops[i].r.op.kind, next = next_op(cc, i);
    if (kind == REF_BATCH_MATMUL) /* reads rows as they are there, of its first operand */
        return cc->ops[i].in[1] != result;
    bool followed = next < cc->n_ops && on_npu(cc, next) && cc->ops[next].with == i &&
                    !cc_is_table(cc->ops[next].r.op.kind) &&
                    cc->ops[next].r.op.kind != REF_BATCH_MATMUL;
    return (is_conv(kind) || kind == REF_FC) && !followed && !reads_store(&cc->ops[i], result);
}

/* From the product that the softmax at i reads to the first that reads it. `last`: end of the
 * window before. */
static int32_t find_window(cc_t *cc, int32_t i, int32_t last) {
    cc_op_t *o = &cc->ops[i];
    int32_t table = cc_following_table(cc, i), before = i - 1, end = table != CC_NONE ? table : i;
    int32_t result = cc->ops[end].out, since = i, until = end;
    while (before > last && cc->ops[before].skip)
        before--;
    if (before > last && on_npu(cc, before) && cc->ops[before].out == o->in[0] &&
        cc->ops[before].r.op.kind == REF_BATCH_MATMUL && !cc_in_chain(cc, before))
        since = cc->ops[before].with > last ? cc->ops[before].with : before;
    for (int32_t k = next_op(cc, end); is_host(cc, k, result); k = next_op(cc, k)) {
        until = k;
        if (reads_store(&cc->ops[k], result))
            break;
    }
    if (since == i && until == end)
        return last;
    o->since = cc->ops[end].since = since;
    o->until = cc->ops[end].until = until;
    return until;
}

void cc_find_windows(cc_t *cc) {
    int32_t last = -1;
    for (int32_t i = 0; i < cc->n_ops; i++)
        if (!cc->ops[i].skip && on_npu(cc, i) && cc->ops[i].r.op.kind == REF_SOFTMAX &&
            !cc->ops[i].alone && i > last)
            last = find_window(cc, i, last);
}

int32_t cc_window_at(const cc_t *cc, int32_t op) {
    for (int32_t i = 0; i < cc->n_ops; i++)
        if (cc->ops[i].until >= op && cc->ops[i].since <= op && cc->ops[i].until > 0 &&
            cc->ops[i].r.op.kind == REF_SOFTMAX)
            return i;
    return CC_NONE;
}

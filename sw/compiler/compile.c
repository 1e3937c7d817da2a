/*
 * compile.c - npu_compile(): prepare, place, plan, lower, build the image; and again with fewer
 * resident tensors when an operator does not get the scratchpad it needs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "lower_binary.h"
#include "lower_move.h"

static bool on_npu(const cc_t *cc, int32_t op) {
    return cc->ops[op].place.on_npu && !cc->ops[op].force_cpu;
}

/* ------------------------------------------------------------------ steps */
static prog_operand_t operand_of(cc_t *cc, const ref_arg_t *a) {
    prog_operand_t p = {PROG_NONE, 0, 0, 0};
    if (a->data) {
        p.region = PROG_REGION_IMAGE;
        p.offset = prog_add_const(cc->image, a->data, a->bytes, PROG_ALIGN);
        p.size = (uint32_t)a->bytes;
    } else if (a->tensor >= 0) {
        p.region = PROG_REGION_ARENA;
        p.offset = cc->stores[cc->store_of[a->tensor]].mem_offset;
        p.size = (uint32_t)cc->g->tensors[a->tensor].bytes;
    }
    return p;
}

static int cpu_step(cc_t *cc, int32_t i) {
    const ref_prepared_t *r = &cc->ops[i].r;
    int32_t n = r->n_in + r->n_out;
    if (n > (int32_t)PROG_MAX_OPERANDS) {
        graph_fail_op(cc->err, cc->g, &cc->g->ops[cc->ops[i].index], "%d operands; at most %d",
                      (int)n, (int)PROG_MAX_OPERANDS);
        return CC_FATAL;
    }
    prog_operand_t list[PROG_MAX_OPERANDS];
    for (int32_t k = 0; k < r->n_in; k++)
        list[k] = operand_of(cc, &r->in[k]);
    for (int32_t k = 0; k < r->n_out; k++) {
        ref_arg_t a = {r->out[k], NULL, 0};
        list[r->n_in + k] = operand_of(cc, &a);
        list[r->n_in + k].flags = PROG_OPERAND_WRITE;
    }
    prog_add_cpu_step(cc->image, &r->op, sizeof r->op, list, (uint32_t)n,
                      (uint32_t)cc->ops[i].index);
    size_t scratch = ref_scratch_size(&r->op);
    if (scratch > cc->scratch_bytes)
        cc->scratch_bytes = (uint32_t)scratch;
    cc->n_cpu_steps++;
    return CC_OK;
}

static int lower(cc_t *cc, int32_t i) {
    if (cc_is_move(&cc->ops[i].r))
        return cc_lower_move(cc, i);
    switch (cc->ops[i].r.op.kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
    case REF_FC:
        return cc_lower_conv(cc, i);
    case REF_BATCH_MATMUL:
        return cc_lower_matmul(cc, i);
    case REF_AVG_POOL:
    case REF_MAX_POOL:
    case REF_MEAN:
    case REF_REDUCE_MAX:
    case REF_PAD:
        return cc_lower_pool(cc, i);
    default:
        return cc_is_binary(cc->ops[i].r.op.kind) ? cc_lower_binary(cc, i) : cc_lower_vector(cc, i);
    }
}

/* Residents of operator i take their words; those whose stay is over give them back. */
static void mark_residents(cc_t *cc, int32_t i) {
    memset(cc->busy, 0, cc->sp_words);
    for (int32_t k = 0; k < cc->n_stores; k++) {
        const cc_store_t *s = &cc->stores[k];
        if (s->resident && s->from <= i && i <= s->to)
            memset(cc->busy + s->sp, 1, s->words);
    }
}

static int lower_all(cc_t *cc, int32_t *failed_op) {
    int st = cc_step_begin(cc);
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc->ops[i].done = false;
        cc->ops[i].weight_bytes = cc->ops[i].array_steps = 0;
    }
    for (int32_t i = 0; i < cc->n_ops && st == CC_OK; i++) {
        cc_op_t *o = &cc->ops[i];
        *failed_op = i;
        cc->layer = i;
        if (o->skip)
            continue;
        if (on_npu(cc, i)) {
            mark_residents(cc, i);
            st = cc_late_begin(cc, i);
            if (st == CC_OK && !o->done)
                st = cc_in_chain(cc, i) ? cc_lower_chain(cc, i) : lower(cc, i);
            if (st == CC_OK)
                st = cc_late_end(cc, i);
        } else {
            st = cc_step_end(cc);
            if (st == CC_OK)
                st = cpu_step(cc, i);
        }
        if (cc->failed)
            st = CC_FATAL;
    }
    return st == CC_OK ? cc_step_end(cc) : st;
}

/* ------------------------------------------------------------------ image */
static uint32_t prog_type(graph_type_t t) {
    switch (t) {
    case GRAPH_INT8:
        return PROG_INT8;
    case GRAPH_UINT8:
        return PROG_UINT8;
    case GRAPH_INT16:
        return PROG_INT16;
    case GRAPH_INT32:
        return PROG_INT32;
    case GRAPH_INT64:
        return PROG_INT64;
    case GRAPH_BOOL:
        return PROG_BOOL;
    default:
        return PROG_FLOAT32;
    }
}

static prog_io_t io_of(const cc_t *cc, int32_t tensor) {
    const graph_tensor_t *t = &cc->g->tensors[tensor];
    prog_io_t io = {.offset = cc->stores[cc->store_of[tensor]].mem_offset,
                    .size = (uint32_t)t->bytes,
                    .type = prog_type(t->type),
                    .rank = (uint32_t)t->rank};
    for (int32_t d = 0; d < t->rank; d++)
        io.dims[d] = (uint32_t)t->dims[d];
    if (t->quant.n_scales == 1) {
        memcpy(&io.scale_bits, &t->quant.scales[0], 4);
        io.zero_point = t->quant.zero_points[0];
    }
    prog_set_name(io.name, sizeof io.name, t->name);
    return io;
}

static void start_layers(cc_t *cc) {
    for (int32_t i = 0; i < cc->n_ops; i++) {
        const cc_op_t *o = &cc->ops[i];
        bool npu = on_npu(cc, i);
        cc->layers[o->index] = (npu_layer_t){
            .op = o->index,
            .on_npu = npu,
            .free = o->skip,
            .why = o->force_cpu && o->place.on_npu      ? "does not fit the scratchpad"
                   : o->skip && o->r.op.kind == REF_PAD ? "part of the convolutions that read it"
                   : o->skip                            ? "no data moves"
                                                        : o->place.why,
            .macs = graph_op_macs(cc->g, &cc->g->ops[o->index]),
            .first_cmd = PROG_NONE,
            .last_cmd = PROG_NONE};
    }
}

static void add_tables(cc_t *cc) {
    const graph_t *g = cc->g;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        npu_layer_t *n = &cc->layers[i];
        prog_layer_t l = {.macs = n->macs,
                          .unit = n->on_npu ? PROG_UNIT_NPU : PROG_UNIT_CPU,
                          .first_cmd = n->first_cmd,
                          .last_cmd = n->last_cmd};
        prog_set_name(l.name, sizeof l.name, graph_op_name(g, &g->ops[i]));
        prog_set_name(l.op, sizeof l.op, g->ops[i].type);
        prog_add_layer(cc->image, &l);
    }
    for (int32_t i = 0; i < cc->n_ops; i++) {
        npu_layer_t *n = &cc->layers[cc->ops[i].index];
        n->weight_bytes = cc->ops[i].weight_bytes;
        n->array_steps = cc->ops[i].array_steps;
    }
    for (int32_t i = 0; i < g->n_inputs; i++) {
        prog_io_t io = io_of(cc, g->inputs[i]);
        prog_add_input(cc->image, &io);
    }
    for (int32_t i = 0; i < g->n_outputs; i++) {
        prog_io_t io = io_of(cc, g->outputs[i]);
        prog_add_output(cc->image, &io);
    }
    prog_set_arena(cc->image, cc->arena_bytes, cc->scratch_bytes);
}

/* What the state holds before the first run. */
static int add_state(cc_t *cc) {
    uint8_t *first = calloc(cc->state_bytes + 1, 1);
    if (first == NULL)
        return CC_FATAL;
    for (int32_t i = 0; i < cc->n_stores; i++) {
        const cc_store_t *s = &cc->stores[i];
        if (s->state && s->state->data)
            memcpy(first + s->mem_offset, s->state->data, s->bytes);
        else if (s->state)
            graph_initial(s->state, first + s->mem_offset);
    }
    prog_set_state(cc->image, first, cc->state_bytes);
    free(first);
    return CC_OK;
}

static void summarise(cc_t *cc, npu_compiled_t *out) {
    out->layers = cc->layers;
    out->n_layers = (uint32_t)cc->n_ops;
    cc->layers = NULL;
    out->n_commands = prog_cmd_count(cc->image);
    out->n_steps = cc->n_steps + cc->n_cpu_steps;
    out->n_cpu_steps = cc->n_cpu_steps;
    out->arena_bytes = cc->arena_bytes;
    out->cycles_estimated = cc->cycles;
    for (int32_t i = 0; i < cc->n_ops; i++)
        out->weight_bytes += cc->ops[i].weight_bytes;
    for (int32_t i = 0; i < cc->n_stores; i++) {
        out->n_tensors += cc->stores[i].data == NULL && cc->stores[i].last >= 0;
        out->n_resident += cc->stores[i].resident;
    }
}

/* ------------------------------------------------------------------ attempts */
/* The operator found no room: spill a tensor that only stays there meanwhile, or the largest that
 * it uses; when there is none, allocate tightly; at last the operator goes to the CPU. */
static void make_room(cc_t *cc, int32_t op) {
    cc_store_t *best = NULL;
    int32_t softmax = cc_window_at(cc, op);
    if (softmax != CC_NONE) {
        cc->ops[softmax].alone = true;
        return;
    }
    for (int32_t i = 0; i < cc->n_ops; i++)
        if (cc->ops[i].in_place && cc->ops[i].with == op) {
            cc->ops[i].apart = true;
            return;
        }
    if (cc_in_chain(cc, op)) { /* one after the other, then */
        for (int32_t i = cc->ops[op].end - 1; i >= op; i--)
            cc->ops[i].first = cc->ops[i].end = 0;
        return;
    }
    for (int pass = 0; pass < 2 && best == NULL; pass++)
        for (int32_t i = 0; i < cc->n_stores; i++) {
            cc_store_t *s = &cc->stores[i];
            const cc_op_t *o = &cc->ops[op];
            bool own =
                i == o->out || (o->n_in > 0 && i == o->in[0]) || (o->n_in > 1 && i == o->in[1]);
            if (s->resident && s->from <= op && op <= s->to && own == (pass == 1) &&
                (best == NULL || s->words > best->words))
                best = s;
        }
    if (best)
        cc->spilled[best - cc->stores] = 1;
    else if (!cc->ops[op].tight)
        cc->ops[op].tight = true;
    else
        cc->ops[op].force_cpu = true;
}

static int attempt(cc_t *cc, npu_compiled_t *out, bool *again) {
    int32_t op = 0;
    *again = false;
    cc->n_steps = cc->n_cpu_steps = 0;
    cc->scratch_bytes = 0;
    cc->cycles = 0;
    cc->turn = 0;
    cc->byte_table = cc->exp_table = cc->late.op = CC_NONE;
    int st = cc_plan(cc);
    if (st != CC_OK)
        return st;
    cc->image = prog_builder_new(cc->cfg);
    if (cc->image == NULL)
        return CC_FATAL;
    start_layers(cc);
    st = lower_all(cc, &op);
    if (st == CC_NOSPACE) {
        make_room(cc, op);
        *again = true;
        st = CC_OK;
    } else if (st == CC_OK && (st = add_state(cc)) == CC_OK) {
        prog_error_t e;
        add_tables(cc);
        summarise(cc, out);
        prog_status_t p = prog_finish(cc->image, &out->bytes, &out->size, &e);
        if (p != PROG_OK) {
            graph_fail(cc->err, "%s: program image: %s (at byte %u)", cc->g->path, prog_strerror(p),
                       (unsigned)e.offset);
            st = CC_FATAL;
        }
    }
    prog_builder_free(cc->image);
    cc->image = NULL;
    cc_step_free(cc);
    return st;
}

/* A RESHAPE of a variable is no alias: its bytes must really move. */
static void make_copy_move(const cc_t *cc, ref_prepared_t *r) {
    int32_t in = r->op.kind == REF_COPY ? r->in[0].tensor : GRAPH_ABSENT;
    if (in >= 0 && (cc->g->tensors[in].is_variable || cc->g->tensors[r->out[0]].is_variable))
        r->op.kind = REF_STATE_COPY;
}

static int prepare(cc_t *cc) {
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc_op_t *o = &cc->ops[i];
        if (ref_prepare(cc->g, i, &o->r, cc->err) != 0)
            return CC_FATAL;
        o->prepared = true;
        make_copy_move(cc, &o->r);
        o->index = i;
        o->place = cc->opt.cpu_only ? (npu_placement_t){false, "asked for"}
                                    : npu_placement(cc->g, i, &o->r, cc->cfg);
    }
    return CC_OK;
}

int npu_compile(const graph_t *g, const npu_config_t *config, const npu_compile_options_t *options,
                npu_compiled_t *out, graph_error_t *err) {
    cc_t cc = {.g = g, .cfg = config, .err = err, .n = config->n, .n_ops = g->n_ops};
    memset(out, 0, sizeof *out);
    if (options)
        cc.opt = *options;
    cc.sp_words =
        cc.opt.sp_limit && cc.opt.sp_limit < config->sp_words ? cc.opt.sp_limit : config->sp_words;
    if (err)
        err->msg[0] = 0;
    size_t ops = (size_t)g->n_ops + 1, stores = (size_t)g->n_tensors + 2 * ops;
    cc.ops = calloc(ops, sizeof *cc.ops);
    cc.stores = calloc(stores, sizeof *cc.stores);
    cc.spilled = calloc(stores, 1);
    cc.store_of = calloc((size_t)g->n_tensors + 1, sizeof *cc.store_of);
    cc.busy = calloc(config->sp_words, 1);
    cc.layers = calloc(ops, sizeof *cc.layers);
    int st =
        cc.ops && cc.stores && cc.spilled && cc.store_of && cc.busy && cc.layers ? CC_OK : CC_FATAL;
    if (st == CC_OK)
        st = prepare(&cc);
    if (st == CC_OK)
        cc_order(&cc);
    for (bool again = true; st == CC_OK && again;) {
        out->attempts++;
        st = attempt(&cc, out, &again);
    }
    if (st != CC_OK) {
        if (err && err->msg[0] == 0)
            graph_fail(err, "%s: out of memory", g->path);
        npu_compiled_free(out);
    }
    for (int32_t i = 0; cc.ops && i < cc.n_ops; i++)
        if (cc.ops[i].prepared)
            ref_prepared_free(&cc.ops[i].r);
    free(cc.ops);
    free(cc.stores);
    free(cc.spilled);
    free(cc.store_of);
    free(cc.busy);
    free(cc.layers);
    return st == CC_OK ? 0 : -1;
}

void npu_compiled_free(npu_compiled_t *c) {
    free(c->bytes);
    free(c->layers);
    memset(c, 0, sizeof *c);
}

/*
 * tflite_state.c - variables that keep their value between runs.
 *
 * Contract: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE name variables by container
 * and name. Here each becomes one further tensor of the graph with is_variable set; READ_VARIABLE
 * then reads it and ASSIGN_VARIABLE writes it. VAR_HANDLE and CALL_ONCE leave the list of
 * operators. A subgraph behind CALL_ONCE may assign constants: they become initial values. Anything
 * else there is refused. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "tflite_internal.h"

#define NO_VARIABLE (-1)

typedef struct {
    const graph_params_t *name;  /* first VAR_HANDLE of it */
    const graph_tensor_t *shape; /* a tensor that is assigned to it or read from it */
    const void *initial;
} variable_t;

typedef struct {
    reader_t *r;
    int32_t n;
    variable_t *v; /* (n) */
    int32_t used;  /* reads and writes so far in the main graph */
} state_t;

static int same_name(const reader_t *r, const graph_params_t *a, const graph_params_t *b) {
    const uint8_t *f = r->fb.bytes;
    return a->variable.container_n == b->variable.container_n &&
           a->variable.name_n == b->variable.name_n &&
           memcmp(f + a->variable.container, f + b->variable.container, a->variable.container_n) ==
               0 &&
           memcmp(f + a->variable.name, f + b->variable.name, a->variable.name_n) == 0;
}

static int32_t find_or_add(state_t *s, const graph_params_t *name) {
    for (int32_t i = 0; i < s->n; i++)
        if (same_name(s->r, s->v[i].name, name))
            return i;
    s->v[s->n].name = name;
    return s->n++;
}

/* The variable that tensor t of graph g stands for. */
static int32_t variable_of(state_t *s, const graph_t *g, int32_t t) {
    for (int32_t i = 0; i < g->n_ops; i++)
        if (g->ops[i].code == GRAPH_OP_VAR_HANDLE && g->ops[i].n_out == 1 && g->ops[i].out[0] == t)
            return find_or_add(s, &g->ops[i].p);
    return NO_VARIABLE;
}

/* Variable of a READ_VARIABLE or ASSIGN_VARIABLE, with the tensor it exchanges; or an error. */
static int32_t access_of(state_t *s, const graph_t *g, const graph_op_t *op) {
    int assign = op->code == GRAPH_OP_ASSIGN_VARIABLE;
    const graph_tensor_t *value = assign ? graph_in(g, op, 1) : graph_out(g, op, 0);
    int32_t v = op->n_in == 1 + assign && op->n_out == !assign && op->in[0] >= 0
                    ? variable_of(s, g, op->in[0])
                    : NO_VARIABLE;
    if (v == NO_VARIABLE || !value) {
        graph_fail_op(s->r->err, g, op, "its variable is not from a VAR_HANDLE");
        return NO_VARIABLE;
    }
    const graph_tensor_t *shape = s->v[v].shape;
    if (shape && (shape->type != value->type || shape->bytes != value->bytes)) {
        graph_fail_op(s->r->err, g, op, "its variable has another type or size elsewhere");
        return NO_VARIABLE;
    }
    if (!shape || assign)
        s->v[v].shape = value;
    return v;
}

/* CALL_ONCE: constants that its subgraph assigns. */
static int call_once(state_t *s, const graph_op_t *op) {
    reader_t *r = s->r;
    graph_t *main = r->g, init = {.path = main->path, .format = main->format};
    int32_t index = op->p.call.subgraph;
    if (index <= 0 || (uint32_t)index >= r->subgraphs.n)
        return graph_fail_op(r->err, main, op, "subgraph %d does not exist", (int)index);
    if (s->used)
        return graph_fail_op(r->err, main, op, "it comes after uses of variables");
    graph_t *g = tflite_alloc(r, sizeof *g);
    if (!g)
        return -1;
    *g = init;
    r->g = g;
    int status = tflite_read_subgraph(r, (uint32_t)index);
    r->g = main;
    int32_t room = s->n + (status ? 0 : g->n_ops);
    variable_t *more = status ? NULL : tflite_alloc(r, (size_t)(room + main->n_ops) * sizeof *more);
    if (!more)
        return -1;
    memcpy(more, s->v, (size_t)s->n * sizeof *more);
    s->v = more;
    for (int32_t i = 0; i < g->n_ops; i++) {
        const graph_op_t *o = &g->ops[i];
        if (o->code == GRAPH_OP_VAR_HANDLE)
            continue;
        const graph_tensor_t *value = graph_in(g, o, 1);
        if (o->code != GRAPH_OP_ASSIGN_VARIABLE || !value || !value->data)
            return graph_fail_op(r->err, main, op,
                                 "its subgraph has a %s: only constants can be assigned there",
                                 o->type);
        int32_t v = access_of(s, g, o);
        if (v == NO_VARIABLE)
            return -1;
        s->v[v].initial = value->data;
    }
    return 0;
}

/* The further tensors, after those of the file. */
static int add_tensors(state_t *s) {
    graph_t *g = s->r->g;
    size_t total = (size_t)g->n_tensors + (size_t)s->n;
    graph_tensor_t *all = tflite_alloc(s->r, total * sizeof *all);
    if (!all)
        return -1;
    memcpy(all, g->tensors, (size_t)g->n_tensors * sizeof *all);
    for (int32_t i = 0; i < s->n; i++) {
        graph_tensor_t *t = &all[g->n_tensors + i];
        if (!s->v[i].shape)
            return graph_fail(s->r->err, "%s: a variable is never used", g->path);
        *t = *s->v[i].shape;
        t->is_variable = true;
        t->data = NULL;
        t->initial = s->v[i].initial;
    }
    g->tensors = all;
    g->n_tensors = (int32_t)total;
    return 0;
}

int tflite_resolve_state(reader_t *r) {
    graph_t *g = r->g;
    state_t s = {.r = r};
    int32_t kept = 0, first = g->n_tensors, any = 0;
    for (int32_t i = 0; i < g->n_ops; i++)
        any |= g->ops[i].code == GRAPH_OP_VAR_HANDLE || g->ops[i].code == GRAPH_OP_READ_VARIABLE ||
               g->ops[i].code == GRAPH_OP_ASSIGN_VARIABLE || g->ops[i].code == GRAPH_OP_CALL_ONCE;
    if (!any)
        return 0;
    s.v = tflite_alloc(r, (size_t)g->n_ops * sizeof *s.v);
    if (!s.v)
        return -1;
    for (int32_t i = 0; i < g->n_ops; i++) {
        graph_op_t *op = &g->ops[i];
        if (op->code == GRAPH_OP_CALL_ONCE && call_once(&s, op))
            return -1;
        if (op->code != GRAPH_OP_READ_VARIABLE && op->code != GRAPH_OP_ASSIGN_VARIABLE)
            continue;
        int32_t *list = tflite_alloc(r, sizeof *list), v = list ? access_of(&s, g, op) : -1;
        if (v < 0)
            return -1;
        s.used++;
        *list = first + v;
        if (op->code == GRAPH_OP_READ_VARIABLE) {
            op->in = list;
        } else {
            op->in++;
            op->n_in = op->n_out = 1;
            op->out = list;
        }
    }
    /* the handles and calls have done their work; names point into operators: keep those in place
     */
    graph_op_t *ops = tflite_alloc(r, (size_t)g->n_ops * sizeof *ops);
    if (!ops || add_tensors(&s))
        return -1;
    for (int32_t i = 0; i < g->n_ops; i++)
        if (g->ops[i].code != GRAPH_OP_VAR_HANDLE && g->ops[i].code != GRAPH_OP_CALL_ONCE) {
            ops[kept] = g->ops[i];
            ops[kept].index = kept;
            kept++;
        }
    if (kept == 0)
        return graph_fail(r->err, "%s: the graph is empty", g->path);
    g->ops = ops;
    g->n_ops = kept;
    return 0;
}

/*
 * onnx_function.c - any number of element-wise nodes that compute a function of one quantised value
 * become one table of 256 bytes: activations however they are written out (Erf, Sigmoid and Mul,
 * ...), clamps, scales by constants, with the QuantizeLinear / DequantizeLinear pairs between them.
 *
 * Method: onnx_find_sources names for each value the one quantised value that it is a function of,
 * if there is one; or the one value that the file leaves in float (a sum of two, say), which then
 * gets a quantisation of its own. The table is that function evaluated in double at the 256 codes,
 * each QuantizeLinear on the way and the last rounding half to even. SPDX-License-Identifier:
 * Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

enum { SOURCE_CONST = -2, SOURCE_MANY = -3 };
#define CODES 256
#define DEEPEST 500

static double f_relu(double x) {
    return x > 0 ? x : 0;
}
static double f_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double f_hard_swish(double x) {
    double g = x / 6 + 0.5;
    return x * (g < 0 ? 0 : g > 1 ? 1 : g);
}
static double f_neg(double x) {
    return -x;
}
static double f_reciprocal(double x) {
    return 1 / x;
}
static double f_same(double x) {
    return x;
}
static double f_softplus(double x) {
    return log1p(exp(-fabs(x))) + (x > 0 ? x : 0);
}
static double f_softsign(double x) {
    return x / (1 + fabs(x));
}
static double f_mish(double x) {
    return x * tanh(f_softplus(x));
}
static double f_gelu(double x) {
    return 0.5 * x * (1 + erf(x * 0.70710678118654752440));
}
static double f_gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}
static double f_add(double a, double b) {
    return a + b;
}
static double f_sub(double a, double b) {
    return a - b;
}
static double f_mul(double a, double b) {
    return a * b;
}
static double f_div(double a, double b) {
    return a / b;
}

static const struct {
    const char *op;
    double (*one)(double);
    double (*two)(double, double); /* Sum, Max, Min: of any number */
} functions[] = {{"Relu", f_relu, NULL},
                 {"Sigmoid", f_sigmoid, NULL},
                 {"Tanh", tanh, NULL},
                 {"HardSwish", f_hard_swish, NULL},
                 {"Erf", erf, NULL},
                 {"Sqrt", sqrt, NULL},
                 {"Exp", exp, NULL},
                 {"Log", log, NULL},
                 {"Neg", f_neg, NULL},
                 {"Abs", fabs, NULL},
                 {"Reciprocal", f_reciprocal, NULL},
                 {"Identity", f_same, NULL},
                 {"Softplus", f_softplus, NULL},
                 {"Softsign", f_softsign, NULL},
                 {"Mish", f_mish, NULL},
                 {"Floor", floor, NULL},
                 {"Ceil", ceil, NULL},
                 {"Add", NULL, f_add},
                 {"Sub", NULL, f_sub},
                 {"Mul", NULL, f_mul},
                 {"Div", NULL, f_div},
                 {"Pow", NULL, pow},
                 {"Max", NULL, fmax},
                 {"Min", NULL, fmin},
                 /* with attributes: see apply() */
                 {"Gelu", NULL, NULL},
                 {"Clip", NULL, NULL},
                 {"LeakyRelu", NULL, NULL},
                 {"Elu", NULL, NULL},
                 {"HardSigmoid", NULL, NULL}};

static int function_of(const onnx_node_t *n) {
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(n->op, functions[i].op) == 0)
            return (int)i;
    return -1;
}

bool onnx_elementwise(const onnx_node_t *n) {
    return function_of(n) >= 0;
}

/* ---- constants */
static double element(const onnx_value_t *x, size_t i) {
    switch (x->type) {
    case GRAPH_FLOAT32:
        return (double)((const float *)x->data)[i];
    case GRAPH_FLOAT64:
        return ((const double *)x->data)[i];
    case GRAPH_INT8:
        return ((const int8_t *)x->data)[i];
    case GRAPH_UINT8:
        return ((const uint8_t *)x->data)[i];
    case GRAPH_INT32:
        return ((const int32_t *)x->data)[i];
    case GRAPH_INT64:
        return (double)((const int64_t *)x->data)[i];
    default:
        return NAN;
    }
}

float *onnx_floats(const onnx_t *o, int32_t v) {
    const onnx_value_t *x = &o->values[v];
    const onnx_node_t *n = x->node >= 0 ? &o->nodes[x->node] : NULL;
    bool dequantize = !x->data && n && strcmp(n->op, "DequantizeLinear") == 0;
    const onnx_value_t *q = dequantize ? &o->values[n->in[0]] : x;
    const onnx_value_t *s =
        dequantize && n->n_in > 1 && n->in[1] >= 0 ? &o->values[n->in[1]] : NULL;
    const onnx_value_t *z =
        dequantize && n->n_in > 2 && n->in[2] >= 0 ? &o->values[n->in[2]] : NULL;
    if (!q->data || (dequantize && (!s || !s->data || s->type != GRAPH_FLOAT32 || s->elements < 1)))
        return NULL;
    int64_t axis = dequantize ? onnx_attr_int(n, "axis", 1) : 0, inner = 1;
    axis = axis < 0 ? axis + q->rank : axis;
    bool per = s && s->elements > 1;
    if ((per && (axis < 0 || axis >= q->rank || q->dims[axis] != (int32_t)s->elements)) ||
        (z && (!z->data || z->elements != s->elements || z->type != q->type)))
        return NULL;
    for (int d = (int)axis + 1; per && d < q->rank; d++)
        inner *= q->dims[d];
    float *f = malloc((q->elements ? q->elements : 1) * sizeof *f);
    for (size_t i = 0; f && i < q->elements; i++) {
        size_t c = per ? i / (size_t)inner % s->elements : 0;
        double zero = z ? element(z, c) : 0, value = element(q, i);
        f[i] = (float)((value - zero) * (s ? (double)((const float *)s->data)[c] : 1.0));
    }
    return f;
}

bool onnx_scalar(const onnx_t *o, int32_t v, double *value) {
    if (v < 0 || o->values[v].elements != 1 || !o->values[v].shaped)
        return false;
    float *f = onnx_floats(o, v);
    if (f)
        *value = (double)f[0];
    free(f);
    return f != NULL;
}

/* ---- sources */
/* A source that no QuantizeLinear makes. */
static bool in_float(const onnx_t *o, int32_t source) {
    return source >= 0 && o->values[source].type == GRAPH_FLOAT32;
}

static bool same_shape(const onnx_value_t *a, const onnx_value_t *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, sizeof a->dims[0] * (size_t)a->rank) == 0;
}

static int32_t node_source(const onnx_t *o, const onnx_node_t *n) {
    int32_t out = n->out[0], source = SOURCE_CONST;
    double ignored;
    onnx_quant_t q;
    if (strcmp(n->op, "QuantizeLinear") == 0) {
        source = o->sources[n->in[0]];
        return source < 0 || in_float(o, source) || !onnx_node_quant(o, n, &q) ? out : source;
    }
    if (strcmp(n->op, "DequantizeLinear") == 0)
        return onnx_scalar(o, out, &ignored)  ? SOURCE_CONST
               : o->values[n->in[0]].data     ? SOURCE_MANY
               : !onnx_node_quant(o, n, &q)   ? SOURCE_MANY
               : o->values[n->in[0]].node < 0 ? n->in[0] /* the network's input */
                                              : o->sources[n->in[0]];
    if (!onnx_elementwise(n))
        return SOURCE_MANY;
    for (int32_t i = 0; i < n->n_in; i++) {
        if (n->in[i] < 0)
            continue;
        int32_t s = onnx_scalar(o, n->in[i], &ignored) ? SOURCE_CONST : o->sources[n->in[i]];
        if (s == SOURCE_MANY && !o->values[n->in[i]].data && o->values[n->in[i]].node >= 0 &&
            !onnx_is(o, n->in[i], "DequantizeLinear"))
            s = n->in[i];
        if (s == SOURCE_MANY || (s >= 0 && source >= 0 && s != source))
            return SOURCE_MANY;
        source = s >= 0 ? s : source;
    }
    return source >= 0 && !same_shape(&o->values[source], &o->values[out]) ? SOURCE_MANY : source;
}

int onnx_find_sources(onnx_t *o) {
    /* one more value a node: see onnx_ops_vector.c, reciprocal() */
    o->natural = onnx_alloc(o, ((size_t)o->n_values + (size_t)o->n_nodes) * sizeof *o->natural);
    o->sources = o->natural ? onnx_alloc(o, (size_t)o->n_values * sizeof *o->sources) : NULL;
    for (int32_t i = 0; o->sources && i < o->n_values; i++)
        o->sources[i] = SOURCE_MANY;
    for (int32_t i = 0; o->sources && i < o->n_nodes; i++)
        if (o->nodes[i].n_in > 0 && o->nodes[i].in[0] >= 0 && !o->values[o->nodes[i].out[0]].data)
            o->sources[o->nodes[i].out[0]] = node_source(o, &o->nodes[i]);
    return o->sources ? 0 : -1;
}

/* ---- tables */
int8_t onnx_code(double real, onnx_quant_t q) {
    double r = nearbyint(real / (double)q.scale) + q.zp;
    return (int8_t)(r != r ? q.zp : r > 127 ? 127 : r < -128 ? -128 : r);
}

typedef struct {
    onnx_t *o;
    int32_t source;
    onnx_quant_t q; /* of the source, where it is in float */
    double **memo;  /* (n_values): CODES values, or NULL */
} table_t;

static void apply(const onnx_node_t *n, double *const *x, double *y) {
    int f = function_of(n);
    char form[32];
    bool near_tanh = strcmp(onnx_attr_string(n, "approximate", form), "tanh") == 0;
    double lo = (double)onnx_attr_float(n, "min", -INFINITY),
           hi = (double)onnx_attr_float(n, "max", INFINITY);
    double alpha = (double)onnx_attr_float(n, "alpha",
                                           strcmp(n->op, "LeakyRelu") == 0 ? 0.01f
                                           : strcmp(n->op, "Elu") == 0     ? 1.0f
                                                                           : 0.2f);
    double beta = (double)onnx_attr_float(n, "beta", 0.5f);
    for (int i = 0; i < CODES; i++) {
        double v = x[0][i];
        if (functions[f].one)
            v = functions[f].one(v);
        else if (functions[f].two)
            for (int32_t k = 1; k < n->n_in; k++)
                v = functions[f].two(v, x[k][i]);
        else if (strcmp(n->op, "Gelu") == 0)
            v = near_tanh ? f_gelu_tanh(v) : f_gelu(v);
        else if (strcmp(n->op, "Clip") == 0) {
            double a = n->n_in > 1 && n->in[1] >= 0 ? x[1][i] : lo,
                   b = n->n_in > 2 && n->in[2] >= 0 ? x[2][i] : hi;
            v = v < a ? a : v > b ? b : v;
        } else if (strcmp(n->op, "LeakyRelu") == 0)
            v = v < 0 ? alpha * v : v;
        else if (strcmp(n->op, "Elu") == 0)
            v = v < 0 ? alpha * expm1(v) : v;
        else { /* HardSigmoid */
            v = alpha * v + beta;
            v = v < 0 ? 0 : v > 1 ? 1 : v;
        }
        y[i] = v;
    }
}

/* Values of v at each code of the source; NULL and *err. */
static double *evaluate(table_t *t, int32_t v, int depth) {
    onnx_t *o = t->o;
    if (t->memo[v])
        return t->memo[v];
    const onnx_node_t *n = o->values[v].node >= 0 ? &o->nodes[o->values[v].node] : NULL;
    double *y = malloc(CODES * sizeof *y), scalar, *x[ONNX_MAX_IN] = {NULL};
    onnx_quant_t q = {1, 0};
    bool ok = y != NULL && depth < DEEPEST;
    t->memo[v] = y;
    if (!ok) {
        graph_fail(o->err, "%s: %s", o->path, y ? "a function of too many nodes" : "out of memory");
    } else if (v == t->source) {
        for (int i = 0; i < CODES; i++)
            y[i] = in_float(o, v) ? ((int8_t)i - t->q.zp) * (double)t->q.scale : (double)(int8_t)i;
    } else if (onnx_scalar(o, v, &scalar)) {
        for (int i = 0; i < CODES; i++)
            y[i] = scalar;
    } else {
        ok = n && n->n_in <= ONNX_MAX_IN;
        bool dq = n && strcmp(n->op, "DequantizeLinear") == 0,
             qn = n && strcmp(n->op, "QuantizeLinear") == 0;
        for (int32_t k = 0; ok && k < (dq || qn ? 1 : n->n_in); k++)
            ok = n->in[k] < 0 || (x[k] = evaluate(t, n->in[k], depth + 1)) != NULL;
        if (ok && (dq || qn))
            ok = onnx_node_quant(o, n, &q);
        for (int i = 0; ok && (dq || qn) && i < CODES; i++)
            y[i] = dq ? (x[0][i] - q.zp) * (double)q.scale : onnx_code(x[0][i], q);
        if (ok && !dq && !qn)
            apply(n, x, y);
    }
    return ok ? y : NULL;
}

/* The quantised value that v is a function of, as a real value, and its quantisation; ONNX_NONE: of
 * none. */
static int32_t source_of(onnx_t *o, int32_t v, onnx_quant_t *q) {
    int32_t source = o->sources[v];
    if (source < 0)
        return ONNX_NONE;
    if (in_float(o, source) && o->values[source].node >= 0)
        return onnx_natural(o, source, q) ? source : ONNX_NONE;
    if (o->values[source].node >= 0) { /* a QuantizeLinear's output: what it quantises */
        const onnx_node_t *n = &o->nodes[o->values[source].node];
        return onnx_node_quant(o, n, q) ? n->in[0] : ONNX_NONE;
    }
    for (int32_t i = 0; i < o->n_nodes; i++) /* an input of the network: what dequantises it */
        if (strcmp(o->nodes[i].op, "DequantizeLinear") == 0 && o->nodes[i].in[0] == source)
            return onnx_node_quant(o, &o->nodes[i], q) ? o->nodes[i].out[0] : ONNX_NONE;
    return ONNX_NONE;
}

/* Values of v at the 256 codes, by code read as unsigned, into y. */
static int function_values(onnx_t *o, int32_t v, double y[CODES]) {
    table_t t = {
        .o = o, .source = o->sources[v], .memo = calloc((size_t)o->n_values, sizeof *t.memo)};
    if (!t.memo)
        return graph_fail(o->err, "%s: out of memory", o->path);
    if (in_float(o, t.source))
        onnx_natural(o, t.source, &t.q); /* it has one: see source_of */
    const double *values = evaluate(&t, v, 0);
    if (values)
        memcpy(y, values, CODES * sizeof *y);
    for (int32_t i = 0; i < o->n_values; i++)
        free(t.memo[i]);
    free(t.memo);
    return values ? 0 : -1;
}

bool onnx_function_range(onnx_t *o, int32_t v, double *lo, double *hi) {
    double y[CODES];
    onnx_quant_t q;
    if (source_of(o, v, &q) < 0 || function_values(o, v, y))
        return false;
    *lo = *hi = y[0];
    for (int i = 1; i < CODES; i++) {
        *lo = fmin(*lo, y[i]);
        *hi = fmax(*hi, y[i]);
    }
    return true;
}

int onnx_lower_function(onnx_t *o, const onnx_want_t *w, bool unquantised) {
    double y[CODES];
    int8_t table[CODES];
    onnx_quant_t q;
    int32_t v = w->node->out[0];
    if (in_float(o, o->sources[v]) != unquantised)
        return 0;
    int32_t real = source_of(o, v, &q);
    if (real < 0)
        return 0;
    bool nhwc = o->image[real];
    int32_t in[2] = {onnx_tensor(o, real, q, nhwc), ONNX_NONE};
    if (in[0] < 0 || function_values(o, v, y))
        return -1;
    for (int i = 0; i < CODES; i++)
        table[i] = onnx_code(y[i], w->q);
    bool same = true; /* a factor that the scales hold: another name for the same bytes */
    for (int i = 0; i < CODES; i++)
        same = same && table[i] == (int8_t)i;
    int32_t out = onnx_new_like(o, w->v, w->q, nhwc);
    in[1] = same ? ONNX_NONE
                 : onnx_new_const(o, "table", GRAPH_INT8, 1, &(int32_t){CODES}, NULL, table);
    if ((!same && in[1] < 0) || !onnx_new_op(o, same ? GRAPH_OP_RESHAPE : GRAPH_OP_LOOKUP, w->name,
                                             same ? 1 : 2, in, 1, &out))
        return -1;
    return onnx_remember(o, w->v, w->q, nhwc, out) ? -1 : 1;
}

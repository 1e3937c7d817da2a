/*
 * ref_elementwise.c - ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM, PRELU, SQUARED_DIFFERENCE (with
 * broadcasting), QUANTIZE, and the int8 -> int8 functions.
 *
 * Contract: ref.h.
 * Source: TensorFlow Lite kernels/internal/reference/integer_ops/{add,mul,logistic,tanh}.h,
 * reference/{sub,requantize, hard_swish,leaky_relu,maximum_minimum,prelu}.h,
 * micro/kernels/activations.cc. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

typedef int32_t (*pair_t)(const ref_op_t *op, int32_t a, int32_t b);

static void broadcast(const ref_op_t *op, ref_in_t in, int8_t *y, pair_t f) {
    const int8_t *a = in[0], *b = in[1];
    size_t sa[REF_MAX_RANK], sb[REF_MAX_RANK], n = ref_elements(&op->out);
    int32_t index[REF_MAX_RANK] = {0};
    ref_broadcast_strides(&op->a, sa);
    ref_broadcast_strides(&op->b, sb);
    for (size_t i = 0; i < n; i++, ref_next(&op->out, index)) {
        size_t ia = 0, ib = 0;
        for (int d = 0; d < REF_MAX_RANK; d++) {
            ia += (size_t)index[d] * sa[d];
            ib += (size_t)index[d] * sb[d];
        }
        y[i] = (int8_t)f(op, a[ia], b[ib]);
    }
}

/* ADD and SUB: both operands to a common scale with 20 more bits, then to the output's. */
static int32_t add_one(const ref_op_t *op, int32_t a, int32_t b) {
    const ref_binary_t *p = &op->p.binary;
    int32_t ra = ref_requant(ref_shl_wrap(a - p->a_zp, p->left_shift), p->a_m, p->a_s);
    int32_t rb = ref_requant(ref_shl_wrap(b - p->b_zp, p->left_shift), p->b_m, p->b_s);
    int32_t sum = op->kind == REF_SUB ? ref_sub_wrap(ra, rb) : ref_add_wrap(ra, rb);
    return ref_output_stage(sum, p->out_m, p->out_s, p->out_zp, p->act_min, p->act_max);
}

static int32_t mul_one(const ref_op_t *op, int32_t a, int32_t b) {
    const ref_binary_t *p = &op->p.binary;
    return ref_output_stage((a - p->a_zp) * (b - p->b_zp), p->out_m, p->out_s, p->out_zp,
                            p->act_min, p->act_max);
}

/* (a / b) * M * 2^(out_s - 31): the quotient of a * M by b has 14 more bits, truncated; the result
 * is rounded half up. It is the definition of ONNX's Div, not a kernel of TFLite's; error below
 * half a code + 2^-13. By zero: the end of the range that the sign of a points to; 0 / 0: the zero
 * point. */
static int32_t div_one(const ref_op_t *op, int32_t a, int32_t b) {
    const ref_binary_t *p = &op->p.binary;
    int32_t x = a - p->a_zp, divisor = b - p->b_zp, shift = 45 - p->out_s;
    if (divisor == 0)
        return x > 0   ? p->act_max
               : x < 0 ? p->act_min
                       : ref_clamp(p->out_zp, p->act_min, p->act_max);
    if (shift > 62)
        return ref_clamp(p->out_zp, p->act_min, p->act_max);
    int64_t y = (int64_t)x * p->out_m * (1 << 14) / divisor + ((int64_t)1 << (shift - 1));
    y = (y < 0 ? ~(int64_t)(~(uint64_t)y >> shift) : (int64_t)((uint64_t)y >> shift)) + p->out_zp;
    return y < p->act_min ? p->act_min : y > p->act_max ? p->act_max : (int32_t)y;
}

static int32_t extremum_one(const ref_op_t *op, int32_t a, int32_t b) {
    return (op->kind == REF_MAXIMUM) == (a > b) ? a : b;
}

static int32_t prelu_one(const ref_op_t *op, int32_t a, int32_t b) {
    const ref_binary_t *p = &op->p.binary;
    int32_t x = a - p->a_zp;
    int32_t r =
        x >= 0 ? ref_requant(x, p->a_m, p->a_s) : ref_requant(x * (b - p->b_zp), p->b_m, p->b_s);
    return ref_clamp(ref_add_wrap(r, p->out_zp), INT8_MIN, INT8_MAX);
}

static int32_t squared_difference_one(const ref_op_t *op, int32_t a, int32_t b) {
    const ref_binary_t *p = &op->p.binary;
    int32_t ra = ref_requant(ref_shl_wrap(a - p->a_zp, p->left_shift), p->a_m, p->a_s);
    int32_t rb = ref_requant(ref_shl_wrap(b - p->b_zp, p->left_shift), p->b_m, p->b_s);
    int32_t d = ref_sub_wrap(ra, rb);
    return ref_output_stage(ref_mul_wrap(d, d), p->out_m, p->out_s, p->out_zp, p->act_min,
                            p->act_max);
}

int ref_k_prelu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], prelu_one);
    return REF_OK;
}

int ref_k_squared_difference(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], squared_difference_one);
    return REF_OK;
}

int ref_k_add(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], add_one);
    return REF_OK;
}

int ref_k_mul(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], mul_one);
    return REF_OK;
}

int ref_k_div(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], div_one);
    return REF_OK;
}

int ref_k_extremum(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    broadcast(op, in, out[0], extremum_one);
    return REF_OK;
}

int ref_k_quantize(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_quantize_t *p = &op->p.quantize;
    const uint8_t *x = in[0];
    uint8_t *y = out[0];
    int32_t lo = p->out_unsigned ? 0 : INT8_MIN, hi = p->out_unsigned ? UINT8_MAX : INT8_MAX;
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t v = p->in_unsigned ? x[i] : (int8_t)x[i];
        y[i] = (uint8_t)ref_output_stage(v - p->in_zp, p->m, p->s, p->out_zp, lo, hi);
    }
    return REF_OK;
}

/* Logistic and tanh share their form: Q4.27 in, Q0.31 inside, saturated outside the radius. */
static int32_t sigmoidal(const ref_unary_t *p, int32_t q, int is_tanh) {
    int32_t v = q - p->in_zp;
    if (v <= -p->radius)
        return INT8_MIN;
    if (v >= p->radius)
        return INT8_MAX;
    int32_t q4 = ref_requant(v, p->m, p->s);
    int32_t y =
        is_tanh ? ref_rdbpot(ref_tanh(q4, 4), 24) : ref_rdbpot(ref_logistic(q4, 4), 23) - 128;
    return ref_clamp(y, INT8_MIN, INT8_MAX);
}

int ref_k_logistic(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const int8_t *x = in[0];
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < op->p.unary.count; i++)
        y[i] = (int8_t)sigmoidal(&op->p.unary, x[i], 0);
    return REF_OK;
}

int ref_k_tanh(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const int8_t *x = in[0];
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < op->p.unary.count; i++)
        y[i] = (int8_t)sigmoidal(&op->p.unary, x[i], 1);
    return REF_OK;
}

int ref_k_relu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_unary_t *p = &op->p.unary;
    const int8_t *x = in[0];
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++)
        y[i] = (int8_t)(p->m == 0 ? ref_clamp(x[i], p->act_min, p->act_max)
                                  : ref_output_stage(x[i] - p->in_zp, p->m, p->s, p->out_zp,
                                                     p->act_min, p->act_max));
    return REF_OK;
}

int ref_k_leaky_relu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_unary_t *p = &op->p.unary;
    const int8_t *x = in[0];
    int8_t *y = out[0];
    int32_t slope = p->m2 < 0 ? -p->m2 : p->m2;
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t v = x[i] - p->in_zp;
        int32_t r = v >= 0 ? ref_requant(v, p->m, p->s) : ref_requant(v, slope, p->s2);
        if (v < 0 && p->m2 < 0)
            r = ref_sub_wrap(0, r);
        y[i] = (int8_t)ref_clamp(ref_add_wrap(r, p->out_zp), INT8_MIN, INT8_MAX);
    }
    return REF_OK;
}

/* ---- HARD_SWISH: a 16-bit pipeline ---- */

static int32_t sat16(int32_t x) {
    return ref_clamp(x, INT16_MIN, INT16_MAX);
}

/* gemmlowp SaturatingRoundingDoublingHighMul, int16; and the truncating one of hard_swish.h */
static int32_t srdhm16(int32_t a, int32_t b) {
    int32_t ab = a * b;
    return sat16((ab + (ab >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}
static int32_t sdhm16(int32_t a, int32_t b) {
    return sat16(a * b / (1 << 15));
}

static int32_t wrap16(int32_t x) {
    return (int16_t)(uint16_t)(uint32_t)x;
}

static int32_t hard_swish(const ref_unary_t *p, int32_t q) {
    int32_t hires = wrap16((q - p->in_zp) * 128);
    int32_t preshift = srdhm16(hires, p->m);
    int32_t reluish = hires;
    if (p->s2 > 0)
        reluish = sat16(p->s2 > 16 ? (reluish > 0) * INT16_MAX - (reluish < 0) * (INT16_MAX + 1)
                                   : reluish * (1 << (p->s2 - 1)));
    reluish = srdhm16(reluish, p->m2);
    if (p->s2 > 0)
        reluish = sat16(reluish * 2);
    if (p->s2 < 0)
        reluish = ref_rdbpot(reluish, -p->s2);
    reluish = (reluish + (1 << 15)) / 2; /* [-1, 1] to [0, 1]; never negative */
    int32_t y = ref_rdbpot(sdhm16(reluish, preshift), -p->s);
    return ref_clamp(wrap16(y + p->out_zp), INT8_MIN, INT8_MAX);
}

int ref_k_hard_swish(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const int8_t *x = in[0];
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < op->p.unary.count; i++)
        y[i] = (int8_t)hard_swish(&op->p.unary, x[i]);
    return REF_OK;
}

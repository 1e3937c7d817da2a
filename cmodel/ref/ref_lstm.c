/*
 * ref_lstm.c - UNIDIRECTIONAL_SEQUENCE_LSTM: int8 activations and weights, int16 cell state.
 *
 * Contract: ref.h. Gates in Q3.12 before their function, Q0.15 after it. The functions interpolate
 * one table of the sigmoid, tanh(x) = 2 sigmoid(2x) - 1.
 * Source: TensorFlow Lite Micro kernels/lstm_eval.{h,cc}, kernels/internal/reference/integer_ops/
 * {logistic,tanh,fully_connected,mul}.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

/* sigmoid(i / 24) in Q0.16, i = 0..255 */
static const uint16_t sigmoid_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535};

static int32_t shift_right(int32_t x, int32_t n) { /* floor */
    return x < 0 ? ~(int32_t)(~(uint32_t)x >> n) : (int32_t)((uint32_t)x >> n);
}

/* Between entries of the table, `bits` fraction bits; saturated beyond it. */
static uint32_t interpolate(uint32_t x, int32_t bits, uint32_t beyond) {
    uint32_t at = x >> bits, part = x & ((1u << bits) - 1);
    if (at >= 255)
        return beyond;
    return ((uint32_t)sigmoid_table[at] << bits) +
           part * (uint32_t)(sigmoid_table[at + 1] - sigmoid_table[at]);
}

static int16_t sigmoid16(int16_t q) { /* Q3.12 to Q0.15 */
    int32_t x = q * 3;
    uint32_t y = interpolate((uint32_t)(x < 0 ? -x : x), 9, 0x7fffu << 10);
    y = x >= 0 ? y + (1 << 9) : (1u << 25) - y + (1 << 9) - 1;
    return (int16_t)(uint16_t)(y >> 10);
}

/* q * m >> shift, rounded, is the argument in 1/(3 * 2^12). */
static int16_t tanh16(int16_t q, int32_t m, int32_t shift) {
    int32_t x =
        shift_right(ref_add_wrap(ref_mul_wrap(q, m), shift > 0 ? 1 << (shift - 1) : 0), shift);
    uint32_t magnitude = x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
    int32_t y = (int32_t)interpolate(magnitude, 8, 0xffffu << 8);
    y = x >= 0 ? y - (1 << 23) + (1 << 7) : -y + (1 << 23) + (1 << 7) - 1;
    return (int16_t)shift_right(y, 8);
}

static int32_t sat16(int32_t x) {
    return ref_clamp(x, INT16_MIN, INT16_MAX);
}

static int32_t dot(const int8_t *x, const int8_t *w, int32_t n, int32_t zp) {
    uint32_t acc = 0;
    for (int32_t i = 0; i < n; i++)
        acc += (uint32_t)((x[i] - zp) * w[i]);
    return ref_wrap(acc);
}

enum {
    INPUT_GATE,
    FORGET_GATE,
    CELL_GATE,
    OUTPUT_GATE,
    GATES
}; /* order of the operator's inputs */

/* One batch, one time step. x (input), h (units), cell (units); gate (GATES, units) is scratch. */
static void step(const ref_lstm_t *p, ref_in_t in, const int8_t *x, int8_t *h, int16_t *cell,
                 int16_t *gate) {
    const int32_t *m =
        in[13]; /* per gate: input m, s, recurrent m, s; then cell m, s; output m, s */
    for (int g = 0; g < GATES; g++, m += 4)
        for (int32_t u = 0; u < p->units; u++) {
            const int8_t *w = (const int8_t *)in[1 + g] + (size_t)u * p->input;
            const int8_t *r = (const int8_t *)in[5 + g] + (size_t)u * p->units;
            int32_t bias = ((const int32_t *)in[9 + g])[u];
            int32_t a = ref_add_wrap(dot(x, w, p->input, p->in_zp), bias);
            int32_t b = dot(h, r, p->units, p->hidden_zp);
            a = sat16(ref_requant(a, m[0], m[1]));
            b = sat16(ref_requant(b, m[2], m[3]));
            int16_t sum = (int16_t)sat16(a + b);
            gate[(size_t)g * p->units + u] = g == CELL_GATE ? tanh16(sum, 3, 0) : sigmoid16(sum);
        }
    for (int32_t u = 0; u < p->units; u++) {
        int32_t i = gate[INPUT_GATE * (size_t)p->units + u];
        int32_t f = gate[FORGET_GATE * (size_t)p->units + u];
        int32_t c = gate[CELL_GATE * (size_t)p->units + u];
        int32_t o = gate[OUTPUT_GATE * (size_t)p->units + u];
        int32_t kept = sat16(ref_requant(f * cell[u], 1 << 30, -14)); /* Q0.15 times the scale */
        int32_t added = sat16(ref_requant(i * c, m[0], m[1]));
        int32_t v = sat16(kept + added);
        if (p->has_clip)
            v = (int16_t)ref_clamp(v, -p->clip, p->clip);
        cell[u] = (int16_t)v;
        h[u] = (int8_t)ref_output_stage(tanh16(cell[u], p->tanh_m, p->tanh_s) * o, m[2], m[3],
                                        p->hidden_zp, INT8_MIN, INT8_MAX);
    }
}

int ref_k_lstm(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_lstm_t *p = &op->p.lstm;
    if (p->batches < 1 || p->steps < 1 || p->input < 1 || p->units < 1 || p->tanh_s < 0 ||
        p->tanh_s > 30)
        return REF_E_ARG;
    int8_t *hidden = out[1]; /* (batches, units) */
    int16_t *cell = out[2];  /* (batches, units) */
    size_t state = (size_t)p->batches * (size_t)p->units;
    memmove(hidden, in[14], state);
    memmove(cell, in[15], state * sizeof *cell);
    for (size_t b = 0; b < (size_t)p->batches; b++)
        for (size_t t = 0; t < (size_t)p->steps; t++) {
            size_t at = p->time_major ? t * (size_t)p->batches + b : b * (size_t)p->steps + t;
            int8_t *h = hidden + b * (size_t)p->units;
            step(p, in, (const int8_t *)in[0] + at * (size_t)p->input, h,
                 cell + b * (size_t)p->units, scratch);
            memcpy((int8_t *)out[0] + at * (size_t)p->units, h, (size_t)p->units);
        }
    return REF_OK;
}

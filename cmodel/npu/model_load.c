/*
 * model_load.c - LOAD: memory to scratchpad, as docs/isa.md writes it.
 * Counterpart: rtl/npu_load.v. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model.h"

/* stream[k .. k+len): the run between its paddings. run is NULL when run_bytes is 0. */
static void stream_bytes(const npu_cmd_load_t *c, const uint8_t *run, uint32_t k, uint32_t len,
                         int8_t *dst) {
    uint32_t pos = k - c->pad_left;
    if (k >= c->pad_left && pos < c->run_bytes && c->run_bytes - pos >= len) {
        memcpy(dst, run + pos, len);
        for (uint32_t j = 0; c->xor80 && j < len; j++)
            dst[j] ^= (int8_t)0x80;
        return;
    }
    for (uint32_t j = 0; j < len; j++, k++) {
        uint32_t at = k - c->pad_left;
        dst[j] = (int8_t)c->pad_value;
        if (k >= c->pad_left && at < c->run_bytes)
            dst[j] = (int8_t)(run[at] ^ (c->xor80 ? 0x80 : 0));
    }
}

static void load_run(model_t *m, const npu_cmd_load_t *c, const uint8_t *run, uint32_t sp_run) {
    uint32_t n = m->cfg.n, pos = 0;
    for (uint32_t w = 0; w < c->nwin; w++) {
        for (uint32_t b = 0; b < c->nblk; b++) {
            int last = b == c->nblk - 1;
            int8_t *word =
                model_word(m, sp_run + w * (uint32_t)c->sp_win + b * (uint32_t)c->sp_blk);
            if (!c->keep)
                memset(word, c->pad_value, n);
            stream_bytes(c, run, pos, last ? c->last_len : n, word + c->lane_off);
            pos += last ? c->win_step : n;
        }
    }
}

/* The k-th number of 4 bits. */
static int nibble(const int8_t *packed, uint32_t k) {
    return (uint8_t)packed[k / 2] >> k % 2 * 4 & 15;
}

/* Windows of 4-bit weights behind their factors. */
static void load_packed(model_t *m, const npu_cmd_load_t *c, const uint8_t *run, uint32_t sp_run) {
    int8_t factors[MODEL_MAX_N / 2], weights[MODEL_MAX_N / 2];
    uint32_t half = m->cfg.n / 2, pos = 0;
    for (uint32_t w = 0; w < c->nwin; w++) {
        stream_bytes(c, run, pos, half, factors);
        pos += half;
        for (uint32_t b = 0; b + 1 < c->nblk; b++, pos += half) {
            int8_t *word =
                model_word(m, sp_run + w * (uint32_t)c->sp_win + b * (uint32_t)c->sp_blk);
            stream_bytes(c, run, pos, half, weights);
            for (uint32_t lane = 0; lane < m->cfg.n; lane++)
                word[lane] = (int8_t)(((nibble(weights, lane) ^ 8) - 8) * nibble(factors, lane));
        }
    }
}

void model_load(model_t *m, const uint32_t *words) {
    npu_cmd_load_t c;
    npu_unpack_load(words, &c);
    for (uint32_t i2 = 0; i2 < c.n2; i2++) {
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t src = c.offset + i1 * (uint32_t)c.stride1 + i2 * (uint32_t)c.stride2;
            const uint8_t *run = NULL;
            if (c.run_bytes > 0) {
                run = model_memory(m, c.region, src, c.run_bytes, NPU_REGION_READ);
                if (!run)
                    return;
            }
            (c.packed ? load_packed : load_run)(
                m, &c, run, c.sp_addr + i2 * (uint32_t)c.sp_n2 + i1 * (uint32_t)c.sp_n1);
        }
    }
}

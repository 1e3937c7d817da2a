/*
 * model_store.c - STORE: scratchpad to memory, as docs/isa.md writes it.
 * Counterpart: rtl/npu_store.v. SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"

static void store_run(const model_t *m, const npu_cmd_store_t *c, uint32_t sp_run, uint8_t *run) {
    uint32_t n = m->cfg.n, pos = 0;
    for (uint32_t w = 0; pos < c->run_bytes; w++) {
        for (uint32_t b = 0; b < c->nblk && pos < c->run_bytes; b++) {
            uint32_t len = b == c->nblk - 1 ? c->last_len : n;
            const int8_t *word =
                model_word(m, sp_run + w * (uint32_t)c->sp_win + b * (uint32_t)c->sp_blk);
            if (len > c->run_bytes - pos)
                len = c->run_bytes - pos;
            for (uint32_t j = 0; j < len; j++)
                run[pos + j] = (uint8_t)(word[c->lane_off + j] ^ (c->xor80 ? 0x80 : 0));
            pos += len;
        }
    }
}

void model_store(model_t *m, const uint32_t *words) {
    npu_cmd_store_t c;
    npu_unpack_store(words, &c);
    for (uint32_t i2 = 0; i2 < c.n2; i2++) {
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t dst = c.offset + i1 * (uint32_t)c.stride1 + i2 * (uint32_t)c.stride2;
            uint8_t *run = model_memory(m, c.region, dst, c.run_bytes, NPU_REGION_WRITE);
            if (!run)
                return;
            store_run(m, &c, c.sp_addr + i2 * (uint32_t)c.sp_n2 + i1 * (uint32_t)c.sp_n1, run);
        }
    }
}

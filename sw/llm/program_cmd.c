/*
 * program_cmd.c - commands of a list, and the product of rows with a matrix; see program_step.h.
 *
 * Weights, and the caches like weights, pass through a ring of slots, each filled by one LOAD: the
 * load unit runs ahead as far as the slots go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program_step.h"

void step_emit_load(step_t *s, npu_cmd_load_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_load(&c, words);
    cc_emit(&s->cc, words, (uint64_t)c.run_bytes * c.n1 / 8 + 40);
}

void step_load(step_t *s, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t sp) {
    step_emit_load(s, (npu_cmd_load_t){.region = region,
                                       .offset = offset,
                                       .run_bytes = bytes,
                                       .n1 = 1,
                                       .n2 = 1,
                                       .sp_addr = sp,
                                       .nwin = div_up(bytes, s->n),
                                       .nblk = 1,
                                       .sp_win = 1,
                                       .last_len = s->n,
                                       .win_step = s->n});
}

void step_store(step_t *s, npu_cmd_store_t c) {
    uint32_t words[NPU_CMD_WORDS];
    c.region = LLM_ARENA;
    npu_pack_store(&c, words);
    cc_emit(&s->cc, words, (uint64_t)(c.run_bytes / 8 + 4) * c.n1 * c.n2 + 20);
}

uint32_t step_next_slot(step_t *s) {
    uint32_t at = s->slots + s->slot * s->slot_words;
    s->slot = (s->slot + 1) % s->n_slots;
    return at;
}

void step_conv(step_t *s, uint32_t in, uint32_t pitch, uint32_t ny, uint32_t row, uint32_t nx,
               uint32_t tiles, uint32_t passes, uint32_t acc, uint32_t half, bool accumulate) {
    uint32_t words[NPU_CMD_WORDS], count = ny * nx;
    npu_cmd_conv_t c = {.half = half,
                        .accumulate = accumulate,
                        .in_addr = in,
                        .w_addr = tiles,
                        .acc_addr = acc,
                        .ny = ny,
                        .nx = nx,
                        .in_h = ny,
                        .in_w = nx,
                        .row_pitch = (int32_t)row,
                        .blk_pitch = (int32_t)pitch,
                        .kh = 1,
                        .kw = 1,
                        .dil_y = 1,
                        .dil_x = 1,
                        .sy = 1,
                        .sx = 1,
                        .nblk = passes,
                        .span = 1};
    npu_pack_conv(&c, words);
    cc_emit(&s->cc, words, (uint64_t)passes * (count > s->n ? count : s->n + 1) + s->n);
}

void step_drain(step_t *s, npu_cmd_drainw_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_drainw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)c.count * s->n / s->p->config->wide_lanes + 20);
}

void step_quantize(step_t *s, uint32_t in, uint32_t count, uint32_t rows, uint32_t row_words,
                   uint32_t q8, uint32_t q_row, uint32_t blk, uint32_t scale,
                   const ref_wide_norm_t *norm) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_quantw_t c = {.norm = norm != NULL,
                          .in_addr = in,
                          .q_addr = q8,
                          .n = count,
                          .rows = rows,
                          .in_row = (int32_t)row_words,
                          .q_row = (int32_t)q_row,
                          .q_blk = (int32_t)blk,
                          .scale_addr = scale,
                          .scale_row = (int32_t)(q_row * s->record),
                          .gain_addr = norm ? s->gain : 0,
                          .eps_low = norm ? (uint32_t)norm->epsilon : 0,
                          .eps_high = norm ? (uint32_t)(norm->epsilon >> 32) : 0};
    npu_pack_quantw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)rows * count * 3 / s->p->config->wide_lanes + 60);
}

uint32_t step_entries(step_t *s, uint32_t count, uint32_t *half) {
    uint32_t depth = s->p->config->acc_depth;
    if (s->acc + count > depth)
        s->acc = 0;
    uint32_t at = s->acc;
    *half = s->turn++ & 1;
    s->acc = at + (*half ? count : 0);
    return at;
}

/* Tiles first..first + passes - 1 of blocks block..block + count - 1 of a matrix to slot, a block
 * `block_words` apart; `head`: their multipliers in front. */
static void load_tiles(step_t *s, const llm_tiles_t *t, uint32_t block, uint32_t count,
                       uint32_t first, uint32_t passes, bool head, uint32_t slot) {
    uint32_t n = s->n, begin = head ? 4 : 0, block_words = begin + passes * n;
    if (!t->packed) { /* several blocks: all tiles of each */
        uint32_t at = (block * (4 + t->passes * n) + (head ? 0 : 4 + first * n)) * n;
        step_load(s, LLM_WEIGHTS, t->offset + at, count * block_words * n, slot);
        return;
    }
    if (head)
        step_emit_load(s, (npu_cmd_load_t){.region = LLM_WEIGHTS,
                                           .offset = t->offset + block * 4 * n,
                                           .run_bytes = count * 4 * n,
                                           .n1 = 1,
                                           .n2 = 1,
                                           .sp_addr = slot,
                                           .nwin = count,
                                           .nblk = 4,
                                           .sp_blk = 1,
                                           .sp_win = (int32_t)block_words,
                                           .last_len = n,
                                           .win_step = n});
    uint32_t group = llm_group(n), bytes = llm_packed_bytes(n, t->passes);
    step_emit_load(
        s, (npu_cmd_load_t){.packed = 1,
                            .region = LLM_WEIGHTS,
                            .offset = t->packed + block * bytes + llm_packed_bytes(n, first),
                            .run_bytes = llm_packed_bytes(n, passes),
                            .n1 = count,
                            .n2 = 1,
                            .stride1 = (int32_t)bytes,
                            .sp_addr = slot + begin,
                            .sp_n1 = (int32_t)block_words,
                            .nwin = passes * n / group,
                            .nblk = group + 1,
                            .sp_blk = 1,
                            .sp_win = (int32_t)group,
                            .last_len = n,
                            .win_step = n / 2});
}

void step_matvec_blocks(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                        uint32_t count, uint32_t out, uint32_t pitch, bool add) {
    uint32_t n = s->n, rows = s->count, block_words = 4 + t->passes * n, half,
             acc = step_entries(s, count * rows, &half), mult = 0;
    if (block_words <= s->slot_words) {
        mult = step_next_slot(s);
        load_tiles(s, t, first, count, 0, t->passes, true, mult);
        for (uint32_t i = 0; i < count; i++)
            step_conv(s, s->q8, rows, 1, 0, rows, mult + i * block_words + 4, t->passes,
                      acc + i * rows, half, false);
    } else { /* one block in parts; the first has the multipliers, and a slot that the others do not
                take */
        uint32_t most = (s->slot_words - 4) / n;
        for (uint32_t done = 0, slot; done < t->passes; done += most) {
            uint32_t passes = t->passes - done < most ? t->passes - done : most,
                     head = done ? 0 : 4;
            slot = step_next_slot(s);
            if (done == 0)
                mult = slot;
            else if (slot == mult)
                slot = step_next_slot(s);
            load_tiles(s, t, first, 1, done, passes, head > 0, slot);
            step_conv(s, s->q8 + done * rows, rows, 1, 0, rows, slot + head, passes, acc, half,
                      done > 0);
        }
    }
    npu_cmd_drainw_t c = {.half = half,
                          .add = add,
                          .acc_addr = acc,
                          .out_addr = out,
                          .count = count,
                          .acc_step = 1,
                          .mult_addr = mult,
                          .mult_step = (int32_t)block_words,
                          .scale_addr = s->scale,
                          .out_step = 4,
                          .shift = a->shift,
                          .exponent = a->exponent};
    if (rows == 1) {
        step_drain(s, c);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        c.count = rows;
        c.acc_addr = acc + i * rows;
        c.out_addr = out + 4 * i;
        c.out_step = (int32_t)pitch;
        c.mult_addr = mult + i * block_words;
        c.mult_step = 0;
        c.scale_step = (int32_t)s->record;
        step_drain(s, c);
    }
}

uint32_t step_blocks_at_once(const step_t *s, const llm_tiles_t *t) {
    uint32_t count = s->slot_words / (4 + t->passes * s->n),
             deep = s->p->config->acc_depth / s->count;
    count = count < deep ? count : deep;
    return count < 1 ? 1 : count;
}

void step_matvec_range(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                       uint32_t count, uint32_t out, uint32_t pitch, bool add) {
    uint32_t most = step_blocks_at_once(s, t);
    for (uint32_t i = 0; i < count; i += most)
        step_matvec_blocks(s, t, a, first + i, count - i < most ? count - i : most, out + 4 * i,
                           pitch, add);
}

void step_matvec(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t out,
                 uint32_t pitch, bool add) {
    step_matvec_range(s, t, a, 0, t->blocks, out, pitch, add);
}

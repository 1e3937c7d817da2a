/*
 * program_cmd.c - commands of a list, and the product of rows with a matrix; see program_step.h.
 *
 * Weights, and the caches like weights, pass through a ring of slots, each filled by one LOAD: the
 * load unit runs ahead as far as the slots go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program_step.h"

enum {
    SLOT_WORDS = 320,
    /* cycles: of a LOAD or STORE beside its beats; from the last one to its word; of the array from
     * the last operand to its sums; of a command of the vector unit beside its rows; of a row whose
     * scale is found, at least; from the last word on */
    MOVE = 24,
    MEMORY = 45,
    DEEP = 45,
    START = 28,
    ROW = 26,
    WRITTEN = 5
};

void step_new(step_t *s, const llm_program_t *p, int32_t pos, uint32_t count) {
    *s = (step_t){.length = (uint32_t)pos + count,
                  .count = count,
                  .rows = {0, count},
                  .side = STEP_BOTH,
                  .p = p,
                  .d = &p->model->decoder,
                  .n = p->config->n,
                  .record = p->config->n == 8 ? 2 : 1};
}

uint32_t step_take(step_t *s, uint32_t words) {
    uint32_t at = s->top;
    s->top += words;
    return at;
}

uint32_t step_lay_out_slots(step_t *s) {
    const llm_program_t *p = s->p;
    uint32_t block = s->dim_words / 4 * s->n + 4; /* of a matrix, at once */
    s->slot_words = block > SLOT_WORDS ? block : SLOT_WORDS / block * block;
    for (int i = 0; i < 2; i++)
        s->out[i] = step_take(s, 4 * (s->slot_words / (4 + p->classifier.passes * s->n) + 1));
    s->slots = s->top;
    s->n_slots = s->top < p->config->sp_words ? (p->config->sp_words - s->top) / s->slot_words : 0;
    return 4 + p->head_blocks * s->n <= s->slot_words ? s->n_slots : 0;
}

static void emit(step_t *s, const uint32_t *words, llm_cost_t cost) {
    if (s->order)
        llm_order_add(s->order, words, cost, s->rank[npu_cmd_unit(npu_cmd_opcode(words))]);
    else
        cc_emit(&s->cc, words, cost.busy + cost.late);
}

void step_emit_vector(step_t *s, const uint32_t *words, uint64_t groups) {
    emit(s, words, (llm_cost_t){groups + START, WRITTEN});
}

void step_emit_load(step_t *s, npu_cmd_load_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_load(&c, words);
    emit(s, words, (llm_cost_t){(uint64_t)c.run_bytes * c.n1 / 8 + MOVE, MEMORY});
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
    emit(s, words, (llm_cost_t){(uint64_t)(c.run_bytes / 8 + 4) * c.n1 * c.n2 + MOVE, WRITTEN});
}

uint32_t step_next_slot(step_t *s) {
    uint32_t half = s->n_slots / 2, first = s->side == 1 ? s->n_slots - half : 0,
             count = s->side == STEP_BOTH ? s->n_slots
                     : s->side            ? half
                                          : s->n_slots - half;
    uint32_t *turn = &s->slot[s->side == 1], at = s->slots + (first + *turn) * s->slot_words;
    *turn = (*turn + 1) % count;
    return at;
}

void step_emit_conv(step_t *s, npu_cmd_conv_t c) {
    uint32_t words[NPU_CMD_WORDS], count = c.ny * c.nx;
    c.in_h = c.ny;
    c.in_w = c.nx;
    c.kh = c.kw = c.dil_y = c.dil_x = c.sy = c.sx = 1;
    npu_pack_conv(&c, words);
    emit(s, words, (llm_cost_t){(uint64_t)c.nblk * (count > s->n ? count : s->n + 1), DEEP});
}

void step_conv(step_t *s, uint32_t in, uint32_t pitch, uint32_t ny, uint32_t row, uint32_t nx,
               uint32_t tiles, uint32_t passes, uint32_t acc, uint32_t half, bool accumulate) {
    step_emit_conv(s, (npu_cmd_conv_t){.half = half,
                                       .accumulate = accumulate,
                                       .in_addr = in,
                                       .w_addr = tiles,
                                       .acc_addr = acc,
                                       .ny = ny,
                                       .nx = nx,
                                       .row_pitch = (int32_t)row,
                                       .blk_pitch = (int32_t)pitch,
                                       .nblk = passes,
                                       .span = 1});
}

void step_drain(step_t *s, npu_cmd_drainw_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_drainw(&c, words);
    /* a scaled sum that is added to a row waits for its scale: one cycle more an entry */
    step_emit_vector(s, words,
                     (uint64_t)c.count * (s->n / s->p->config->wide_lanes + (c.add && !c.noscale)));
}

void step_emit_rows(step_t *s, const uint32_t *words, uint32_t rows, uint32_t elements) {
    uint64_t passes = elements / s->p->config->wide_lanes + 2;
    emit(s, words, (llm_cost_t){rows * (passes > ROW ? passes : ROW) + START, WRITTEN});
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
    step_emit_rows(s, words, rows, 2 * count);
}

/* Entries that this side has: of each half of the accumulators. */
static uint32_t entries_at_most(const step_t *s) {
    return s->p->config->acc_depth / (s->side == STEP_BOTH ? 1 : 2);
}

uint32_t step_entries(step_t *s, uint32_t count, uint32_t *half) {
    uint32_t depth = entries_at_most(s), *next = &s->acc[s->side == 1];
    if (*next + count > depth)
        *next = 0;
    uint32_t at = *next;
    *half = s->order ? 0 : s->half_turn++ & 1; /* llm_order_emit chooses */
    *next = at + (s->order || *half ? count : 0);
    return at + (s->side == 1 ? depth : 0);
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
    uint32_t n = s->n, rows = s->rows.count, in = s->q8 + s->rows.first,
             block_words = 4 + t->passes * n, half, acc = step_entries(s, count * rows, &half),
             mult = 0;
    if (block_words <= s->slot_words) {
        mult = step_next_slot(s);
        load_tiles(s, t, first, count, 0, t->passes, true, mult);
        for (uint32_t i = 0; i < count; i++)
            step_conv(s, in, s->count, 1, 0, rows, mult + i * block_words + 4, t->passes,
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
            step_conv(s, in + done * s->count, s->count, 1, 0, rows, slot + head, passes, acc, half,
                      done > 0);
        }
    }
    npu_cmd_drainw_t c = {.half = half,
                          .add = add,
                          .acc_addr = acc,
                          .out_addr = out + s->rows.first * pitch,
                          .count = count,
                          .acc_step = 1,
                          .mult_addr = mult,
                          .mult_step = (int32_t)block_words,
                          .scale_addr = s->scale + s->rows.first * s->record,
                          .out_step = 4,
                          .shift = a->shift,
                          .exponent = a->exponent};
    if (rows == 1 && !s->order) { /* else each block may be in another half */
        step_drain(s, c);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        c.count = rows;
        c.acc_addr = acc + i * rows;
        c.out_addr = out + s->rows.first * pitch + 4 * i;
        c.out_step = (int32_t)pitch;
        c.mult_addr = mult + i * block_words;
        c.mult_step = 0;
        c.scale_step = (int32_t)s->record;
        step_drain(s, c);
    }
}

uint32_t step_blocks_at_once(const step_t *s, const llm_tiles_t *t) {
    uint32_t count = s->slot_words / (4 + t->passes * s->n),
             deep = entries_at_most(s) / s->rows.count;
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

/*
 * prog_predict.c - contract in prog_predict.h. SPDX-License-Identifier: Apache-2.0
 */
#include "prog_predict.h"

#define PAGE 4096u

int prog_predict(const prog_t *prog, const npu_memory_t *memory, npu_trace_t *trace,
                 prog_prediction_t *out) {
    const prog_config_t *c = &prog->h.config;
    const npu_config_t config = {"",
                                 c->n,
                                 c->lanes,
                                 c->sp_words,
                                 c->sp_banks,
                                 c->acc_depth,
                                 c->fir_groups,
                                 c->fir_taps,
                                 (c->features & NPU_FEATURE_MATMUL) != 0,
                                 0,
                                 0,
                                 1,
                                 1};
    uint32_t arena = NPU_MEM_BASE + (prog->h.total_size + PAGE - 1) / PAGE * PAGE;
    *out = (prog_prediction_t){0};
    for (uint32_t i = 0; i < prog->h.n_steps; i++) {
        prog_step_t step;
        prog_get_step(prog, i, &step);
        if (step.kind != PROG_STEP_NPU) {
            out->cpu_steps++;
            continue;
        }
        const npu_list_t list = {prog->bytes + step.u.npu.offset,
                                 step.u.npu.size,
                                 NPU_MEM_BASE + step.u.npu.offset,
                                 {NPU_MEM_BASE, arena}};
        npu_trace_t *own = trace ? trace + step.u.npu.first_cmd : NULL;
        npu_prediction_t p;
        if (npu_predict(&config, memory, &list, own, &p)) {
            out->error = p.error;
            return -1;
        }
        for (uint32_t k = 0; own && k < p.commands; k++) {
            own[k].index += step.u.npu.first_cmd;
            own[k].start += out->cycles;
            own[k].end += out->cycles;
        }
        out->cycles += p.cycles;
        out->bytes_read += p.bytes_read;
        out->bytes_written += p.bytes_written;
    }
    return 0;
}

/*
 * runtime.c - execution of a program image; contract in runtime.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime.h"

#include <string.h>

#include "op_check.h"
#include "ref.h"

_Static_assert(sizeof(((npu_run_result_t *)0)->counters) == 8 * NPU_CNT_COUNT, "all counters");

static uint64_t now(const npu_run_env_t *env) {
    return env->now != NULL ? env->now(env->user) : 0;
}

/* Program against device and memory; opens the memory regions. */
static npu_run_status_t prepare(const npu_run_env_t *env, npu_run_result_t *r) {
    const prog_header_t *h = &env->prog->h;
    r->prog_status = prog_check_config(env->prog, &env->npu->config);
    if (r->prog_status == PROG_OK && h->scratch_size > env->scratch_size) {
        r->prog_status = PROG_E_RANGE;
    }
    if (r->prog_status == PROG_OK &&
        ((uintptr_t)env->arena % PROG_ALIGN != 0 || (uintptr_t)env->scratch % PROG_ALIGN != 0)) {
        r->prog_status = PROG_E_ALIGN;
    }
    if (r->prog_status != PROG_OK) {
        return NPU_RUN_E_PROGRAM;
    }
    r->npu_status = npu_set_region(env->npu, PROG_REGION_IMAGE, env->image_addr, h->total_size,
                                   NPU_REGION_READ);
    if (r->npu_status == NPU_OK) {
        r->npu_status = npu_set_region(env->npu, PROG_REGION_ARENA, env->arena_addr, h->arena_size,
                                       NPU_REGION_READ | NPU_REGION_WRITE);
    }
    return r->npu_status == NPU_OK ? NPU_RUN_OK : NPU_RUN_E_NPU;
}

static npu_run_status_t run_npu(const npu_run_env_t *env, npu_run_step_t *s, npu_run_result_t *r) {
    static const npu_error_t none = {0, 0, 0, 0};
    npu_status_t st = npu_submit(env->npu, s->step.u.npu.offset, s->step.u.npu.size);
    if (st == NPU_OK) {
        st = npu_wait(env->npu, env->max_polls);
    }
    r->npu_status = st;
    if (st != NPU_OK) {
        r->npu_error = none;
        if (st == NPU_E_DEVICE) {
            npu_get_error(env->npu, &r->npu_error);
            r->npu_error.command += s->step.u.npu.first_cmd;
        }
        if (npu_recover(env->npu, env->max_polls) != NPU_OK) {
            r->npu_status = NPU_E_RESET;
        }
        return NPU_RUN_E_NPU;
    }
    npu_read_counters(env->npu, s->counters);
    for (uint32_t i = 0; i < NPU_CNT_COUNT; i++) {
        r->counters[i] += s->counters[i];
    }
    s->cycles = s->counters[NPU_CNT_CYCLES];
    r->npu_cycles += s->cycles;
    if (env->on_step != NULL) {
        env->on_step(env->user, s);
    }
    return NPU_RUN_OK;
}

/* Pointers and sizes of a CPU step's operands; inputs come first, outputs carry the write flag. */
typedef struct {
    const void *in[PROG_MAX_OPERANDS];
    void *out[PROG_MAX_OPERANDS];
    uint32_t in_size[PROG_MAX_OPERANDS], out_size[PROG_MAX_OPERANDS];
    uint32_t n_in, n_out;
} operands_t;

static int collect(const npu_run_env_t *env, const prog_step_t *step, operands_t *o) {
    o->n_in = o->n_out = 0;
    for (uint32_t i = 0; i < step->u.cpu.n_operands; i++) {
        prog_operand_t p;
        prog_get_operand(env->prog, step->u.cpu.first_operand + i, &p);
        if ((p.flags & PROG_OPERAND_WRITE) != 0) {
            o->out[o->n_out] = env->arena + p.offset;
            o->out_size[o->n_out++] = p.size;
        } else if (o->n_out != 0) {
            return 0; /* an input after an output */
        } else {
            o->in[o->n_in] = p.region == PROG_NONE           ? NULL
                             : p.region == PROG_REGION_IMAGE ? env->prog->bytes + p.offset
                                                             : env->arena + p.offset;
            o->in_size[o->n_in++] = p.size;
        }
    }
    return 1;
}

static npu_run_status_t run_cpu(const npu_run_env_t *env, npu_run_step_t *s, npu_run_result_t *r) {
    operands_t o;
    ref_op_t op;
    uint64_t start = now(env);
    if (s->step.u.cpu.op_size != sizeof op || !collect(env, &s->step, &o)) {
        return NPU_RUN_E_OP;
    }
    memcpy(&op, env->prog->bytes + s->step.u.cpu.op_offset, sizeof op);
    s->op = ref_kind_name(op.kind);
    if (op_check(&op, o.n_in, o.in, o.in_size, o.n_out, o.out_size, env->scratch_size) != REF_OK ||
        ref_eval(&op, o.in, o.out, env->scratch) != REF_OK) {
        return NPU_RUN_E_OP;
    }
    s->cycles = now(env) - start;
    r->cpu_cycles += s->cycles;
    if (env->on_step != NULL) {
        env->on_step(env->user, s);
    }
    return NPU_RUN_OK;
}

void npu_run_reset(const npu_run_env_t *env) {
    const prog_header_t *h = &env->prog->h;
    memcpy(env->arena, env->prog->bytes + h->state_init, h->state_size);
}

npu_run_status_t npu_run_program(const npu_run_env_t *env, npu_run_result_t *r) {
    memset(r, 0, sizeof *r);
    r->step = PROG_NONE;
    npu_run_status_t st = prepare(env, r);
    for (uint32_t i = 0; st == NPU_RUN_OK && i < env->prog->h.n_steps; i++) {
        npu_run_step_t s = {.index = i, .op = "npu"};
        prog_get_step(env->prog, i, &s.step);
        r->step = i;
        st = s.step.kind == PROG_STEP_NPU ? run_npu(env, &s, r) : run_cpu(env, &s, r);
        if (st == NPU_RUN_OK) {
            r->steps++;
        }
    }
    return st;
}

uint32_t npu_run_layer_of(const prog_t *prog, uint32_t command) {
    for (uint32_t i = 0; i < prog->h.n_layers; i++) {
        prog_layer_t l;
        prog_get_layer(prog, i, &l);
        if (l.first_cmd != PROG_NONE && command >= l.first_cmd && command <= l.last_cmd) {
            return i;
        }
    }
    return PROG_NONE;
}

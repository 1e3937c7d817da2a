/*
 * generate_device.c - see generate_device.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "generate_device.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "npu_driver.h"
#include "npu_model.h"
#include "npu_predict.h"
#include "program.h"
#include "target_rtl.h"

#define LIST_ROOM (65535u * NPU_CMD_BYTES)
#define PAGE 4096u
#define MAX_POLLS 16u

struct generate_device {
    const char *path;
    run_device_t how;
    rtl_t rtl; /* library NULL: not rtl */
    const llm_model_t *model;
    llm_program_t program;
    npu_device_t dev;
    npu_t npu;
    uint32_t weights, arena; /* offsets in the device's memory; the list is at 0 */
    generate_cost_t cost;
};

static uint32_t dev_read(void *ctx, uint32_t offset) {
    npu_device_t *dev = &((generate_device_t *)ctx)->dev;
    return dev->read32(dev->ctx, offset);
}
static void dev_write(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *dev = &((generate_device_t *)ctx)->dev;
    dev->write32(dev->ctx, offset, value);
}
static void dev_wait(void *ctx) {
    npu_device_t *dev = &((generate_device_t *)ctx)->dev;
    dev->wait(dev->ctx); /* a device that hangs shows it by staying busy */
}

/* Memory: list, weights, arena; each from a page on. */
static int start(generate_device_t *g, const char *config, graph_error_t *err) {
    char why[256] = "";
    uint32_t arena_size = (uint32_t)g->program.arena_size;
    g->weights = (LIST_ROOM + PAGE - 1) / PAGE * PAGE;
    g->arena = (g->weights + (uint32_t)g->program.weights_size + PAGE - 1) / PAGE * PAGE;
    if (g->how.open(&g->dev, config, (size_t)g->arena + arena_size + PAGE, g->how.options, why,
                    sizeof why))
        return graph_fail(err, "%s: %s", g->how.name, why);
    memcpy(g->dev.mem + g->weights, g->program.weights, g->program.weights_size);
    memset(g->dev.mem + g->arena, 0, arena_size);
    const npu_io_t io = {dev_read, dev_write, dev_wait, g};
    npu_status_t st = npu_init(&g->npu, &io, g->how.timeout);
    if (st == NPU_OK)
        st = npu_set_region(&g->npu, LLM_LIST, NPU_MEM_BASE, LIST_ROOM, NPU_REGION_READ);
    if (st == NPU_OK)
        st = npu_set_region(&g->npu, LLM_ARENA, NPU_MEM_BASE + g->arena, arena_size,
                            NPU_REGION_READ | NPU_REGION_WRITE);
    if (st == NPU_OK)
        st = npu_set_region(&g->npu, LLM_WEIGHTS, NPU_MEM_BASE + g->weights,
                            (uint32_t)g->program.weights_size, NPU_REGION_READ);
    return st == NPU_OK ? 0 : graph_fail(err, "%s: NPU: %s", g->path, npu_strerror(st));
}

/* How to open the device of a target. */
static int choose(generate_device_t *g, const char *target, const char *config,
                  graph_error_t *err) {
    const rtl_wishes_t wishes = {.config = config, .seed = 1};
    if (strcmp(target, "model") == 0) {
        g->how = (run_device_t){.name = "model",
                                .open = npu_model_open,
                                .timeout = 1,
                                .complaint = npu_model_order_error};
        return 0;
    }
    if (strcmp(target, "rtl") != 0)
        return graph_fail(err, "%s: target %s does not run language models", g->path, target);
    if (target_rtl_open(&wishes, &g->rtl, err)) {
        g->rtl.library = NULL;
        return -1;
    }
    g->how = g->rtl.how;
    return 0;
}

generate_device_t *generate_device_open(const llm_model_t *m, const char *target,
                                        const char *config, const char *path, graph_error_t *err) {
    char why[256];
    const npu_config_t *c = npu_find_config(config, why, sizeof why);
    generate_device_t *g = calloc(1, sizeof *g);
    if (!g || !c) {
        graph_fail(err, "%s: %s", path, c ? "out of memory" : why);
        free(g);
        return NULL;
    }
    g->path = path;
    g->model = m;
    if (choose(g, target, config, err) || llm_program_new(m, c, 1, path, &g->program, err) ||
        start(g, config, err)) {
        generate_device_close(g);
        return NULL;
    }
    return g;
}

static int explain(const generate_device_t *g, int32_t pos, npu_status_t st, graph_error_t *err) {
    npu_error_t e;
    if (st != NPU_E_DEVICE)
        return graph_fail(err, "%s: position %d: NPU: %s", g->path, (int)pos, npu_strerror(st));
    npu_get_error(&g->npu, &e);
    return graph_fail(
        err, "%s: position %d: NPU error %s in unit %s, command %" PRIu32 ", address 0x%" PRIx32,
        g->path, (int)pos, npu_error_name(e.code), npu_unit_name(e.unit), e.command, e.address);
}

static int run_list(generate_device_t *g, int32_t pos, const uint32_t *list, uint32_t bytes,
                    graph_error_t *err) {
    if (bytes > LIST_ROOM)
        return graph_fail(err,
                          "%s: a step of %" PRIu32 " bytes of commands is too long for the NPU",
                          g->path, bytes);
    memcpy(g->dev.mem, list, bytes);
    npu_status_t st = npu_submit(&g->npu, 0, bytes);
    if (st == NPU_OK)
        st = npu_wait(&g->npu, MAX_POLLS);
    if (st != NPU_OK)
        return explain(g, pos, st, err);
    const char *complaint = g->how.complaint ? g->how.complaint(&g->dev) : NULL;
    if (complaint)
        return graph_fail(err, "%s: position %d: %s", g->path, (int)pos, complaint);
    uint64_t counters[NPU_CNT_COUNT];
    npu_read_counters(&g->npu, counters);
    g->cost.has_cycles = g->how.has_cycles;
    g->cost.cycles += counters[NPU_CNT_CYCLES];
    g->cost.bytes_read += counters[NPU_CNT_BYTES_READ];
    g->cost.bytes_written += counters[NPU_CNT_BYTES_WRITTEN];
    const npu_memory_t memory = NPU_MEMORY_BENCH;
    const npu_list_t timed = {
        g->dev.mem,
        bytes,
        NPU_MEM_BASE,
        {NPU_MEM_BASE, NPU_MEM_BASE + g->arena, NPU_MEM_BASE + g->weights, 0}};
    npu_prediction_t p;
    if (npu_predict(g->program.config, &memory, &timed, NULL, &p))
        return graph_fail(err, "%s: position %d: no prediction of cycles: %s", g->path, (int)pos,
                          p.error);
    g->cost.cycles_predicted += p.cycles;
    return 0;
}

int32_t generate_device_at_once(const generate_device_t *g, int32_t pos) {
    return (int32_t)llm_program_at_once(&g->program, pos);
}

int generate_device_step(generate_device_t *g, const int32_t *tokens, int32_t count, int32_t pos,
                         int32_t *logits, graph_error_t *err) {
    const ref_decoder_t *d = &g->model->decoder;
    uint32_t *list, bytes;
    if (llm_program_step(&g->program, pos, (uint32_t)count, logits != NULL, g->path, &list, &bytes,
                         err))
        return -1;
    int32_t *x = (int32_t *)(void *)(g->dev.mem + g->arena + g->program.arena_x);
    for (int32_t i = 0; i < count; i++)
        ref_decoder_embed(d, tokens[i], x + (size_t)i * (size_t)d->dim);
    const generate_cost_t before = g->cost;
    int status = run_list(g, pos, list, bytes, err);
    free(list);
    if (!logits) {
        g->cost.filled += (uint64_t)count;
        g->cost.cycles_filling += g->cost.cycles - before.cycles;
        g->cost.cycles_filling_predicted += g->cost.cycles_predicted - before.cycles_predicted;
    }
    if (status == 0 && logits)
        memcpy(logits, g->dev.mem + g->arena + g->program.arena_logits, (size_t)d->vocab * 4);
    return status;
}

generate_cost_t generate_device_cost(const generate_device_t *g) {
    return g->cost;
}

void generate_device_close(generate_device_t *g) {
    if (g && g->dev.close)
        g->dev.close(g->dev.ctx);
    if (g && g->rtl.library)
        target_rtl_close(&g->rtl);
    if (g)
        llm_program_free(&g->program);
    free(g);
}

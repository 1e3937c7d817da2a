/*
 * generate_image.c - see generate_image.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "generate_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "npu_predict.h"
#include "npy.h"

/* Predicted with the regions at the addresses of an image at 0, which are as far from page borders
 * as the true ones. */
static int predict(generate_image_t *g, const char *path, const uint32_t *list, uint32_t bytes,
                   graph_error_t *err) {
    const npu_memory_t memory = NPU_MEMORY_BENCH;
    const npu_list_t timed = {
        (const uint8_t *)list, bytes, NPU_MEM_BASE, {NPU_MEM_BASE, NPU_MEM_BASE, NPU_MEM_BASE, 0}};
    npu_prediction_t p;
    size_t at = g->lists.n_steps;
    uint64_t *more = realloc(g->predicted, (at + 1) * sizeof *more);
    if (!more)
        return graph_fail(err, "%s: out of memory", path);
    g->predicted = more;
    if (npu_predict(g->program.config, &memory, &timed, NULL, &p))
        return graph_fail(err, "%s: no prediction of cycles: %s", path, p.error);
    more[at] = p.cycles;
    return 0;
}

/* The lists of all positions, as generate_run asks a device for them. */
static int make_lists(generate_image_t *g, const char *path, const sequence_t *q, int predicted,
                      graph_error_t *err) {
    for (int32_t pos = 0, count; pos < q->limit; pos += count) {
        uint32_t *list, bytes;
        int logits;
        count = generate_count(q, pos, (int32_t)llm_program_at_once(&g->program, pos), &logits);
        if (llm_program_step(&g->program, pos, (uint32_t)count, logits, path, &list, &bytes, err))
            return -1;
        llm_step_t step = {
            .pos = (uint32_t)pos, .count = (uint32_t)count, .logits = logits, .bytes = bytes};
        int status = predicted ? predict(g, path, list, bytes, err) : 0;
        if (status == 0 && llm_lists_add(&g->lists, step, list))
            status = graph_fail(err, "%s: out of memory for the commands", path);
        free(list);
        if (status)
            return -1;
    }
    return llm_lists_close(&g->lists) ? graph_fail(err, "%s: out of memory for the commands", path)
                                      : 0;
}

int generate_image_make(const generate_options_t *o, const llm_model_t *m,
                        const tokenizer_file_t *t, const sequence_t *q, uint32_t logit_rows,
                        int predicted, generate_image_t *g, graph_error_t *err) {
    char why[256];
    const npu_config_t *config = npu_find_config(o->config, why, sizeof why);
    memset(g, 0, sizeof *g);
    if (!config)
        return graph_fail(err, "%s: %s", o->checkpoint, why);
    if (llm_program_new(m, config, logit_rows, o->checkpoint, &g->program, err) ||
        make_lists(g, o->checkpoint, q, predicted, err))
        return -1;
    g->talk = (llm_talk_t){.program = &g->program,
                           .lists = &g->lists,
                           .tokenizer = t,
                           .prompt = o->prompt ? o->prompt : "",
                           .tokens = t ? NULL : q->tokens,
                           .limit = q->limit,
                           .sampler = sampler_new(o->temperature, o->top_p, o->seed)};
    return llm_image_plan(&g->talk, &g->image)
               ? graph_fail(err, "%s: weights and lists need more than 4 GiB", o->checkpoint)
               : 0;
}

int generate_image_write(const generate_options_t *o, const generate_image_t *g, uint8_t *to,
                         graph_error_t *err) {
    llm_image_write(&g->talk, &g->image, to);
    const char *wrong = llm_image_check((const llm_image_t *)(const void *)to, g->image.size);
    return wrong ? graph_fail(err, "%s: image: %s", o->checkpoint, wrong) : 0;
}

int generate_image_file(const generate_options_t *o, const llm_model_t *m,
                        const tokenizer_file_t *t, const sequence_t *q, graph_error_t *err) {
    generate_image_t g;
    uint8_t *bytes = NULL;
    int status = generate_image_make(o, m, t, q, 1, 0, &g, err);
    if (status == 0 && !(bytes = malloc(g.image.size)))
        status = graph_fail(err, "%s: out of memory", o->checkpoint);
    if (status == 0)
        status = generate_image_write(o, &g, bytes, err) ||
                 atomic_write(o->image, bytes, g.image.size, err);
    if (status == 0)
        printf("%s: %" PRIu32 " bytes: weights %" PRIu32 ", commands %" PRIu32
               ", positions %d; arena %" PRIu32 " bytes beside it\n",
               o->image, g.image.size, g.image.weights.bytes,
               g.image.lists.bytes + g.image.patches.bytes + g.image.steps.bytes, (int)q->limit,
               g.image.arena_size);
    free(bytes);
    generate_image_free(&g);
    return status ? -1 : 0;
}

void generate_image_free(generate_image_t *g) {
    llm_program_free(&g->program);
    llm_lists_free(&g->lists);
    free(g->predicted);
}

/*
 * test_image.c - the image of a language model for the soft-core (sw/llm/image.h): lists come back
 * from patches in any order; a damaged image is refused, or everything it names lies inside it.
 *
 * Synopsis: build/tests/llm/test_image     Seeds are fixed. Run under the sanitizers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_build.h"

enum { DIM = 32, HIDDEN = 40, LAYERS = 2, HEADS = 2, VOCAB = 270, CONTEXT = 40, PROMPT = 5 };

static int passed, failed;
static uint64_t state = 1;

static uint32_t random_u32(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static void check(const char *what, int good) {
    passed += good;
    failed += !good;
    if (!good)
        printf("FAIL image: %s; rerun: build/tests/llm/test_image\n", what);
}

static float *weights(size_t n) {
    float *w = malloc(n * sizeof *w);
    for (size_t i = 0; i < n; i++)
        w[i] = (float)((int32_t)(random_u32() % 2001) - 1000) / 1000;
    return w;
}

/* Pieces "a0", "a1", ... in one text. */
static void make_tokenizer(tokenizer_file_t *t) {
    *t = (tokenizer_file_t){.t = {.n = VOCAB, .longest = 4}, .size = VOCAB * 4};
    t->bytes = calloc(VOCAB, 5);
    t->piece = calloc(VOCAB, sizeof *t->piece);
    t->sorted = calloc(VOCAB, sizeof *t->sorted);
    for (int i = 0; i < VOCAB; i++) {
        const char text[4] = {'a', (char)('0' + i / 100), (char)('0' + i / 10 % 10),
                              (char)('0' + i % 10)};
        memcpy(t->bytes + 4 * i, text, 4);
        t->piece[i] = (token_piece_t){4 * (uint32_t)i, 4, -i};
        t->sorted[i] = i;
    }
    t->t.piece = t->piece;
    t->t.sorted = t->sorted;
    t->t.text = t->bytes;
}

/* Every word that the firmware would use, as sw/firmware/talk.c does. */
static uint32_t touch(const llm_image_t *m, uint8_t *arena, uint32_t arena_size) {
    uint32_t sum = 0;
    const llm_step_t *steps = llm_part(m, m->steps);
    const llm_patch_t *patches = llm_part(m, m->patches);
    const uint8_t *lists = llm_part(m, m->lists), *embed = llm_part(m, m->embed);
    tokenizer_t t = llm_image_tokenizer(m);
    if (m->arena_size > arena_size)
        return 0;
    for (uint32_t i = 0; i < m->steps.bytes / sizeof *steps; i++) {
        for (uint32_t k = 0; k < steps[i].patches; k++)
            sum += lists[4 * patches[steps[i].patch + k].word];
        sum +=
            steps[i].bytes ? lists[steps[i].list] + lists[steps[i].list + steps[i].bytes - 1] : 0;
        memset(arena + m->arena_x, 1, (size_t)steps[i].count * 4 * (size_t)m->dim);
        uint32_t last = steps[i].pos + steps[i].count - 1;
        sum += arena[m->arena_logits + last % m->logit_rows * m->logit_pitch +
                     4 * ((size_t)m->vocab - 1)];
    }
    sum += embed[(size_t)m->vocab * (size_t)m->dim - 1];
    sum += ((const uint8_t *)llm_part(m, m->embed_mult))[4 * (size_t)m->vocab - 1];
    sum += ((const uint8_t *)llm_part(m, m->embed_shift))[m->vocab - 1];
    if (m->tokens.bytes == 0 && tokenizer_valid(&t, m->text.bytes) && m->prompt.bytes < 1000) {
        int32_t *tokens = malloc(8 * ((size_t)m->prompt.bytes + 2));
        int32_t n = tokenizer_encode(&t, llm_part(m, m->prompt), (int32_t)m->prompt.bytes, tokens,
                                     m->limit);
        for (int32_t i = 1; i < n; i++) {
            uint8_t byte[1];
            int32_t length;
            const uint8_t *s = tokenizer_decode(&t, tokens[i - 1], tokens[i], byte, &length);
            sum += length ? s[length - 1] : 0;
        }
        free(tokens);
    }
    return sum;
}

static void test_lists(const llm_program_t *p, const llm_lists_t *l, const llm_image_t *m) {
    size_t n = m->steps.bytes / sizeof(llm_step_t);
    uint32_t *lists = malloc(m->lists.bytes);
    graph_error_t err;
    memcpy(lists, llm_part(m, m->lists), m->lists.bytes);
    check("fewer lists than steps", n > 3 && l->n_words * 4 < n * l->steps[n - 1].bytes / 2);
    for (int i = 0; i < 60; i++) { /* in any order, again and again */
        const llm_step_t *s = (const llm_step_t *)llm_part(m, m->steps) + random_u32() % n;
        const llm_patch_t *patch = (const llm_patch_t *)llm_part(m, m->patches) + s->patch;
        uint32_t *list, bytes;
        for (uint32_t k = 0; k < s->patches; k++)
            lists[patch[k].word] = patch[k].value;
        if (llm_program_step(p, (int32_t)s->pos, s->count, s->logits, "test", &list, &bytes, &err))
            exit(2);
        check("the list of a step",
              bytes == s->bytes && memcmp(lists + s->list / 4, list, bytes) == 0);
        free(list);
    }
    free(lists);
}

static void test_damage(const llm_image_t *good) {
    uint32_t refused = 0, taken = 0, sum = 0;
    size_t tables[3] = {good->steps.at, good->patches.at, good->pieces.at};
    uint8_t *arena = malloc(good->arena_size);
    for (int i = 0; i < 6000; i++) {
        /* an allocation of exactly its size, so that a read behind it is seen */
        uint32_t size = random_u32() % 16 ? good->size : random_u32() % good->size;
        llm_image_t *m = malloc(size + 1);
        memcpy(m, good, size);
        for (uint32_t k = random_u32() % 3; size == good->size && k < 3; k++) {
            size_t at = random_u32() % 2 ? random_u32() % (sizeof *m / 4) * 4
                                         : tables[random_u32() % 3] + random_u32() % 64 * 4;
            uint32_t word = random_u32() % 3   ? random_u32() % 100
                            : random_u32() % 2 ? random_u32() << 1
                                               : 0u - random_u32() % 9;
            memcpy((uint8_t *)m + at, &word, 4);
        }
        if (llm_image_check(m, size)) {
            refused++;
        } else {
            taken++;
            sum += touch(m, arena, good->arena_size);
        }
        free(m);
    }
    check("some damage is refused, some does no harm", refused > 1000 && taken > 200);
    printf("image: %u damaged ones refused, %u harmless (%u)\n", refused, taken, sum & 1);
    free(arena);
}

int main(void) {
    graph_error_t err;
    llm_model_t model;
    llm_program_t program;
    llm_lists_t lists = {0};
    tokenizer_file_t tokenizer;
    const checkpoint_t c = {.dim = DIM,
                            .hidden = HIDDEN,
                            .n_layers = LAYERS,
                            .heads = HEADS,
                            .kv_heads = HEADS,
                            .vocab = VOCAB,
                            .context = CONTEXT,
                            .head_dim = DIM / HEADS,
                            .kv_dim = DIM,
                            .embed = weights(VOCAB * DIM),
                            .attention_norm = weights(LAYERS * DIM),
                            .wq = weights(LAYERS * DIM * DIM),
                            .wk = weights(LAYERS * DIM * DIM),
                            .wv = weights(LAYERS * DIM * DIM),
                            .wo = weights(LAYERS * DIM * DIM),
                            .mlp_norm = weights(LAYERS * DIM),
                            .w1 = weights(LAYERS * HIDDEN * DIM),
                            .w2 = weights(LAYERS * HIDDEN * DIM),
                            .w3 = weights(LAYERS * HIDDEN * DIM),
                            .final_norm = weights(DIM)};
    checkpoint_t shared = c;
    shared.classifier = c.embed;
    if (llm_quantize(&shared, "test", 8, &model, &err) ||
        llm_program_new(&model, npu_find_config("npu16w", NULL, 0), CONTEXT, "test", &program,
                        &err)) {
        printf("FAIL image: %s\n", err.msg);
        return 1;
    }
    for (int32_t pos = 0, count; pos < CONTEXT; pos += count) {
        uint32_t *list, bytes;
        count = pos < PROMPT ? PROMPT : 1;
        if (llm_program_step(&program, pos, (uint32_t)count, true, "test", &list, &bytes, &err))
            return 1;
        check("added", llm_lists_add(&lists,
                                     (llm_step_t){.pos = (uint32_t)pos,
                                                  .count = (uint32_t)count,
                                                  .logits = 1,
                                                  .bytes = bytes},
                                     list) == 0);
        free(list);
    }
    check("closed", llm_lists_close(&lists) == 0);
    make_tokenizer(&tokenizer);
    llm_image_t plan;
    const llm_talk_t talk = {.program = &program,
                             .lists = &lists,
                             .tokenizer = &tokenizer,
                             .prompt = "a007a123",
                             .limit = CONTEXT,
                             .sampler = sampler_new(0.5, 0.9, 7)};
    check("planned", llm_image_plan(&talk, &plan) == 0);
    llm_image_t *image = malloc(plan.size);
    llm_image_write(&talk, &plan, (uint8_t *)image);
    const char *wrong = llm_image_check(image, plan.size);
    check("a good image", wrong == NULL);
    sampler_t s = llm_image_sampler(image);
    check("the sampler comes back", s.mult == talk.sampler.mult && s.shift == talk.sampler.shift &&
                                        s.top_p == talk.sampler.top_p &&
                                        s.state == talk.sampler.state && s.greedy == 0);
    test_lists(&program, &lists, image);
    test_damage(image);
    printf("%d passed, %d failed\n", passed, failed);
    const float *const all[] = {c.embed,     c.attention_norm, c.wq, c.wk, c.wv,
                                c.wo,        c.mlp_norm,       c.w1, c.w2, c.w3,
                                c.final_norm};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free((void *)(uintptr_t)all[i]);
    free(image);
    free(tokenizer.bytes);
    free(tokenizer.piece);
    free(tokenizer.sorted);
    llm_lists_free(&lists);
    llm_program_free(&program);
    llm_model_free(&model);
    return failed != 0;
}

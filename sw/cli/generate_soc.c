/*
 * generate_soc.c - `systole generate` on the Verilated system: the host lays image (sw/llm/image.h)
 * and mailbox into main memory, relays the UART, and compares afterwards. Tokenizer, embedding,
 * sampler and the loop over the positions are the firmware's (sw/firmware/talk.c).
 *
 * Contract:  every list stores its logits in a row of its own where they are compared or wanted, so
 * that they can be looked at afterwards as the NPU wrote them. Lines of the UART that are not text
 * go to stderr with --stats.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "generate_image.h"
#include "npu_device.h"
#include "soc_system.h"

enum { MAILBOX = 4096, PAGE = 4096 };

typedef struct {
    const generate_options_t *o;
    const llm_model_t *m;
    sequence_t *q;
    generate_image_t g;
    soc_system_t soc;
    soc_mailbox_t *mailbox;
    const llm_notes_t *notes;
    const int32_t *tokens; /* behind them */
    const uint8_t *arena;
} job_t;

static void on_line(void *user, const char *line) {
    if (((job_t *)user)->o->stats)
        fprintf(stderr, "uart| %s\n", line);
}

static void on_text(void *user, char c) {
    (void)user;
    fputc(c, stdout);
    fflush(stdout);
}

/* Mailbox, image, arena, the firmware's own, each from a page on. */
static int place(job_t *j, graph_error_t *err) {
    soc_sim_t *sim = &j->soc.sim;
    const llm_image_t *image = &j->g.image;
    uint64_t arena = ((uint64_t)MAILBOX + image->size + PAGE - 1) / PAGE * PAGE;
    uint64_t scratch = (arena + image->arena_size + PAGE - 1) / PAGE * PAGE;
    uint64_t room = llm_image_scratch(image);
    if (scratch + room > sim->mem_size)
        return graph_fail(err,
                          "%s: weights, caches%s need %" PRIu64
                          " bytes of main memory, the system has %zu: try a smaller -n%s",
                          j->o->checkpoint,
                          image->logit_rows > 1 ? ", lists and logits to compare" : " and lists",
                          scratch + room, sim->mem_size,
                          image->logit_rows > 1 ? ", or --no-compare" : "");
    if (generate_image_write(j->o, &j->g, sim->mem + MAILBOX, err))
        return -1;
    j->mailbox = (soc_mailbox_t *)sim->mem;
    *j->mailbox = (soc_mailbox_t){.magic = SOC_MAILBOX_MAGIC,
                                  .version = SOC_MAILBOX_VERSION,
                                  .image_addr = NPU_MEM_BASE + MAILBOX,
                                  .image_size = image->size,
                                  .arena_addr = (uint32_t)(NPU_MEM_BASE + arena),
                                  .arena_size = image->arena_size,
                                  .scratch_addr = (uint32_t)(NPU_MEM_BASE + scratch),
                                  .scratch_size = (uint32_t)room,
                                  .npu_timeout = SOC_NPU_TIMEOUT,
                                  .state = SOC_MAILBOX_READY};
    j->arena = sim->mem + arena;
    j->notes = (const llm_notes_t *)(sim->mem + scratch);
    j->tokens = (const int32_t *)(j->notes + 1);
    return 0;
}

static const int32_t *logits_of(const job_t *j, int32_t pos) {
    const llm_image_t *p = &j->g.image;
    return (const int32_t *)(const void *)(j->arena + p->arena_logits +
                                           (size_t)((uint32_t)pos % p->logit_rows) *
                                               p->logit_pitch);
}

/* What the firmware noted becomes the sequence. */
static int take_notes(job_t *j, graph_error_t *err) {
    sequence_t *q = j->q;
    const llm_notes_t *n = j->notes;
    uint32_t steps = n->steps;
    if (n->given != (uint32_t)q->given || n->given + n->made > (uint32_t)q->limit + 1 ||
        steps > j->g.lists.n_steps || steps == 0)
        return graph_fail(err,
                          "%s: the firmware says %" PRIu32 " + %" PRIu32 " tokens in %" PRIu32
                          " lists, which cannot be",
                          j->o->checkpoint, n->given, n->made, steps);
    const llm_step_t *last = &j->g.lists.steps[steps - 1];
    q->steps = (int32_t)(last->pos + last->count);
    q->made = (int32_t)n->made;
    memcpy(q->tokens, j->tokens, (n->given + n->made) * sizeof *q->tokens);
    size_t vocab = (size_t)j->m->decoder.vocab;
    for (int32_t pos = 0; q->keep && pos < q->steps; pos++)
        memcpy(q->logits + (size_t)pos * vocab, logits_of(j, pos), vocab * sizeof *q->logits);
    return 0;
}

/* The same text and logits as ref's? `given`: the tokens that the host found, before the run. */
static int compare(const job_t *j, const tokenizer_t *t, int32_t *given, graph_error_t *err) {
    const sequence_t *q = j->q;
    size_t vocab = (size_t)j->m->decoder.vocab;
    sequence_t ref = {.tokens = given,
                      .given = q->given,
                      .limit = q->limit,
                      .keep = 1,
                      .logits = calloc((size_t)q->limit * vocab, sizeof *ref.logits)};
    int status = ref.logits ? generate_run(j->o, j->m, t, NULL, 0, &ref, NULL, err)
                            : graph_fail(err, "%s: out of memory", j->o->checkpoint);
    int32_t differs = -1;
    for (uint32_t i = 0; status == 0 && differs < 0 && i < j->g.lists.n_steps; i++) {
        const llm_step_t *s = &j->g.lists.steps[i];
        int32_t last = (int32_t)(s->pos + s->count - 1);
        if (last >= q->steps && last >= ref.steps)
            break;
        if (last >= q->steps || last >= ref.steps || /* one went on, the other did not */
            (s->logits &&
             memcmp(logits_of(j, last), ref.logits + (size_t)last * vocab, vocab * 4) != 0) ||
            memcmp(q->tokens + s->pos, given + s->pos, s->count * sizeof *given) != 0)
            differs = last;
    }
    if (differs < 0 &&
        (q->made != ref.made || memcmp(q->tokens, given, (size_t)(q->given + q->made) * 4) != 0))
        differs = q->steps - 1;
    j->q->differs = differs;
    free(ref.logits);
    return status;
}

static void sum_up(const job_t *j, generate_cost_t *cost) {
    *cost = (generate_cost_t){.has_cycles = 1,
                              .cycles = j->mailbox->cycles_total,
                              .bytes_read = j->notes->bytes_read,
                              .bytes_written = j->notes->bytes_written,
                              .has_driver = 1,
                              .cycles_driver = j->mailbox->cycles_cpu};
    for (uint32_t i = 0; i < j->notes->steps; i++)
        cost->cycles_predicted += j->g.predicted[i];
}

static int run(job_t *j, const tokenizer_file_t *t, generate_cost_t *cost, graph_error_t *err) {
    const generate_options_t *o = j->o;
    sequence_t *q = j->q;
    size_t room = (size_t)q->limit + 1;
    j->soc = (soc_system_t){.on_line = on_line, .on_text = on_text, .user = j};
    if (soc_system_open(&j->soc, "talk", o->config, NULL, 1, err))
        return -1;
    int32_t *given = malloc(room * sizeof *given);
    int status = given ? place(j, err) : graph_fail(err, "%s: out of memory", o->checkpoint);
    if (status == 0) {
        memcpy(given, q->tokens, (size_t)q->given * sizeof *given);
        status = soc_system_run(&j->soc, o->checkpoint, j->mailbox, err);
    }
    if (status == 0 && t)
        fputc('\n', stdout);
    if (status == 0)
        status = take_notes(j, err);
    if (status == 0)
        sum_up(j, cost);
    if (status == 0 && o->compare)
        status = compare(j, t ? &t->t : NULL, given, err);
    free(given);
    soc_system_close(&j->soc);
    return status;
}

int generate_soc(const generate_options_t *o, const llm_model_t *m, const tokenizer_file_t *t,
                 sequence_t *q, generate_cost_t *cost, graph_error_t *err) {
    job_t *j = calloc(1, sizeof *j);
    if (!j)
        return graph_fail(err, "%s: out of memory", o->checkpoint);
    j->o = o;
    j->m = m;
    j->q = q;
    uint32_t rows = o->compare || q->keep ? (uint32_t)q->limit : 1;
    int status = generate_image_make(o, m, t, q, rows, 1, &j->g, err);
    if (status == 0)
        status = run(j, t, cost, err);
    generate_image_free(&j->g);
    free(j);
    return status;
}

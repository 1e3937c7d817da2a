/*
 * talk.c - firmware that makes text: of a language model's image (sw/llm/image.h) that the loader
 * left in main memory, or else of the one in the SPI flash. The soft-core has tokenizer and
 * sampler, the NPU runs the command list of each position.
 *
 * On the UART, behind the lines that every firmware says: STX (2), the prompt and the text as it is
 * made, ETX (3); the text has no control characters but tab and line end. A firmware of its own:
 * without the operators' kernels most of the RAM is free for the tokenizer and the sampler.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>
#include <string.h>

#include "flash_boot.h"
#include "image.h"
#include "platform.h"
#include "ref_decoder.h"
#include "session.h"

#define STX 2
#define ETX 3

/* Main memory costs its whole latency for each access: what is read again and again moves here if
 * it fits. 8-byte aligned. */
static uint64_t pool[12288]; /* 96 KiB */
static uint32_t pool_used;   /* bytes */

typedef struct {
    const llm_image_t *image;
    tokenizer_t tokenizer;
    sampler_t sampler;
    ref_decoder_t decoder;   /* the embedding only */
    llm_notes_t *notes;      /* in main memory, like these */
    int32_t *tokens;         /* (limit + 1) */
    int32_t *order, *weight; /* (vocab) */
    int32_t *logits;         /* (vocab) on chip, or NULL */
    utf8_stream_t utf8;
} talk_t;

/* Room on chip, or NULL. */
static void *on_chip(uint32_t bytes) {
    bytes = (bytes + 7u) & ~7u;
    if (bytes > sizeof pool - pool_used) {
        return NULL;
    }
    void *room = (uint8_t *)pool + pool_used;
    pool_used += bytes;
    return room;
}

/* A copy on chip, or where it is. */
static const void *brought(const void *from, uint32_t bytes) {
    void *to = on_chip(bytes);
    return to ? memcpy(to, from, bytes) : from;
}

static void refuse(const char *why) {
    begin_error();
    put_str("image: ");
    put_str(why);
    put_char('\n');
    fail(SOC_FAIL_IMAGE, 0, 0);
}

/* Everything's place. 1, or 0: reported. */
static int open_image(talk_t *t, const npu_config_t *c) {
    const llm_image_t *m = (const llm_image_t *)(uintptr_t)mailbox->image_addr;
    const char *why = llm_image_check(m, mailbox->image_size);
    if (!why && (m->n != c->n || m->sp_words > c->sp_words || m->acc_depth > c->acc_depth ||
                 c->wide_lanes == 0)) {
        why = "its lists are for another configuration of the NPU";
    }
    if (!why &&
        (m->arena_size > mailbox->arena_size || llm_image_scratch(m) > mailbox->scratch_size)) {
        why = "too little room beside it";
    }
    if (why) {
        refuse(why);
        return 0;
    }
    pool_used = 0;
    uint32_t vocab = (uint32_t)m->vocab;
    *t = (talk_t){.image = m, .sampler = llm_image_sampler(m)};
    t->notes = (llm_notes_t *)(uintptr_t)mailbox->scratch_addr;
    t->tokens = (int32_t *)(void *)(t->notes + 1);
    t->order = on_chip(4 * vocab);
    t->weight = on_chip(4 * vocab);
    t->logits = on_chip(4 * vocab);
    int32_t *slow =
        (int32_t *)(uintptr_t)(mailbox->scratch_addr + llm_image_scratch(m)) - 2 * vocab;
    t->order = t->order ? t->order : slow;
    t->weight = t->weight ? t->weight : slow + vocab;
    t->tokenizer = llm_image_tokenizer(m);
    t->tokenizer.sorted = brought(t->tokenizer.sorted, m->sorted.bytes);
    t->tokenizer.piece = brought(t->tokenizer.piece, m->pieces.bytes);
    t->tokenizer.text = brought(t->tokenizer.text, m->text.bytes);
    t->decoder = (ref_decoder_t){.dim = m->dim,
                                 .embed = llm_part(m, m->embed),
                                 .embed_mult = llm_part(m, m->embed_mult),
                                 .embed_shift = llm_part(m, m->embed_shift)};
    if (m->tokens.bytes == 0 && !tokenizer_valid(&t->tokenizer, m->text.bytes)) {
        refuse("a piece of the tokenizer outside its text");
        return 0;
    }
    return 1;
}

/* Regions of the NPU, an arena of zeros. */
static npu_status_t prepare(const talk_t *t, npu_t *npu) {
    const llm_image_t *m = t->image;
    uint32_t at = mailbox->image_addr;
    memset((void *)(uintptr_t)mailbox->arena_addr, 0, m->arena_size);
    npu_status_t st =
        npu_set_region(npu, LLM_LIST, at + m->lists.at, m->lists.bytes, NPU_REGION_READ);
    if (st == NPU_OK) {
        st = npu_set_region(npu, LLM_ARENA, mailbox->arena_addr, m->arena_size,
                            NPU_REGION_READ | NPU_REGION_WRITE);
    }
    if (st == NPU_OK) {
        st =
            npu_set_region(npu, LLM_WEIGHTS, at + m->weights.at, m->weights.bytes, NPU_REGION_READ);
    }
    return st;
}

static void say(talk_t *t, int32_t before, int32_t token) {
    uint8_t byte[1], text[64];
    int32_t length;
    const uint8_t *s = tokenizer_decode(&t->tokenizer, before, token, byte, &length);
    for (int32_t at = 0; at < length; at += 16) {
        int32_t n = utf8_stream(&t->utf8, s + at, length - at < 16 ? length - at : 16, text);
        for (int32_t i = 0; i < n; i++) {
            put_char((char)text[i]);
        }
    }
}

/* The tokens to begin with; 1, or 0: reported. */
static int begin_text(talk_t *t) {
    const llm_image_t *m = t->image;
    if (m->tokens.bytes != 0) {
        memcpy(t->tokens, llm_part(m, m->tokens), m->tokens.bytes);
        t->notes->given = (uint32_t)m->limit;
        return 1;
    }
    int32_t given = tokenizer_encode(&t->tokenizer, llm_part(m, m->prompt),
                                     (int32_t)m->prompt.bytes, t->tokens, m->limit);
    if (given < 0) {
        refuse("the prompt has more tokens than there are positions");
        return 0;
    }
    t->notes->given = (uint32_t)given;
    put_char(STX);
    for (int32_t i = 1; i < given; i++) {
        say(t, t->tokens[i - 1], t->tokens[i]);
    }
    return 1;
}

static void end_text(talk_t *t) {
    uint8_t text[16];
    int32_t n = utf8_stream(&t->utf8, NULL, 0, text);
    for (int32_t i = 0; i < n; i++) {
        put_char((char)text[i]);
    }
    put_char(ETX);
    put_char('\n');
}

/* One list, its words brought up to date. */
static npu_status_t run_step(talk_t *t, npu_t *npu, const llm_step_t *s) {
    const llm_image_t *m = t->image;
    uint32_t *lists = (uint32_t *)(uintptr_t)(mailbox->image_addr + m->lists.at);
    const llm_patch_t *patch = (const llm_patch_t *)llm_part(m, m->patches) + s->patch;
    int32_t *x = (int32_t *)(uintptr_t)(mailbox->arena_addr + m->arena_x);
    uint64_t counters[NPU_CNT_COUNT];
    for (uint32_t i = 0; i < s->patches; i++) {
        lists[patch[i].word] = patch[i].value;
    }
    for (uint32_t i = 0; i < s->count; i++) {
        ref_decoder_embed(&t->decoder, t->tokens[s->pos + i], x + i * (uint32_t)m->dim);
    }
    npu_status_t st = npu_submit(npu, s->list, s->bytes);
    if (st == NPU_OK) {
        st = npu_wait(npu, session_polls());
    }
    if (st == NPU_OK) {
        npu_read_counters(npu, counters);
        t->notes->cycles_npu += counters[NPU_CNT_CYCLES];
        t->notes->bytes_read += counters[NPU_CNT_BYTES_READ];
        t->notes->bytes_written += counters[NPU_CNT_BYTES_WRITTEN];
        t->notes->steps++;
    }
    return st;
}

/* The token behind position pos. */
static int32_t draw(talk_t *t, uint32_t pos) {
    const llm_image_t *m = t->image;
    const int32_t *logits = (const int32_t *)(uintptr_t)(mailbox->arena_addr + m->arena_logits +
                                                         pos % m->logit_rows * m->logit_pitch);
    if (t->logits) {
        logits = memcpy(t->logits, logits, 4u * (uint32_t)m->vocab);
    }
    return sampler_next(&t->sampler, logits, m->vocab, t->order, t->weight);
}

/* All steps, or as many as the text has; the token that ends it is not said. */
static npu_status_t make_text(talk_t *t, npu_t *npu, uint32_t *failed) {
    const llm_image_t *m = t->image;
    const llm_step_t *steps = llm_part(m, m->steps);
    uint32_t n = m->steps.bytes / (uint32_t)sizeof *steps, given = t->notes->given;
    for (uint32_t i = 0; i < n; i++) {
        llm_step_t s = steps[i];
        uint32_t end = s.pos + s.count;
        *failed = s.pos;
        if (end > given + t->notes->made) { /* made for a shorter prompt: a token is missing */
            return NPU_E_ARG;
        }
        npu_status_t st = run_step(t, npu, &s);
        if (st != NPU_OK) {
            return st;
        }
        if (m->tokens.bytes != 0 || end < given || !s.logits) {
            continue;
        }
        int32_t next = draw(t, end - 1), before = t->tokens[end - 1];
        if (next == TOKEN_BEGIN || next == TOKEN_END) {
            break;
        }
        t->tokens[end] = next;
        t->notes->made++;
        say(t, before, next);
    }
    return NPU_OK;
}

static void run(void) {
    static npu_t npu;
    static talk_t talk;
    uint32_t failed = 0;
    if (!session_begin(&npu) || !open_image(&talk, &npu.config)) {
        return;
    }
    memset(talk.notes, 0, sizeof *talk.notes);
    npu_status_t st = prepare(&talk, &npu);
    uint64_t start = clock_cycles();
    if (st == NPU_OK) {
        if (!begin_text(&talk)) {
            return;
        }
        st = make_text(&talk, &npu, &failed);
        if (talk.image->tokens.bytes == 0) {
            end_text(&talk);
        }
    }
    mailbox->steps = talk.notes->steps;
    mailbox->cycles_total = clock_cycles() - start;
    mailbox->cycles_npu = talk.notes->cycles_npu;
    mailbox->cycles_cpu = mailbox->cycles_total - mailbox->cycles_npu;
    if (st != NPU_OK) {
        npu_error_t error;
        npu_get_error(&npu, &error);
        begin_error();
        put_str("position ");
        put_u32(failed);
        put_str(": ");
        put_npu_failure(st, &error);
        put_str("\n");
        fail(SOC_FAIL_NPU, st, error.code | error.unit << 8);
        return;
    }
    put_str("tokens ");
    put_u32(talk.notes->given);
    put_char('+');
    put_u32(talk.notes->made);
    put_str(" cycles ");
    put_u64(mailbox->cycles_total, 0);
    put_str(" npu ");
    put_u64(mailbox->cycles_npu, 0);
    put_char('\n');
    session_end();
}

static const char *needs_of(const void *image, uint32_t size, flash_needs_t *needs) {
    const llm_image_t *m = image;
    const char *wrong = llm_image_check(m, size);
    if (!wrong && llm_image_scratch(m) > UINT32_MAX) {
        wrong = "more positions than there can be memory for";
    }
    if (!wrong) {
        *needs = (flash_needs_t){m->arena_size, (uint32_t)llm_image_scratch(m)};
    }
    return wrong;
}

/* What the flash has to say, into the mailbox. */
static flash_status_t boot(void) {
    static flash_image_t flash;
    soc_mailbox_t ready;
    flash_status_t status = flash_fetch(&flash, FLASH_TALK, needs_of, &ready);
    if (status == FLASH_GOOD) {
        *mailbox = ready;
    }
    return status;
}

int main(void) {
    session_banner();
    if (!session_loaded() && boot() == FLASH_BAD) {
        fail(SOC_FAIL_FLASH, 0, 0);
    } else {
        run();
    }
    session_serve(run);
}

/*
 * prog_write.c - builder of program images (host only); see prog_write.h and the layout in prog.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "prog_write.h"

#include <stdlib.h>
#include <string.h>

#define CMD_ALIGN 64u /* the command section starts on a full DMA burst line */

typedef struct {
    uint8_t *data;
    size_t size, capacity;
} buffer_t;

struct prog_builder {
    prog_config_t config;
    buffer_t consts, cmds, ops, operands, steps, inputs, outputs;
    prog_layer_t *layers;
    uint32_t n_layers, layer_capacity;
    uint32_t n_cmds, n_steps, n_operands, n_inputs, n_outputs;
    uint32_t arena_size, scratch_size, state_size, state_init;
    prog_status_t failed; /* sticky */
};

static void wr32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> 8 * i);
    }
}

/* Grow by n zeroed bytes; NULL after a failure. Images stay below 2^31 bytes. */
static uint8_t *grow(prog_builder_t *b, buffer_t *buf, size_t n) {
    if (b->failed != PROG_OK) {
        return NULL;
    }
    if (n > 0x7fffffffu - PROG_HEADER_BYTES - buf->size) {
        b->failed = PROG_E_RANGE;
        return NULL;
    }
    if (buf->data == NULL || buf->size + n > buf->capacity) {
        size_t capacity = (buf->size + n) * 2 + 64;
        uint8_t *data = realloc(buf->data, capacity);
        if (data == NULL) {
            b->failed = PROG_E_NOMEM;
            return NULL;
        }
        buf->data = data;
        buf->capacity = capacity;
    }
    uint8_t *at = buf->data + buf->size;
    memset(at, 0, n);
    buf->size += n;
    return at;
}

static size_t padding(size_t size, size_t align) {
    return (align - size % align) % align;
}

prog_builder_t *prog_builder_new(const npu_config_t *config) {
    prog_builder_t *b = calloc(1, sizeof *b);
    if (b != NULL) {
        b->config = prog_config_of(config);
        b->config.features &= ~PROG_USES; /* not used so far */
    }
    return b;
}

void prog_builder_free(prog_builder_t *b) {
    if (b == NULL) {
        return;
    }
    buffer_t *all[] = {&b->consts, &b->cmds,   &b->ops,    &b->operands,
                       &b->steps,  &b->inputs, &b->outputs};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]->data);
    }
    free(b->layers);
    free(b);
}

uint32_t prog_add_const(prog_builder_t *b, const void *bytes, size_t size, uint32_t align) {
    if (align == 0 || (align & (align - 1)) != 0 || align > 4096) {
        b->failed = b->failed != PROG_OK ? b->failed : PROG_E_ALIGN;
        return 0;
    }
    size_t pad = padding(PROG_HEADER_BYTES + b->consts.size, align);
    uint8_t *at = grow(b, &b->consts, pad + size);
    if (at == NULL) {
        return 0;
    }
    if (size != 0) {
        memcpy(at + pad, bytes, size);
    }
    return (uint32_t)(PROG_HEADER_BYTES + b->consts.size - size);
}

uint8_t *prog_const_at(prog_builder_t *b, uint32_t image_offset) {
    if (image_offset < PROG_HEADER_BYTES || image_offset - PROG_HEADER_BYTES >= b->consts.size) {
        return NULL;
    }
    return b->consts.data + (image_offset - PROG_HEADER_BYTES);
}

uint32_t prog_cmd_count(const prog_builder_t *b) {
    return b->n_cmds;
}

/* Step entry with its command or operator offset still relative to its section. */
static void add_step(prog_builder_t *b, uint32_t kind, uint32_t layer, const uint32_t word[4]) {
    uint8_t *e = grow(b, &b->steps, PROG_STEP_BYTES);
    if (e == NULL) {
        return;
    }
    wr32(e, kind);
    wr32(e + 4, layer);
    for (int i = 0; i < 4; i++) {
        wr32(e + 8 + 4 * i, word[i]);
    }
    b->n_steps++;
}

void prog_add_npu_step(prog_builder_t *b, const uint32_t *cmds, uint32_t count, uint32_t layer) {
    uint32_t begin = (uint32_t)b->cmds.size, used = 0;
    if (count == 0 || count > PROG_MAX_STEP_CMDS) {
        b->failed = b->failed != PROG_OK ? b->failed : PROG_E_VALUE;
        return;
    }
    uint8_t *at = grow(b, &b->cmds, (size_t)count * NPU_CMD_BYTES);
    if (at == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *words = cmds + (size_t)i * NPU_CMD_WORDS;
        if (npu_cmd_opcode(words) == NPU_OP_SOFTMAX)
            b->config.features |= NPU_FEATURE_SOFTMAX;
        if (npu_cmd_opcode(words) == NPU_OP_NORM)
            b->config.features |= NPU_FEATURE_NORM;
        used += npu_list_put(words, at + used);
    }
    memset(at + used, 0, (size_t)count * NPU_CMD_BYTES - used);
    b->cmds.size = begin + used;
    add_step(b, PROG_STEP_NPU, layer, (uint32_t[4]){begin, count, b->n_cmds, used});
    b->n_cmds += count;
}

void prog_add_cpu_step(prog_builder_t *b, const void *op, size_t op_size,
                       const prog_operand_t *operands, uint32_t n_operands, uint32_t layer) {
    size_t op_at = b->ops.size;
    uint8_t *at = grow(b, &b->ops, op_size + padding(op_size, PROG_ALIGN));
    if (at == NULL) {
        return;
    }
    memcpy(at, op, op_size);
    for (uint32_t i = 0; i < n_operands; i++) {
        uint8_t *e = grow(b, &b->operands, PROG_OPERAND_BYTES);
        if (e == NULL) {
            return;
        }
        wr32(e, operands[i].region);
        wr32(e + 4, operands[i].offset);
        wr32(e + 8, operands[i].size);
        wr32(e + 12, operands[i].flags);
    }
    add_step(b, PROG_STEP_CPU, layer,
             (uint32_t[4]){(uint32_t)op_at, (uint32_t)op_size, b->n_operands, n_operands});
    b->n_operands += n_operands;
}

static void add_io(prog_builder_t *b, buffer_t *table, uint32_t *count, const prog_io_t *io) {
    uint8_t *e = grow(b, table, PROG_IO_BYTES);
    if (e == NULL) {
        return;
    }
    wr32(e, io->offset);
    wr32(e + 4, io->size);
    wr32(e + 8, io->type);
    wr32(e + 12, io->rank);
    for (uint32_t d = 0; d < PROG_MAX_RANK && d < io->rank; d++) {
        wr32(e + 16 + 4 * d, io->dims[d]);
    }
    wr32(e + 48, io->scale_bits);
    wr32(e + 52, (uint32_t)io->zero_point);
    prog_set_name((char *)e + 56, sizeof io->name, io->name);
    (*count)++;
}

void prog_add_input(prog_builder_t *b, const prog_io_t *io) {
    add_io(b, &b->inputs, &b->n_inputs, io);
}

void prog_add_output(prog_builder_t *b, const prog_io_t *io) {
    add_io(b, &b->outputs, &b->n_outputs, io);
}

uint32_t prog_add_layer(prog_builder_t *b, const prog_layer_t *layer) {
    if (b->failed != PROG_OK) {
        return 0;
    }
    if (b->n_layers == b->layer_capacity) {
        uint32_t capacity = b->layer_capacity * 2 + 16;
        prog_layer_t *layers = realloc(b->layers, capacity * sizeof *layers);
        if (layers == NULL) {
            b->failed = PROG_E_NOMEM;
            return 0;
        }
        b->layers = layers;
        b->layer_capacity = capacity;
    }
    b->layers[b->n_layers] = *layer;
    return b->n_layers++;
}

prog_layer_t *prog_layer_at(prog_builder_t *b, uint32_t index) {
    return index < b->n_layers ? &b->layers[index] : NULL;
}

void prog_set_arena(prog_builder_t *b, uint32_t arena_bytes, uint32_t scratch_bytes) {
    b->arena_size = arena_bytes;
    b->scratch_size = scratch_bytes;
}

void prog_set_state(prog_builder_t *b, const void *init, uint32_t size) {
    b->state_size = size;
    b->state_init = size != 0 ? prog_add_const(b, init, size, PROG_ALIGN) : 0;
}

void prog_set_name(char *field, size_t field_size, const char *s) {
    size_t n = 0;
    while (n + 1 < field_size && s[n] != 0) {
        n++;
    }
    memcpy(field, s, n);
    memset(field + n, 0, field_size - n);
}

static void write_layers(const prog_builder_t *b, uint8_t *at) {
    for (uint32_t i = 0; i < b->n_layers; i++, at += PROG_LAYER_BYTES) {
        const prog_layer_t *l = &b->layers[i];
        prog_set_name((char *)at, sizeof l->name, l->name);
        prog_set_name((char *)at + 52, sizeof l->op, l->op);
        wr32(at + 76, (uint32_t)l->macs);
        wr32(at + 80, (uint32_t)(l->macs >> 32));
        wr32(at + 84, l->unit);
        wr32(at + 88, l->first_cmd);
        wr32(at + 92, l->last_cmd);
    }
}

/* Section offsets for the current contents; returns the total size. */
static uint64_t lay_out(const prog_builder_t *b, prog_header_t *h) {
    uint64_t at = PROG_HEADER_BYTES;
    h->const_offset = (uint32_t)at;
    h->const_size = (uint32_t)b->consts.size;
    at += b->consts.size + padding(at + b->consts.size, CMD_ALIGN);
    h->cmd_offset = (uint32_t)at;
    h->cmd_size = (uint32_t)b->cmds.size;
    h->n_cmds = b->n_cmds;
    at += b->cmds.size + padding(at + b->cmds.size, PROG_ALIGN);
    h->op_offset = (uint32_t)at;
    h->op_size = (uint32_t)b->ops.size;
    at += b->ops.size;
    h->operand_offset = (uint32_t)at;
    h->n_operands = b->n_operands;
    at += b->operands.size;
    h->step_offset = (uint32_t)at;
    h->n_steps = b->n_steps;
    at += b->steps.size;
    h->io_offset = (uint32_t)at;
    h->n_inputs = b->n_inputs;
    h->n_outputs = b->n_outputs;
    at += b->inputs.size + b->outputs.size;
    h->layer_offset = (uint32_t)at;
    h->n_layers = b->n_layers;
    at += (uint64_t)b->n_layers * PROG_LAYER_BYTES;
    return at;
}

/* Step entries carry section-relative offsets until here. */
static void relocate_steps(const prog_header_t *h, uint8_t *image) {
    for (uint32_t i = 0; i < h->n_steps; i++) {
        uint8_t *e = image + h->step_offset + (size_t)i * PROG_STEP_BYTES;
        uint32_t relative =
            (uint32_t)e[8] | (uint32_t)e[9] << 8 | (uint32_t)e[10] << 16 | (uint32_t)e[11] << 24;
        wr32(e + 8, relative + (e[0] == PROG_STEP_NPU ? h->cmd_offset : h->op_offset));
    }
}

static void copy(uint8_t *to, const buffer_t *from) {
    if (from->size != 0) {
        memcpy(to, from->data, from->size);
    }
}

prog_status_t prog_finish(prog_builder_t *b, uint8_t **bytes, size_t *size, prog_error_t *err) {
    prog_header_t h = {.magic = PROG_MAGIC, .version = PROG_VERSION, .spec_hash = NPU_SPEC_HASH};
    *bytes = NULL;
    *size = 0;
    uint64_t total = b->failed == PROG_OK ? lay_out(b, &h) : 0;
    if (total > 0x7fffffffu) {
        b->failed = PROG_E_RANGE;
    }
    uint8_t *image = b->failed == PROG_OK ? calloc(1, total) : NULL;
    if (image == NULL) {
        b->failed = b->failed != PROG_OK ? b->failed : PROG_E_NOMEM;
        if (err != NULL) {
            *err = (prog_error_t){b->failed, 0};
        }
        return b->failed;
    }
    h.total_size = (uint32_t)total;
    h.config = b->config;
    h.arena_size = b->arena_size;
    h.scratch_size = b->scratch_size;
    h.state_size = b->state_size;
    h.state_init = b->state_init;
    copy(image + h.const_offset, &b->consts);
    copy(image + h.cmd_offset, &b->cmds);
    copy(image + h.op_offset, &b->ops);
    copy(image + h.operand_offset, &b->operands);
    copy(image + h.step_offset, &b->steps);
    copy(image + h.io_offset, &b->inputs);
    copy(image + h.io_offset + b->inputs.size, &b->outputs);
    write_layers(b, image + h.layer_offset);
    relocate_steps(&h, image);
    uint32_t words[sizeof h / 4];
    for (int pass = 0; pass < 2; pass++) { /* second pass: with the CRC of the rest */
        memcpy(words, &h, sizeof h);
        for (size_t i = 0; i < sizeof h / 4; i++) {
            wr32(image + 4 * i, words[i]);
        }
        h.crc32 = prog_crc32(0, image + 20, total - 20);
    }
    prog_t check;
    prog_status_t st = prog_open(image, total, PROG_CHECK_CRC, &check, err);
    if (st != PROG_OK) {
        free(image);
        return st;
    }
    *bytes = image;
    *size = total;
    return PROG_OK;
}

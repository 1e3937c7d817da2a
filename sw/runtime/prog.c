/*
 * prog.c - bounds-checked reader of program images; see prog.h for the format.
 *
 * Every read of a field goes through rd32()/rd64() on an offset that the checks below have shown to
 * lie inside the file. Sums and products of untrusted numbers are made in 64 bits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "prog.h"

#include <string.h>

#define HEADER_WORDS 33u /* words in prog_header_t, counted by the assertion below */
_Static_assert(sizeof(prog_header_t) == 4u * HEADER_WORDS, "header is plain words in file order");
_Static_assert(sizeof(prog_header_t) <= PROG_HEADER_BYTES, "header fits its space");

/* All words of the format are 4-byte aligned: one load on the little-endian machines this runs on.
 */
static uint32_t rd32(const uint8_t *p) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t v;
    memcpy(&v, __builtin_assume_aligned(p, 4), sizeof v);
    return v;
#else
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
#endif
}

static uint64_t rd64(const uint8_t *p) {
    return rd32(p) | (uint64_t)rd32(p + 4) << 32;
}

const char *prog_strerror(prog_status_t code) {
    switch (code) {
    case PROG_OK:
        return "no error";
    case PROG_E_TRUNCATED:
        return "program image is truncated or has trailing bytes";
    case PROG_E_MAGIC:
        return "not a program image";
    case PROG_E_VERSION:
        return "program image has another format version";
    case PROG_E_SPEC:
        return "program was compiled for another register and command specification";
    case PROG_E_CRC:
        return "program image is damaged (CRC mismatch)";
    case PROG_E_RANGE:
        return "program image has an offset or size out of range";
    case PROG_E_ALIGN:
        return "program image has a misaligned offset";
    case PROG_E_VALUE:
        return "program image has an illegal field value";
    case PROG_E_CONFIG:
        return "program was compiled for another hardware configuration";
    case PROG_E_FEATURE:
        return "program uses a unit that this hardware was built without: compile it for its "
               "configuration";
    case PROG_E_NOMEM:
        return "out of memory while building the program image";
    case PROG_E_COUNT_:
        break;
    }
    return "unknown program image error";
}

uint32_t prog_crc32(uint32_t crc, const void *bytes, size_t size) {
    /* Half-byte table: small enough for the soft-core, two steps per byte. */
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
        0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
        0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    const uint8_t *p = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15u];
        crc = crc >> 4 ^ table[crc & 15u];
    }
    return ~crc;
}

uint32_t prog_type_size(uint32_t type) {
    static const uint8_t size[PROG_TYPE_COUNT_] = {1, 1, 2, 4, 4, 8, 1};
    return type < PROG_TYPE_COUNT_ ? size[type] : 0;
}

const char *prog_type_name(uint32_t type) {
    static const char *const name[PROG_TYPE_COUNT_] = {"int8",    "uint8", "int16", "int32",
                                                       "float32", "int64", "bool"};
    return type < PROG_TYPE_COUNT_ ? name[type] : "?";
}

/* Range [offset, offset + count * unit) inside [lo, hi), offset aligned. */
static prog_status_t check_range(uint32_t offset, uint32_t count, uint32_t unit, uint64_t lo,
                                 uint64_t hi) {
    if (offset % PROG_ALIGN != 0) {
        return PROG_E_ALIGN;
    }
    if (offset < lo || offset > hi || (uint64_t)count * unit > hi - offset) {
        return PROG_E_RANGE;
    }
    return PROG_OK;
}

static int has_terminator(const char *field, size_t size) {
    return memchr(field, 0, size) != NULL;
}

/* Where the commands of the next NPU step begin. */
typedef struct {
    uint32_t cmd, offset; /* index, bytes in the image */
} list_pos_t;

/* The step's commands must be `count` whole ones in `size` bytes. */
static prog_status_t check_list(const prog_t *p, const prog_step_t *s) {
    uint32_t words[NPU_CMD_WORDS], at = 0, n = 0;
    for (; at < s->u.npu.size; n++) {
        uint32_t bytes = npu_list_get(p->bytes + s->u.npu.offset + at, s->u.npu.size - at, words);
        if (bytes == 0 || npu_cmd_words(npu_cmd_opcode(words)) == 0) {
            return PROG_E_VALUE;
        }
        at += bytes;
    }
    return n == s->u.npu.count ? PROG_OK : PROG_E_VALUE;
}

static prog_status_t check_step(const prog_t *p, const prog_step_t *s, list_pos_t *next) {
    const prog_header_t *h = &p->h;
    if (s->layer != PROG_NONE && s->layer >= h->n_layers) {
        return PROG_E_VALUE;
    }
    if (s->kind == PROG_STEP_NPU) {
        /* NPU steps cover the command section in order, without gaps or overlap. */
        if (s->u.npu.first_cmd != next->cmd || s->u.npu.count == 0 ||
            s->u.npu.count > PROG_MAX_STEP_CMDS || s->u.npu.count > h->n_cmds - next->cmd ||
            s->u.npu.offset != next->offset ||
            s->u.npu.size > h->cmd_offset + h->cmd_size - next->offset) {
            return PROG_E_RANGE;
        }
        next->cmd += s->u.npu.count;
        next->offset += s->u.npu.size;
        return check_list(p, s);
    }
    if (s->kind != PROG_STEP_CPU) {
        return PROG_E_VALUE;
    }
    if (s->u.cpu.n_operands == 0 || s->u.cpu.n_operands > PROG_MAX_OPERANDS ||
        s->u.cpu.op_size == 0) {
        return PROG_E_VALUE;
    }
    if (s->u.cpu.first_operand > h->n_operands ||
        s->u.cpu.n_operands > h->n_operands - s->u.cpu.first_operand) {
        return PROG_E_RANGE;
    }
    return check_range(s->u.cpu.op_offset, s->u.cpu.op_size, 1, h->op_offset,
                       (uint64_t)h->op_offset + h->op_size);
}

static prog_status_t check_operand(const prog_t *p, const prog_operand_t *o) {
    const prog_header_t *h = &p->h;
    if ((o->flags & ~PROG_OPERAND_WRITE) != 0) {
        return PROG_E_VALUE;
    }
    if (o->region == PROG_NONE) {
        return o->offset == 0 && o->size == 0 && o->flags == 0 ? PROG_OK : PROG_E_VALUE;
    }
    if (o->region == PROG_REGION_IMAGE) {
        if ((o->flags & PROG_OPERAND_WRITE) != 0) {
            return PROG_E_VALUE; /* the image is read-only */
        }
        return check_range(o->offset, o->size, 1, h->const_offset,
                           (uint64_t)h->const_offset + h->const_size);
    }
    if (o->region == PROG_REGION_ARENA) {
        return check_range(o->offset, o->size, 1, 0, h->arena_size);
    }
    return PROG_E_VALUE;
}

static prog_status_t check_io(const prog_t *p, const prog_io_t *io) {
    uint64_t bytes = prog_type_size(io->type);
    if (bytes == 0 || io->rank > PROG_MAX_RANK || !has_terminator(io->name, sizeof io->name)) {
        return PROG_E_VALUE;
    }
    for (uint32_t i = 0; i < PROG_MAX_RANK; i++) {
        if (i >= io->rank) {
            if (io->dims[i] != 0) {
                return PROG_E_VALUE;
            }
        } else {
            bytes *= io->dims[i];
            if (bytes == 0 || bytes > UINT32_MAX) {
                return PROG_E_VALUE;
            }
        }
    }
    if (bytes != io->size) {
        return PROG_E_VALUE;
    }
    return check_range(io->offset, io->size, 1, 0, p->h.arena_size);
}

static prog_status_t check_layer(const prog_t *p, const prog_layer_t *l) {
    if (!has_terminator(l->name, sizeof l->name) || !has_terminator(l->op, sizeof l->op)) {
        return PROG_E_VALUE;
    }
    if (l->first_cmd == PROG_NONE && l->last_cmd == PROG_NONE) {
        return l->unit <= PROG_UNIT_CPU ? PROG_OK : PROG_E_VALUE;
    }
    if (l->unit != PROG_UNIT_NPU || l->first_cmd > l->last_cmd || l->last_cmd >= p->h.n_cmds) {
        return PROG_E_VALUE;
    }
    return PROG_OK;
}

/* Sections must follow each other in file order, so none overlaps another. */
static prog_status_t check_sections(const prog_header_t *h, uint32_t *where) {
    const struct {
        uint32_t offset, count, unit;
    } section[] = {
        {h->const_offset, h->const_size, 1},
        {h->cmd_offset, h->cmd_size, 1},
        {h->op_offset, h->op_size, 1},
        {h->operand_offset, h->n_operands, PROG_OPERAND_BYTES},
        {h->step_offset, h->n_steps, PROG_STEP_BYTES},
        {h->io_offset, 0, PROG_IO_BYTES}, /* count checked below: a sum of two fields */
        {h->layer_offset, h->n_layers, PROG_LAYER_BYTES},
    };
    uint64_t lo = PROG_HEADER_BYTES;
    for (uint32_t i = 0; i < sizeof section / sizeof section[0]; i++) {
        *where = section[i].offset;
        prog_status_t st =
            check_range(section[i].offset, section[i].count, section[i].unit, lo, h->total_size);
        if (st != PROG_OK) {
            return st;
        }
        lo = section[i].offset + (uint64_t)section[i].count * section[i].unit;
    }
    uint64_t io_end = h->io_offset + ((uint64_t)h->n_inputs + h->n_outputs) * PROG_IO_BYTES;
    *where = h->io_offset;
    return io_end > h->layer_offset ? PROG_E_RANGE : PROG_OK;
}

static prog_status_t check_tables(const prog_t *p, uint32_t *where) {
    const prog_header_t *h = &p->h;
    prog_status_t st;
    list_pos_t next = {0, h->cmd_offset};
    for (uint32_t i = 0; i < h->n_steps; i++) {
        prog_step_t s;
        prog_get_step(p, i, &s);
        *where = h->step_offset + i * PROG_STEP_BYTES;
        if ((st = check_step(p, &s, &next)) != PROG_OK) {
            return st;
        }
    }
    if (next.cmd != h->n_cmds || next.offset != h->cmd_offset + h->cmd_size) {
        return PROG_E_RANGE; /* commands that no step would run */
    }
    for (uint32_t i = 0; i < h->n_operands; i++) {
        prog_operand_t o;
        prog_get_operand(p, i, &o);
        *where = h->operand_offset + i * PROG_OPERAND_BYTES;
        if ((st = check_operand(p, &o)) != PROG_OK) {
            return st;
        }
    }
    for (uint32_t i = 0; i < h->n_inputs + h->n_outputs; i++) {
        prog_io_t io;
        prog_get_io(p, i, &io);
        *where = h->io_offset + i * PROG_IO_BYTES;
        if ((st = check_io(p, &io)) != PROG_OK) {
            return st;
        }
    }
    for (uint32_t i = 0; i < h->n_layers; i++) {
        prog_layer_t l;
        prog_get_layer(p, i, &l);
        *where = h->layer_offset + i * PROG_LAYER_BYTES;
        if ((st = check_layer(p, &l)) != PROG_OK) {
            return st;
        }
    }
    return PROG_OK;
}

static prog_status_t check_state(const prog_header_t *h, uint32_t *where) {
    *where = (uint32_t)offsetof(prog_header_t, state_size);
    if (h->state_size % PROG_ALIGN != 0) {
        return PROG_E_ALIGN;
    }
    if (h->state_size > h->arena_size) {
        return PROG_E_RANGE;
    }
    *where = (uint32_t)offsetof(prog_header_t, state_init);
    if (h->state_size == 0) {
        return h->state_init == 0 ? PROG_OK : PROG_E_VALUE;
    }
    return check_range(h->state_init, h->state_size, 1, h->const_offset,
                       (uint64_t)h->const_offset + h->const_size);
}

static prog_status_t open_image(const uint8_t *bytes, size_t size, uint32_t flags, prog_t *out,
                                uint32_t *where) {
    uint32_t words[HEADER_WORDS];
    *where = 0;
    if (((uintptr_t)bytes % PROG_ALIGN) != 0) {
        return PROG_E_ALIGN;
    }
    if (size < PROG_HEADER_BYTES) {
        return size >= 4 && rd32(bytes) != PROG_MAGIC ? PROG_E_MAGIC : PROG_E_TRUNCATED;
    }
    for (uint32_t i = 0; i < HEADER_WORDS; i++) {
        words[i] = rd32(bytes + 4 * i);
    }
    memcpy(&out->h, words, sizeof out->h);
    out->bytes = bytes;
    const prog_header_t *h = &out->h;
    if (h->magic != PROG_MAGIC) {
        return PROG_E_MAGIC;
    }
    *where = 4;
    if (h->version != PROG_VERSION) {
        return PROG_E_VERSION;
    }
    *where = 8;
    if (h->spec_hash != NPU_SPEC_HASH) {
        return PROG_E_SPEC;
    }
    *where = 12;
    if (h->total_size != size) {
        return PROG_E_TRUNCATED;
    }
    if ((flags & PROG_CHECK_CRC) != 0 && prog_crc32(0, bytes + 20, size - 20) != h->crc32) {
        *where = 16;
        return PROG_E_CRC;
    }
    for (uint32_t i = 4 * HEADER_WORDS; i < PROG_HEADER_BYTES; i += 4) {
        if (rd32(bytes + i) != 0) {
            *where = i;
            return PROG_E_VALUE;
        }
    }
    prog_status_t st = check_sections(h, where);
    if (st == PROG_OK) {
        st = check_state(h, where);
    }
    return st != PROG_OK ? st : check_tables(out, where);
}

prog_status_t prog_open(const void *bytes, size_t size, uint32_t flags, prog_t *out,
                        prog_error_t *err) {
    uint32_t where = 0;
    memset(out, 0, sizeof *out);
    prog_status_t st = open_image(bytes, size, flags, out, &where);
    if (st != PROG_OK) {
        memset(out, 0, sizeof *out);
    }
    if (err != NULL) {
        err->code = st;
        err->offset = where;
    }
    return st;
}

prog_config_t prog_config_of(const npu_config_t *c) {
    return (prog_config_t){.n = c->n,
                           .lanes = c->lanes,
                           .sp_words = c->sp_words,
                           .sp_banks = c->sp_banks,
                           .acc_depth = c->acc_depth,
                           .fir_groups = c->fir_groups,
                           .fir_taps = c->fir_taps,
                           .features = (c->matmul ? NPU_FEATURE_MATMUL : 0) |
                                       (c->softmax ? NPU_FEATURE_SOFTMAX : 0) |
                                       (c->norm ? NPU_FEATURE_NORM : 0)};
}

prog_status_t prog_check_config(const prog_t *p, const npu_config_t *device) {
    prog_config_t want = prog_config_of(device);
    uint32_t uses = p->h.config.features & PROG_USES, missing = uses & ~want.features;
    want.features = (want.features & ~PROG_USES) | uses;
    return memcmp(&p->h.config, &want, sizeof want) != 0 ? PROG_E_CONFIG
           : missing != 0                                ? PROG_E_FEATURE
                                                         : PROG_OK;
}

void prog_get_step(const prog_t *p, uint32_t i, prog_step_t *out) {
    const uint8_t *e = p->bytes + p->h.step_offset + (size_t)i * PROG_STEP_BYTES;
    memset(out, 0, sizeof *out);
    out->kind = rd32(e);
    out->layer = rd32(e + 4);
    if (out->kind == PROG_STEP_NPU) {
        out->u.npu.offset = rd32(e + 8);
        out->u.npu.count = rd32(e + 12);
        out->u.npu.first_cmd = rd32(e + 16);
        out->u.npu.size = rd32(e + 20);
    } else {
        out->u.cpu.op_offset = rd32(e + 8);
        out->u.cpu.op_size = rd32(e + 12);
        out->u.cpu.first_operand = rd32(e + 16);
        out->u.cpu.n_operands = rd32(e + 20);
    }
}

void prog_get_operand(const prog_t *p, uint32_t i, prog_operand_t *out) {
    const uint8_t *e = p->bytes + p->h.operand_offset + (size_t)i * PROG_OPERAND_BYTES;
    out->region = rd32(e);
    out->offset = rd32(e + 4);
    out->size = rd32(e + 8);
    out->flags = rd32(e + 12);
}

void prog_get_io(const prog_t *p, uint32_t i, prog_io_t *out) {
    const uint8_t *e = p->bytes + p->h.io_offset + (size_t)i * PROG_IO_BYTES;
    out->offset = rd32(e);
    out->size = rd32(e + 4);
    out->type = rd32(e + 8);
    out->rank = rd32(e + 12);
    for (uint32_t d = 0; d < PROG_MAX_RANK; d++) {
        out->dims[d] = rd32(e + 16 + 4 * d);
    }
    out->scale_bits = rd32(e + 48);
    out->zero_point = (int32_t)rd32(e + 52);
    memcpy(out->name, e + 56, sizeof out->name);
}

void prog_get_cmd(const prog_t *p, uint32_t i, uint32_t *words) {
    const uint8_t *list = p->bytes + p->h.cmd_offset;
    uint32_t at = 0;
    for (uint32_t k = 0; k < i; k++) {
        at += 4 * npu_cmd_words(list[at]);
    }
    npu_list_get(list + at, p->h.cmd_size - at, words);
}

void prog_get_layer(const prog_t *p, uint32_t i, prog_layer_t *out) {
    const uint8_t *e = p->bytes + p->h.layer_offset + (size_t)i * PROG_LAYER_BYTES;
    memcpy(out->name, e, sizeof out->name);
    memcpy(out->op, e + 52, sizeof out->op);
    out->macs = rd64(e + 76);
    out->unit = rd32(e + 84);
    out->first_cmd = rd32(e + 88);
    out->last_cmd = rd32(e + 92);
}

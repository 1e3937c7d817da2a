/*
 * fuzz_device.c - contract in fuzz_device.h. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_device.h"

void fuzz_put(npu_device_t *dev, const fuzz_stream_t *s, const uint32_t (*words)[NPU_CMD_WORDS],
              uint32_t n) {
    dev->write32(dev->ctx, NPU_REG_CTRL, NPU_CTRL_RESET);
    dev->wait(dev->ctx);
    memcpy(dev->mem, s->mem, FUZZ_MEM_BYTES);
    uint8_t *list = dev->mem + (s->region[0].base - NPU_MEM_BASE) + s->cmd_offset;
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += npu_list_put(words[i], list + bytes);
    dev->set_scratchpad(dev->ctx, s->sp);
    dev->set_accumulators(dev->ctx, s->acc);
    for (uint32_t i = 0; i < NPU_REGIONS; i++) {
        dev->write32(dev->ctx, NPU_REG_REGION_BASE(i), s->region[i].base);
        dev->write32(dev->ctx, NPU_REG_REGION_SIZE(i), s->region[i].size);
        dev->write32(dev->ctx, NPU_REG_REGION_FLAGS(i), s->region[i].flags);
    }
    dev->write32(dev->ctx, NPU_REG_TIMEOUT, s->timeout);
    dev->write32(dev->ctx, NPU_REG_CMD_OFFSET, s->cmd_offset);
    dev->write32(dev->ctx, NPU_REG_CMD_BYTES, bytes);
}

fuzz_end_t fuzz_start(npu_device_t *dev) {
    fuzz_end_t end = {0};
    dev->write32(dev->ctx, NPU_REG_CTRL, NPU_CTRL_START);
    end.hung = dev->wait(dev->ctx) != 0;
    end.status = dev->read32(dev->ctx, NPU_REG_STATUS);
    end.info = dev->read32(dev->ctx, NPU_REG_ERR_INFO);
    end.cmd = dev->read32(dev->ctx, NPU_REG_ERR_CMD);
    end.addr = dev->read32(dev->ctx, NPU_REG_ERR_ADDR);
    return end;
}

static int same_bytes(const char *what, uint32_t unit, const uint8_t *want, const uint8_t *got,
                      size_t bytes, char *text, size_t text_size) {
    size_t first = 0, count = 0;
    if (memcmp(want, got, bytes) == 0)
        return 0;
    while (want[first] == got[first])
        first++;
    for (size_t i = first; i < bytes; i++)
        count += want[i] != got[i];
    snprintf(text, text_size, "%s 0x%zx byte %zu: 0x%02x expected, 0x%02x found (%zu bytes differ)",
             what, first / unit, first % unit, want[first], got[first], count);
    return -1;
}

int fuzz_compare(npu_device_t *want, npu_device_t *got, const npu_config_t *cfg, char *text,
                 size_t text_size) {
    size_t sp_bytes = (size_t)cfg->sp_words * cfg->n, acc_bytes = 2u * 4u * cfg->acc_depth * cfg->n;
    uint8_t *a = malloc(sp_bytes + acc_bytes), *b = malloc(sp_bytes + acc_bytes);
    int differ = -1;
    if (!a || !b) {
        snprintf(text, text_size, "out of memory");
    } else {
        int32_t *acc_a = (int32_t *)(void *)(a + sp_bytes),
                *acc_b = (int32_t *)(void *)(b + sp_bytes);
        want->get_scratchpad(want->ctx, a);
        got->get_scratchpad(got->ctx, b);
        want->get_accumulators(want->ctx, acc_a);
        got->get_accumulators(got->ctx, acc_b);
        differ = same_bytes("scratchpad word", cfg->n, a, b, sp_bytes, text, text_size) ||
                         same_bytes("accumulator entry", 4 * cfg->n, a + sp_bytes, b + sp_bytes,
                                    acc_bytes, text, text_size) ||
                         same_bytes("memory 8-byte word", 8, want->mem, got->mem, FUZZ_MEM_BYTES,
                                    text, text_size)
                     ? -1
                     : 0;
    }
    free(a);
    free(b);
    return differ;
}

/* ---- field names */

#define MAX_FIELDS 256
static struct {
    char command[16], name[24];
    uint32_t opcode, word, lsb, width;
    int is_signed;
} fields[MAX_FIELDS];
static int n_fields;

int fuzz_spec_read(const char *path) {
    FILE *f = fopen(path, "r");
    char line[512], command[16] = "", type[4];
    uint32_t opcode = 0;
    int in_command = 0;
    if (!f) {
        fprintf(stderr, "error: cannot read %s (run in the repository root)\n", path);
        return -1;
    }
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '[' && line[1] == '[')
            in_command = strncmp(line, "[[command]]", 11) == 0;
        if (!in_command)
            continue;
        sscanf(line, "name = \"%15[A-Z]\"", command);
        sscanf(line, "opcode = %x", &opcode);
        if (n_fields < MAX_FIELDS &&
            sscanf(line, " [\"%23[a-z0-9_]\", %u, %u, %u, \"%1[us]\"", fields[n_fields].name,
                   &fields[n_fields].word, &fields[n_fields].lsb, &fields[n_fields].width,
                   type) == 5) {
            memcpy(fields[n_fields].command, command, sizeof command);
            fields[n_fields].opcode = opcode;
            fields[n_fields++].is_signed = type[0] == 's';
        }
    }
    fclose(f);
    if (n_fields < 100) {
        fprintf(stderr, "error: %s: only %d command fields found\n", path, n_fields);
        return -1;
    }
    return 0;
}

static uint32_t mask_of(uint32_t width) {
    return width == 32 ? 0xffffffffu : (1u << width) - 1;
}

void fuzz_spec_set(uint32_t *words, const char *field, uint32_t value) {
    for (int i = 0; i < n_fields; i++)
        if (fields[i].opcode == npu_cmd_opcode(words) && strcmp(fields[i].name, field) == 0) {
            uint32_t mask = mask_of(fields[i].width) << fields[i].lsb;
            uint32_t *w = &words[fields[i].word];
            *w = (*w & ~mask) | (value << fields[i].lsb & mask);
            return;
        }
    fprintf(stderr, "error: opcode 0x%02x has no field %s\n", npu_cmd_opcode(words), field);
    exit(2);
}

void fuzz_spec_print(FILE *f, const uint32_t *words) {
    const char *name = "unknown opcode";
    for (int i = 0; i < n_fields; i++)
        if (fields[i].opcode == npu_cmd_opcode(words))
            name = fields[i].command;
    fprintf(f, "%s wait_from=0x%x signal_to=0x%x", name, npu_cmd_wait(words),
            npu_cmd_signal(words));
    for (int i = 0; i < n_fields; i++) {
        if (fields[i].opcode != npu_cmd_opcode(words))
            continue;
        uint32_t v = words[fields[i].word] >> fields[i].lsb & mask_of(fields[i].width);
        if (fields[i].is_signed && fields[i].width < 32 && (v >> (fields[i].width - 1) & 1u) != 0)
            v |= ~mask_of(fields[i].width);
        if (fields[i].is_signed)
            fprintf(f, " %s=%d", fields[i].name, (int32_t)v);
        else
            fprintf(f, " %s=%u", fields[i].name, v);
    }
    fprintf(f, "\n");
}

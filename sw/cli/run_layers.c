/*
 * run_layers.c - of which layer each command is. A program's layers name the range of their own
 * commands, and ranges overlap: an ADD follows its convolution part by part, a convolution begins
 * before the one before it is drained.
 *
 * Contract
 *   Candidates of a command are the layers whose range holds it; CONVs and DRAINs belong to layers
 *   with MACs, the others to layers without, where there is a choice. Among several candidates a
 *   CONV belongs to the one whose undisputed CONVs look like it (same kernel, image, padding,
 * output), else to the first; a DRAIN to the layer of the last CONV into its half. Loads: see
 * run_memory.c. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "run_device.h"

typedef struct {
    npu_cmd_conv_t conv;
    npu_cmd_drain_t drain; /* the next one of its half */
} look_t;

typedef struct {
    uint32_t first, last;
    int has_macs;
    int n_known; /* undisputed CONVs seen: 0 or 1 */
    look_t known;
} range_t;

static int alike(const look_t *x, const look_t *y) {
    const npu_cmd_conv_t *a = &x->conv, *b = &y->conv;
    return a->fir == b->fir && a->in_h == b->in_h && a->in_w == b->in_w && a->kh == b->kh &&
           a->kw == b->kw && a->sy == b->sy && a->sx == b->sx && a->dil_y == b->dil_y &&
           a->dil_x == b->dil_x && a->nblk == b->nblk && a->row_pitch == b->row_pitch &&
           a->pad_value == b->pad_value && x->drain.zp == y->drain.zp &&
           x->drain.act_min == y->drain.act_min && x->drain.act_max == y->drain.act_max;
}

/* Of the CONV that is command i. */
static look_t look_of(const uint32_t *commands, uint32_t n_cmds, uint32_t i) {
    look_t look;
    uint32_t words[NPU_CMD_WORDS];
    memset(&look, 0, sizeof look);
    run_command(commands, i, words);
    npu_unpack_conv(words, &look.conv);
    while (++i < n_cmds) {
        run_command(commands, i, words);
        if (npu_cmd_opcode(words) != NPU_OP_DRAIN)
            continue;
        npu_unpack_drain(words, &look.drain);
        if (look.drain.half == look.conv.half)
            break;
    }
    return look;
}

/* The first layer that may own command i; *others: how many more there are of the same sort. */
static uint32_t owner(const range_t *ranges, uint32_t n, uint32_t i, int has_macs, int *others) {
    uint32_t fitting = PROG_NONE, any = PROG_NONE;
    *others = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (ranges[k].first == PROG_NONE || i < ranges[k].first || i > ranges[k].last)
            continue;
        any = any == PROG_NONE ? k : any;
        if (ranges[k].has_macs != has_macs)
            continue;
        *others += fitting != PROG_NONE;
        fitting = fitting == PROG_NONE ? k : fitting;
    }
    return fitting != PROG_NONE ? fitting : any;
}

/* The candidate that has the CONV's look, or the first. */
static uint32_t by_look(const range_t *ranges, uint32_t n, uint32_t i, uint32_t first,
                        const look_t *look) {
    for (uint32_t k = first; k < n; k++)
        if (ranges[k].has_macs && ranges[k].first != PROG_NONE && i >= ranges[k].first &&
            i <= ranges[k].last && ranges[k].n_known > 0 && alike(&ranges[k].known, look))
            return k;
    return first;
}

int run_layers(const prog_t *prog, const uint32_t *commands, uint32_t *layer_of) {
    uint32_t n = prog->h.n_layers, last_into[2] = {PROG_NONE, PROG_NONE};
    range_t *ranges = calloc((size_t)n + 1, sizeof *ranges);
    if (!ranges)
        return -1;
    for (uint32_t k = 0; k < n; k++) {
        prog_layer_t l;
        prog_get_layer(prog, k, &l);
        ranges[k] = (range_t){.first = l.first_cmd, .last = l.last_cmd, .has_macs = l.macs > 0};
    }
    for (int pass = 0; pass < 2; pass++) /* undisputed ones, then all */
        for (uint32_t i = 0; i < prog->h.n_cmds; i++) {
            uint32_t words[NPU_CMD_WORDS];
            int others;
            run_command(commands, i, words);
            uint32_t op = npu_cmd_opcode(words);
            uint32_t k = owner(ranges, n, i, op == NPU_OP_CONV || op == NPU_OP_DRAIN, &others);
            if (op == NPU_OP_CONV) {
                look_t look = look_of(commands, prog->h.n_cmds, i);
                if (pass == 0 && k != PROG_NONE && others == 0 && ranges[k].n_known == 0) {
                    ranges[k].known = look;
                    ranges[k].n_known = 1;
                }
                if (others > 0)
                    k = by_look(ranges, n, i, k, &look);
                last_into[look.conv.half] = k;
            } else if (op == NPU_OP_DRAIN && others > 0) {
                npu_cmd_drain_t c;
                npu_unpack_drain(words, &c);
                k = last_into[c.half] != PROG_NONE ? last_into[c.half] : k;
            }
            layer_of[i] = k;
        }
    free(ranges);
    return 0;
}

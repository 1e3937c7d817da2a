/*
 * move.c - LOAD and STORE. Counterparts: cmodel/npu/model_load.c, model_store.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "micro.h"

#define PAD_WORD(pad) ((uint32_t)((pad)&0xff) * 0x01010101u)

/* A run of main memory between its paddings, read in words of four bytes. */
typedef struct {
    uint32_t pad_left, run_bytes, bus; /* bus address of the run's first byte */
    uint32_t pad, flip;                /* four times pad_value; 0x80808080 or 0 */
    uint32_t next, high;               /* where the port stands, and the word before */
} stream_t;

/* The aligned word at bus address `at`. */
static uint32_t bus_word(stream_t *s, uint32_t at) {
    if (at == s->next - 4)
        return s->high;
    if (at != s->next)
        MC_BUS_ADDR = at;
    s->next = at + 4;
    return s->high = MC_BUS_NEXT;
}

/* stream[k .. k+3]; of those only the first `len` count and are read. */
static uint32_t stream_word(stream_t *s, uint32_t k, uint32_t len) {
    uint32_t pos = k - s->pad_left;
    if (k >= s->pad_left && pos < s->run_bytes && s->run_bytes - pos >= 4) {
        uint32_t at = s->bus + pos, shift = (at & 3u) * 8u;
        uint32_t low = bus_word(s, at & ~3u);
        if (shift != 0)
            low = low >> shift | bus_word(s, (at & ~3u) + 4) << (32u - shift);
        return low ^ s->flip;
    }
    uint32_t value = 0;
    for (uint32_t j = 0; j < len; j++, k++) {
        uint32_t byte = s->pad & 0xffu;
        pos = k - s->pad_left;
        if (k >= s->pad_left && pos < s->run_bytes) {
            uint32_t at = s->bus + pos;
            byte = ((bus_word(s, at & ~3u) >> (at & 3u) * 8u) ^ s->flip) & 0xffu;
        }
        value |= byte << 8 * j;
    }
    return value;
}

/* The lanes of piece `i` of a word that lie in [off, off + len): the first, and how many. */
typedef struct {
    uint32_t first, count;
} lanes_t;
static lanes_t lanes_of(uint32_t i, uint32_t off, uint32_t len) {
    uint32_t from = off > 4 * i ? off - 4 * i : 0, to = off + len > 4 * i ? off + len - 4 * i : 0;
    to = to < 4 ? to : 4;
    return from < to ? (lanes_t){from, to - from} : (lanes_t){0, 0};
}

/* One run into the scratchpad from word `to` on. */
static void load_run(const npu_cmd_load_t *c, stream_t *s, uint32_t to) {
    lanes_t last[MC_QUADS];
    uint32_t k = 0, mask[MC_QUADS];
    for (uint32_t i = 0; i < MC_QUADS; i++) {
        last[i] = lanes_of(i, c->lane_off, c->last_len);
        mask[i] = last[i].count == 4 ? 0xffffffffu
                                     : ((1u << 8 * last[i].count) - 1u) << 8 * last[i].first;
    }
    for (uint32_t w = 0; w < c->nwin; w++, to += (uint32_t)c->sp_win) {
        uint32_t word = to, at;
        for (uint32_t b = 1; b < c->nblk; b++, word += (uint32_t)c->sp_blk)
            for (uint32_t i = 0; i < MC_QUADS; i++, k += 4)
                MC_SP(word, i) = stream_word(s, k, 4);
        at = k;
        for (uint32_t i = 0; i < MC_QUADS; i++) {
            uint32_t value = stream_word(s, at, last[i].count) << 8 * last[i].first;
            if (mask[i] != 0xffffffffu)
                value = ((c->keep ? MC_SP(word, i) : s->pad) & ~mask[i]) | (value & mask[i]);
            MC_SP(word, i) = value;
            at += last[i].count;
        }
        k += c->win_step;
    }
}

/* A run of whole aligned words into consecutive ones: weights. */
static void load_words(uint32_t count, uint32_t flip, uint32_t to) {
    for (; count > 0; count--, to++)
        for (uint32_t i = 0; i < MC_QUADS; i++)
            MC_SP(to, i) = MC_BUS_NEXT ^ flip;
}

/* The first word of a run on which the bus answers with an error. */
static void bus_error(uint32_t bus, uint32_t bytes) {
    uint32_t at = bus & ~3u;
    for (; at - bus < bytes || at == (bus & ~3u); at += 4) {
        MC_BUS_ADDR = at;
        (void)MC_BUS_NEXT;
        if (MC_ERR != 0)
            break;
    }
    mc_error.code = NPU_ERR_BUS_READ;
    mc_error.addr = at & ~7u;
}

void mc_load(const uint32_t *words) {
    npu_cmd_load_t c;
    npu_unpack_load(words, &c);
    int plain = c.pad_left == 0 && c.lane_off == 0 && c.last_len == MC_N &&
                (c.nblk == 1 || c.sp_blk == 1) &&
                (c.nwin == 1 || (c.win_step == MC_N && (uint32_t)c.sp_win == c.nblk));
    uint32_t total = c.nwin == 1 ? c.nblk : c.nwin * c.nblk;
    plain = plain && c.run_bytes / MC_N >= total;
    uint32_t src2 = c.offset, to2 = c.sp_addr;
    for (uint32_t i2 = 0; i2 < c.n2; i2++) {
        uint32_t src = src2, to = to2;
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            stream_t s = {.pad_left = c.pad_left,
                          .run_bytes = c.run_bytes,
                          .pad = PAD_WORD(c.pad_value),
                          .flip = c.xor80 ? 0x80808080u : 0};
            if (c.run_bytes > 0) {
                if (mc_memory(c.region, src, c.run_bytes, NPU_REGION_READ, &s.bus))
                    return;
                s.next = s.bus & ~3u;
                MC_BUS_ADDR = s.next;
                s.high = 0;
                s.next |= 1u; /* no word has been read yet */
            }
            if (plain && (s.bus & 3u) == 0) {
                load_words(total, s.flip, to);
            } else {
                load_run(&c, &s, to);
            }
            if (c.run_bytes > 0 && MC_ERR != 0) {
                bus_error(s.bus, c.run_bytes);
                return;
            }
            src += (uint32_t)c.stride1;
            to += (uint32_t)c.sp_n1;
        }
        src2 += (uint32_t)c.stride2;
        to2 += (uint32_t)c.sp_n2;
    }
}

/* The bytes of one word, in order, at *bus, which moves on. 0, or -1 with an error. */
static int store_bytes(uint32_t *bus, uint32_t value, uint32_t len) {
    uint32_t at = *bus, last = at;
    *bus = at + len;
    if (len == 4 && (at & 3u) == 0) {
        MC_BUS_ADDR = at;
        MC_BUS_SAME = value;
    } else {
        for (; len > 0 && MC_ERR == 0; len--, value >>= 8, at++) {
            if ((at & 3u) == 0)
                MC_BUS_ADDR = at;
            MC_BUS_BYTE(at & 3u) = (uint8_t)value;
            last = at;
        }
    }
    if (MC_ERR == 0)
        return 0;
    mc_error.code = NPU_ERR_BUS_WRITE;
    mc_error.addr = last & ~7u;
    return -1;
}

static int store_run(const npu_cmd_store_t *c, uint32_t bus, uint32_t from) {
    uint32_t left = c->run_bytes, flip = c->xor80 ? 0x80808080u : 0;
    lanes_t last[MC_QUADS];
    for (uint32_t i = 0; i < MC_QUADS; i++)
        last[i] = lanes_of(i, c->lane_off, c->last_len);
    MC_BUS_ADDR = bus; /* its word */
    for (;; from += (uint32_t)c->sp_win) {
        uint32_t word = from;
        for (uint32_t b = 1; b <= c->nblk; b++, word += (uint32_t)c->sp_blk)
            for (uint32_t i = 0; i < MC_QUADS; i++) {
                uint32_t len = b == c->nblk ? last[i].count : 4;
                uint32_t lanes = b == c->nblk ? 8 * last[i].first : 0;
                len = len < left ? len : left;
                if (store_bytes(&bus, (MC_SP(word, i) ^ flip) >> lanes, len))
                    return -1;
                left -= len;
                if (left == 0)
                    return 0;
            }
    }
}

void mc_store(const uint32_t *words) {
    npu_cmd_store_t c;
    npu_unpack_store(words, &c);
    uint32_t dst2 = c.offset, from2 = c.sp_addr;
    for (uint32_t i2 = 0; i2 < c.n2; i2++) {
        uint32_t dst = dst2, from = from2, bus;
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            if (mc_memory(c.region, dst, c.run_bytes, NPU_REGION_WRITE, &bus) ||
                store_run(&c, bus, from))
                return;
            dst += (uint32_t)c.stride1;
            from += (uint32_t)c.sp_n1;
        }
        dst2 += (uint32_t)c.stride2;
        from2 += (uint32_t)c.sp_n2;
    }
}

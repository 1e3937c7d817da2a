/* Registers, commands and configurations of the NPU. Generated from spec/npu.toml by
 * scripts/gen_spec.py: do not edit. SPDX-License-Identifier: Apache-2.0 */
#ifndef NPU_SPEC_H
#define NPU_SPEC_H

#include <stdint.h>

#define NPU_ID 0x54535953u
#define NPU_VERSION 0x00000100u
#define NPU_SPEC_HASH 0x99368262u
#define NPU_CMD_BYTES 64
#define NPU_CMD_WORDS 16
#define NPU_REGIONS 4
#define NPU_PARAM_WORDS 9
#define NPU_NORM_WORDS 512
/* Scratchpad words of a parameter block; uniform: bias int32[n], mult int32, shift int8. */
static inline uint32_t npu_param_words(uint32_t n, uint32_t uniform) {
    return uniform ? 4 + (5 + n - 1) / n : NPU_PARAM_WORDS;
}

/* Units: queues of the sequencer, and the bits of wait_from / signal_to. */
typedef enum {
    NPU_UNIT_LOAD = 0,
    NPU_UNIT_ARRAY = 1,
    NPU_UNIT_VECTOR = 2,
    NPU_UNIT_STORE = 3,
    NPU_UNIT_SEQUENCER = 4,
} npu_unit_t;
#define NPU_QUEUES 4

typedef enum {
    NPU_ERR_NONE = 0, /* no error */
    NPU_ERR_ILLEGAL_OPCODE = 1, /* the command's opcode is not defined */
    NPU_ERR_ILLEGAL_FIELD = 2, /* a field of the command is outside its range, or its unit is left out of this configuration (docs/isa.md) */
    NPU_ERR_REGION = 3, /* a transfer leaves its memory region, or the region lacks the permission */
    NPU_ERR_BUS_READ = 4, /* the bus answered a read with an error */
    NPU_ERR_BUS_WRITE = 5, /* the bus answered a write with an error */
    NPU_ERR_TIMEOUT = 6, /* no unit made progress for TIMEOUT cycles (a token that never comes, a bus that does not answer) */
    NPU_ERR_TOKEN = 7, /* a token counter overflowed, or tokens were left when the last command ended */
    NPU_ERR_FETCH = 8, /* the command list leaves region 0, is not 8-byte aligned, or the bus answered its fetch with an error */
} npu_error_code_t;

/* Register byte offsets. */
#define NPU_REG_ID 0x000u
#define NPU_REG_VERSION 0x004u
#define NPU_REG_SPEC_HASH 0x008u
#define NPU_REG_CONFIG0 0x00cu
#define NPU_REG_CONFIG1 0x010u
#define NPU_REG_CTRL 0x014u
#define NPU_REG_STATUS 0x018u
#define NPU_REG_IRQ_ENABLE 0x01cu
#define NPU_REG_ERR_INFO 0x020u
#define NPU_REG_ERR_CMD 0x024u
#define NPU_REG_ERR_ADDR 0x028u
#define NPU_REG_TIMEOUT 0x02cu
#define NPU_REG_CMD_OFFSET 0x030u
#define NPU_REG_CMD_BYTES 0x034u
#define NPU_REG_TRACE_STATUS 0x038u
#define NPU_REG_TRACE_DATA 0x03cu
#define NPU_REG_REGION_BASE(i) (0x040u + 16u * (i))
#define NPU_REG_REGION_SIZE(i) (0x044u + 16u * (i))
#define NPU_REG_REGION_FLAGS(i) (0x048u + 16u * (i))

/* Counters: 64 bits at NPU_REG_COUNTER(index), low word first. */
#define NPU_REG_COUNTER(i) (0x100u + 8u * (i))
typedef enum {
    NPU_CNT_CYCLES = 0, /* cycles from START to the last completion */
    NPU_CNT_BYTES_READ = 1, /* bytes that crossed the port on reads (beats x 8) */
    NPU_CNT_BYTES_WRITTEN = 2, /* bytes written (strobes set) */
    NPU_CNT_LOAD_BUSY = 3, /* cycles in which the load unit had a command */
    NPU_CNT_ARRAY_BUSY = 4, /* cycles in which the array unit had a command */
    NPU_CNT_VECTOR_BUSY = 5, /* cycles in which the vector unit had a command */
    NPU_CNT_STORE_BUSY = 6, /* cycles in which the store unit had a command */
    NPU_CNT_ARRAY_STEPS = 7, /* cycles in which an operand vector that yields a result entered the array */
    NPU_CNT_STALL_LOAD = 8, /* cycles the array waited for a token from the load unit */
    NPU_CNT_STALL_POST = 9, /* cycles the array waited for a token from the vector unit (or store) */
    NPU_CNT_STALL_WEIGHTS = 10, /* cycles the array waited for weights to enter the shadow registers */
    NPU_CNT_STALL_BANK = 11, /* cycles the array waited for a scratchpad operand */
    NPU_CNT_COMMANDS = 12, /* commands completed */
    NPU_CNT_COUNT
} npu_counter_t;

#define NPU_CTRL_START 1u
#define NPU_CTRL_RESET 2u
#define NPU_STATUS_BUSY 1u
#define NPU_STATUS_DONE 2u
#define NPU_STATUS_ERROR 4u
/* Bits of a program's header; SOFTMAX also of CONFIG1, NORM of CONFIG0. */
#define NPU_FEATURE_MATMUL 1u
#define NPU_FEATURE_SOFTMAX 0x10000000u
#define NPU_FEATURE_NORM 0x00200000u

#define NPU_REGION_READ 1u
#define NPU_REGION_WRITE 2u

/* A configuration; npu_configs lists the named ones. */
typedef struct {
    const char *name;
    uint32_t n, lanes, sp_words, sp_banks, acc_depth, fir_groups, fir_taps, matmul, trace_records, wide_lanes, softmax, norm;
} npu_config_t;
#define NPU_CONFIG_COUNT 6
static const npu_config_t npu_configs[NPU_CONFIG_COUNT] = {
    {"npu4", 4, 4, 4096, 4, 256, 1, 4, 0, 0, 0, 1, 0}, /* 16 MAC/cycle, 16 KiB scratchpad: iCE40 UP5K class */
    {"npu8", 8, 8, 8192, 8, 512, 2, 4, 0, 0, 0, 1, 0}, /* 64 MAC/cycle, 64 KiB scratchpad: ECP5-25F class */
    {"npu8s", 8, 2, 4096, 4, 128, 1, 8, 1, 64, 0, 1, 0}, /* npu8 with two requantise lanes and half the memory: few DSP cells; keeps the parameters honest in tests */
    {"npu16", 16, 16, 8192, 8, 512, 3, 5, 1, 512, 0, 1, 1}, /* 256 MAC/cycle, 128 KiB scratchpad: the default, ECP5-85F class */
    {"npu16w", 16, 16, 16384, 8, 512, 3, 5, 1, 512, 4, 1, 1}, /* npu16 with the wide row engine and 256 KiB scratchpad: language models */
    {"npu32", 32, 32, 8192, 8, 512, 3, 10, 1, 512, 0, 1, 1}, /* 1024 MAC/cycle, 256 KiB scratchpad */
};

typedef enum {
    NPU_OP_LOAD = 0x10,
    NPU_OP_STORE = 0x40,
    NPU_OP_CONV = 0x20,
    NPU_OP_DRAIN = 0x30,
    NPU_OP_POOL = 0x31,
    NPU_OP_ELTWISE = 0x32,
    NPU_OP_TABLE = 0x33,
    NPU_OP_SOFTMAX = 0x34,
    NPU_OP_NORM = 0x35,
    NPU_OP_DRAINW = 0x38,
    NPU_OP_QUANTW = 0x39,
    NPU_OP_ROTATE = 0x3a,
    NPU_OP_SILUW = 0x3b,
    NPU_OP_SOFTMAXW = 0x3c,
} npu_opcode_t;

/* Words of a command in the list (the rest of NPU_CMD_WORDS is not stored); 0: no such opcode. */
static inline uint32_t npu_cmd_words(uint32_t opcode) {
    switch (opcode) {
    case NPU_OP_LOAD: return 12;
    case NPU_OP_STORE: return 12;
    case NPU_OP_CONV: return 10;
    case NPU_OP_DRAIN: return 6;
    case NPU_OP_POOL: return 14;
    case NPU_OP_ELTWISE: return 12;
    case NPU_OP_TABLE: return 6;
    case NPU_OP_SOFTMAX: return 6;
    case NPU_OP_NORM: return 8;
    case NPU_OP_DRAINW: return 6;
    case NPU_OP_QUANTW: return 8;
    case NPU_OP_ROTATE: return 4;
    case NPU_OP_SILUW: return 4;
    case NPU_OP_SOFTMAXW: return 6;
    default: return 0;
    }
}

/* The unit (npu_unit_t) whose queue a command goes to; an unknown opcode stays with the sequencer. */
static inline uint32_t npu_cmd_unit(uint32_t opcode) {
    switch (opcode) {
    case NPU_OP_LOAD: return NPU_UNIT_LOAD;
    case NPU_OP_STORE: return NPU_UNIT_STORE;
    case NPU_OP_CONV: return NPU_UNIT_ARRAY;
    case NPU_OP_DRAIN: return NPU_UNIT_VECTOR;
    case NPU_OP_POOL: return NPU_UNIT_VECTOR;
    case NPU_OP_ELTWISE: return NPU_UNIT_VECTOR;
    case NPU_OP_TABLE: return NPU_UNIT_VECTOR;
    case NPU_OP_SOFTMAX: return NPU_UNIT_VECTOR;
    case NPU_OP_NORM: return NPU_UNIT_VECTOR;
    case NPU_OP_DRAINW: return NPU_UNIT_VECTOR;
    case NPU_OP_QUANTW: return NPU_UNIT_VECTOR;
    case NPU_OP_ROTATE: return NPU_UNIT_VECTOR;
    case NPU_OP_SILUW: return NPU_UNIT_VECTOR;
    case NPU_OP_SOFTMAXW: return NPU_UNIT_VECTOR;
    default: return NPU_UNIT_SEQUENCER;
    }
}
/* Whether the configuration has what a command of its unit needs. */
static inline int npu_config_has(const npu_config_t *config, uint32_t opcode) {
    switch (opcode) {
    case NPU_OP_NORM:
        return config->norm != 0;
    case NPU_OP_SOFTMAX:
        return config->softmax != 0;
    case NPU_OP_DRAINW:
    case NPU_OP_QUANTW:
    case NPU_OP_ROTATE:
    case NPU_OP_SILUW:
    case NPU_OP_SOFTMAXW:
        return config->wide_lanes != 0;
    default: return 1;
    }
}
static inline const char *npu_cmd_name(uint32_t opcode) {
    switch (opcode) {
    case NPU_OP_LOAD: return "LOAD";
    case NPU_OP_STORE: return "STORE";
    case NPU_OP_CONV: return "CONV";
    case NPU_OP_DRAIN: return "DRAIN";
    case NPU_OP_POOL: return "POOL";
    case NPU_OP_ELTWISE: return "ELTWISE";
    case NPU_OP_TABLE: return "TABLE";
    case NPU_OP_SOFTMAX: return "SOFTMAX";
    case NPU_OP_NORM: return "NORM";
    case NPU_OP_DRAINW: return "DRAINW";
    case NPU_OP_QUANTW: return "QUANTW";
    case NPU_OP_ROTATE: return "ROTATE";
    case NPU_OP_SILUW: return "SILUW";
    case NPU_OP_SOFTMAXW: return "SOFTMAXW";
    default: return "?";
    }
}

/* The command list: each command takes its own number of little-endian words. npu_list_put appends one and returns the
 * bytes written; npu_list_get reads one from `left` bytes, the words not stored as 0, and returns its bytes: 8 for an unknown
 * opcode, 0 when the list ends within the command. */
static inline uint32_t npu_list_put(const uint32_t *w, uint8_t *list) {
    uint32_t n = npu_cmd_words(w[0] & 0xffu);
    n = n == 0 ? 2 : n;
    for (uint32_t i = 0; i < 4 * n; i++) list[i] = (uint8_t)(w[i / 4] >> (i % 4 * 8));
    return 4 * n;
}
static inline uint32_t npu_list_get(const uint8_t *list, uint32_t left, uint32_t *w) {
    uint32_t n = left < 8 ? 0 : npu_cmd_words(list[0]);
    n = n == 0 ? 2 : n;
    for (uint32_t i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    if (4 * n > left) return 0;
    for (uint32_t i = 0; i < 4 * n; i++) w[i / 4] |= (uint32_t)list[i] << (i % 4 * 8);
    return 4 * n;
}

/* Header of every command. */
static inline uint32_t npu_cmd_opcode(const uint32_t *w) { return w[0] & 0xffu; }
static inline uint32_t npu_cmd_wait(const uint32_t *w) { return (w[0] >> 8) & 0xfu; }
static inline uint32_t npu_cmd_signal(const uint32_t *w) { return (w[0] >> 12) & 0xfu; }
static inline void npu_cmd_set_tokens(uint32_t *w, uint32_t wait_from, uint32_t signal_to) {
    w[0] = (w[0] & ~0xff00u) | (wait_from & 0xfu) << 8 | (signal_to & 0xfu) << 12;
}

/* memory -> scratchpad, strided, with padding, channel blocking and overlapping windows */
typedef struct {
    uint32_t region; /* memory region */
    uint32_t xor80; /* flip the top bit of every byte read (uint8 <-> int8) */
    uint32_t keep; /* 1: lanes outside the window keep their content; 0: they are set to pad_value */
    uint32_t packed; /* 1: a window is nblk - 1 words of 4-bit weights behind their factors (only with wide lanes; nblk >= 2, last_len N, win_step N/2, lane_off and keep 0) */
    uint32_t offset; /* byte offset of the first run in the region */
    uint32_t run_bytes; /* contiguous bytes of a run; 0: no memory access (fill) */
    uint32_t n1; /* runs, inner count (>= 1) */
    uint32_t n2; /* runs, outer count (>= 1) */
    int32_t stride1; /* bytes between runs of the inner loop */
    int32_t stride2; /* bytes between runs of the outer loop */
    uint32_t sp_addr; /* first scratchpad word */
    uint32_t nwin; /* windows per run (>= 1) */
    uint32_t nblk; /* scratchpad words per window (>= 1) */
    int32_t sp_blk; /* words between blocks of a window */
    int32_t sp_win; /* words between windows */
    int32_t sp_n1; /* words between runs, inner */
    int32_t sp_n2; /* words between runs, outer */
    uint32_t pad_left; /* bytes of pad_value put before each run */
    uint32_t last_len; /* bytes in the last block of a window, 1..N (others: N) */
    uint32_t win_step; /* bytes by which the last block advances in the run, 0..N */
    uint32_t lane_off; /* first lane written; lane_off + (nblk > 1 ? N : last_len) <= N */
    int32_t pad_value; /* padding byte */
} npu_cmd_load_t;
static inline void npu_pack_load(const npu_cmd_load_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_LOAD;
    w[0] |= ((uint32_t)c->region & 0x3u) << 16;
    w[0] |= ((uint32_t)c->xor80 & 0x1u) << 18;
    w[0] |= ((uint32_t)c->keep & 0x1u) << 19;
    w[0] |= ((uint32_t)c->packed & 0x1u) << 20;
    w[1] |= (uint32_t)c->offset;
    w[2] |= (uint32_t)c->run_bytes;
    w[3] |= ((uint32_t)c->n1 & 0xffffu);
    w[3] |= ((uint32_t)c->n2 & 0xffffu) << 16;
    w[4] |= (uint32_t)c->stride1;
    w[5] |= (uint32_t)c->stride2;
    w[6] |= ((uint32_t)c->sp_addr & 0xffffu);
    w[6] |= ((uint32_t)c->nwin & 0xffffu) << 16;
    w[7] |= ((uint32_t)c->nblk & 0xffffu);
    w[7] |= ((uint32_t)c->sp_blk & 0xffffu) << 16;
    w[8] |= ((uint32_t)c->sp_win & 0xffffu);
    w[8] |= ((uint32_t)c->sp_n1 & 0xffffu) << 16;
    w[9] |= ((uint32_t)c->sp_n2 & 0xffffu);
    w[9] |= ((uint32_t)c->pad_left & 0xffffu) << 16;
    w[10] |= ((uint32_t)c->last_len & 0xffu);
    w[10] |= ((uint32_t)c->win_step & 0xffu) << 8;
    w[10] |= ((uint32_t)c->lane_off & 0xffu) << 16;
    w[10] |= ((uint32_t)c->pad_value & 0xffu) << 24;
}
static inline void npu_unpack_load(const uint32_t *w, npu_cmd_load_t *c) {
    c->region = ((w[0] >> 16) & 0x3u);
    c->xor80 = ((w[0] >> 18) & 0x1u);
    c->keep = ((w[0] >> 19) & 0x1u);
    c->packed = ((w[0] >> 20) & 0x1u);
    c->offset = w[1];
    c->run_bytes = w[2];
    c->n1 = (w[3] & 0xffffu);
    c->n2 = ((w[3] >> 16) & 0xffffu);
    c->stride1 = (int32_t)w[4];
    c->stride2 = (int32_t)w[5];
    c->sp_addr = (w[6] & 0xffffu);
    c->nwin = ((w[6] >> 16) & 0xffffu);
    c->nblk = (w[7] & 0xffffu);
    c->sp_blk = (int16_t)((w[7] >> 16) & 0xffffu);
    c->sp_win = (int16_t)(w[8] & 0xffffu);
    c->sp_n1 = (int16_t)((w[8] >> 16) & 0xffffu);
    c->sp_n2 = (int16_t)(w[9] & 0xffffu);
    c->pad_left = ((w[9] >> 16) & 0xffffu);
    c->last_len = (w[10] & 0xffu);
    c->win_step = ((w[10] >> 8) & 0xffu);
    c->lane_off = ((w[10] >> 16) & 0xffu);
    c->pad_value = (int8_t)((w[10] >> 24) & 0xffu);
}

/* scratchpad -> memory, strided, channel blocks joined */
typedef struct {
    uint32_t region; /* memory region */
    uint32_t xor80; /* flip the top bit of every byte written */
    uint32_t offset; /* byte offset of the first run in the region */
    uint32_t run_bytes; /* contiguous bytes of a run (>= 1); ends the run's windows */
    uint32_t n1; /* runs, inner count (>= 1) */
    uint32_t n2; /* runs, outer count (>= 1) */
    int32_t stride1; /* bytes between runs of the inner loop */
    int32_t stride2; /* bytes between runs of the outer loop */
    uint32_t sp_addr; /* first scratchpad word */
    uint32_t nblk; /* scratchpad words per window (>= 1) */
    int32_t sp_blk; /* words between blocks of a window */
    int32_t sp_win; /* words between windows */
    int32_t sp_n1; /* words between runs, inner */
    int32_t sp_n2; /* words between runs, outer */
    uint32_t last_len; /* bytes taken from the last block of a window, 1..N */
    uint32_t lane_off; /* first lane read; lane_off + (nblk > 1 ? N : last_len) <= N */
} npu_cmd_store_t;
static inline void npu_pack_store(const npu_cmd_store_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_STORE;
    w[0] |= ((uint32_t)c->region & 0x3u) << 16;
    w[0] |= ((uint32_t)c->xor80 & 0x1u) << 18;
    w[1] |= (uint32_t)c->offset;
    w[2] |= (uint32_t)c->run_bytes;
    w[3] |= ((uint32_t)c->n1 & 0xffffu);
    w[3] |= ((uint32_t)c->n2 & 0xffffu) << 16;
    w[4] |= (uint32_t)c->stride1;
    w[5] |= (uint32_t)c->stride2;
    w[6] |= ((uint32_t)c->sp_addr & 0xffffu);
    w[7] |= ((uint32_t)c->nblk & 0xffffu);
    w[7] |= ((uint32_t)c->sp_blk & 0xffffu) << 16;
    w[8] |= ((uint32_t)c->sp_win & 0xffffu);
    w[8] |= ((uint32_t)c->sp_n1 & 0xffffu) << 16;
    w[9] |= ((uint32_t)c->sp_n2 & 0xffffu);
    w[10] |= ((uint32_t)c->last_len & 0xffu);
    w[10] |= ((uint32_t)c->lane_off & 0xffu) << 16;
}
static inline void npu_unpack_store(const uint32_t *w, npu_cmd_store_t *c) {
    c->region = ((w[0] >> 16) & 0x3u);
    c->xor80 = ((w[0] >> 18) & 0x1u);
    c->offset = w[1];
    c->run_bytes = w[2];
    c->n1 = (w[3] & 0xffffu);
    c->n2 = ((w[3] >> 16) & 0xffffu);
    c->stride1 = (int32_t)w[4];
    c->stride2 = (int32_t)w[5];
    c->sp_addr = (w[6] & 0xffffu);
    c->nblk = (w[7] & 0xffffu);
    c->sp_blk = (int16_t)((w[7] >> 16) & 0xffffu);
    c->sp_win = (int16_t)(w[8] & 0xffffu);
    c->sp_n1 = (int16_t)((w[8] >> 16) & 0xffffu);
    c->sp_n2 = (int16_t)(w[9] & 0xffffu);
    c->last_len = (w[10] & 0xffu);
    c->lane_off = ((w[10] >> 16) & 0xffu);
}

/* windows of the input times weight tiles, summed into an accumulator half */
typedef struct {
    uint32_t fir; /* 1: depthwise FIR mode */
    uint32_t half; /* accumulator half, and parameter set */
    uint32_t accumulate; /* 1: the first pass adds to the accumulators; 0: it overwrites them */
    uint32_t load_params; /* 1: load the parameter block at p_addr into parameter set `half` */
    uint32_t early; /* 1: wait for every token before reading weights (weights made by the vector unit) */
    uint32_t transpose; /* 1: a tile's words are its columns, lane r the weight of row r (not in FIR mode; only with matmul) */
    uint32_t uniform; /* parameter block in short form: bias int32[N], then one mult int32 and one shift int8 for all channels */
    uint32_t late; /* 1 (only with load_params, not with early): the vector unit's token is taken before the parameter block is read, not before the first operand */
    uint32_t strided; /* 1: the tiles of passes lie `span` words apart; 0: N words (not in FIR mode; only with matmul) */
    uint32_t minus; /* 1: the first pass adds to minus the entries from acc_from on (not in FIR mode, not with accumulate; only with matmul) */
    uint32_t minus_half; /* their accumulator half */
    uint32_t in_addr; /* word of input position iy = 0, ix = 0, block 0 (may lie outside what is resident) */
    uint32_t w_addr; /* first weight word; passes in order, N words apart unless strided */
    uint32_t p_addr; /* parameter block: bias int32[N], mult int32[N], shift int8[N] */
    uint32_t acc_addr; /* first accumulator entry in the half */
    uint32_t ny; /* output rows (>= 1) */
    uint32_t nx; /* output columns (>= 1) */
    int32_t iy0; /* input row of output row 0, tap 0 */
    int32_t ix0; /* input column of output column 0, tap 0 */
    uint32_t in_h; /* rows outside 0..in_h-1 read as pad_value (<= 32767) */
    uint32_t in_w; /* columns outside 0..in_w-1 read as pad_value (<= 32767) */
    int32_t row_pitch; /* words between input rows */
    int32_t blk_pitch; /* words between input channel blocks */
    uint32_t kh; /* kernel rows (>= 1) */
    uint32_t kw; /* kernel columns (>= 1) */
    uint32_t dil_y; /* row dilation (>= 1) */
    uint32_t dil_x; /* column dilation (>= 1; 1 in FIR mode) */
    uint32_t sy; /* row stride (>= 1) */
    uint32_t sx; /* column stride (>= 1) */
    uint32_t nblk; /* input channel blocks (>= 1; 1 in FIR mode) */
    uint32_t span; /* FIR mode: line positions streamed per output row (>= 1); strided: words between tiles (modulo 2^16) */
    int32_t pad_value; /* value of positions outside the input */
    uint32_t acc_from; /* minus: first of the entries, in units of 16 */
} npu_cmd_conv_t;
static inline void npu_pack_conv(const npu_cmd_conv_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_CONV;
    w[0] |= ((uint32_t)c->fir & 0x1u) << 16;
    w[0] |= ((uint32_t)c->half & 0x1u) << 17;
    w[0] |= ((uint32_t)c->accumulate & 0x1u) << 18;
    w[0] |= ((uint32_t)c->load_params & 0x1u) << 19;
    w[0] |= ((uint32_t)c->early & 0x1u) << 20;
    w[0] |= ((uint32_t)c->transpose & 0x1u) << 21;
    w[0] |= ((uint32_t)c->uniform & 0x1u) << 22;
    w[0] |= ((uint32_t)c->late & 0x1u) << 23;
    w[0] |= ((uint32_t)c->strided & 0x1u) << 24;
    w[0] |= ((uint32_t)c->minus & 0x1u) << 25;
    w[0] |= ((uint32_t)c->minus_half & 0x1u) << 26;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->w_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->p_addr & 0xffffu);
    w[2] |= ((uint32_t)c->acc_addr & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->ny & 0xffffu);
    w[3] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->iy0 & 0xffffu);
    w[4] |= ((uint32_t)c->ix0 & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->in_h & 0xffffu);
    w[5] |= ((uint32_t)c->in_w & 0xffffu) << 16;
    w[6] |= ((uint32_t)c->row_pitch & 0xffffu);
    w[6] |= ((uint32_t)c->blk_pitch & 0xffffu) << 16;
    w[7] |= ((uint32_t)c->kh & 0xffu);
    w[7] |= ((uint32_t)c->kw & 0xffu) << 8;
    w[7] |= ((uint32_t)c->dil_y & 0xffu) << 16;
    w[7] |= ((uint32_t)c->dil_x & 0xffu) << 24;
    w[8] |= ((uint32_t)c->sy & 0xffu);
    w[8] |= ((uint32_t)c->sx & 0xffu) << 8;
    w[8] |= ((uint32_t)c->nblk & 0xffffu) << 16;
    w[9] |= ((uint32_t)c->span & 0xffffu);
    w[9] |= ((uint32_t)c->pad_value & 0xffu) << 16;
    w[9] |= ((uint32_t)c->acc_from & 0xffu) << 24;
}
static inline void npu_unpack_conv(const uint32_t *w, npu_cmd_conv_t *c) {
    c->fir = ((w[0] >> 16) & 0x1u);
    c->half = ((w[0] >> 17) & 0x1u);
    c->accumulate = ((w[0] >> 18) & 0x1u);
    c->load_params = ((w[0] >> 19) & 0x1u);
    c->early = ((w[0] >> 20) & 0x1u);
    c->transpose = ((w[0] >> 21) & 0x1u);
    c->uniform = ((w[0] >> 22) & 0x1u);
    c->late = ((w[0] >> 23) & 0x1u);
    c->strided = ((w[0] >> 24) & 0x1u);
    c->minus = ((w[0] >> 25) & 0x1u);
    c->minus_half = ((w[0] >> 26) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->w_addr = ((w[1] >> 16) & 0xffffu);
    c->p_addr = (w[2] & 0xffffu);
    c->acc_addr = ((w[2] >> 16) & 0xffffu);
    c->ny = (w[3] & 0xffffu);
    c->nx = ((w[3] >> 16) & 0xffffu);
    c->iy0 = (int16_t)(w[4] & 0xffffu);
    c->ix0 = (int16_t)((w[4] >> 16) & 0xffffu);
    c->in_h = (w[5] & 0xffffu);
    c->in_w = ((w[5] >> 16) & 0xffffu);
    c->row_pitch = (int16_t)(w[6] & 0xffffu);
    c->blk_pitch = (int16_t)((w[6] >> 16) & 0xffffu);
    c->kh = (w[7] & 0xffu);
    c->kw = ((w[7] >> 8) & 0xffu);
    c->dil_y = ((w[7] >> 16) & 0xffu);
    c->dil_x = ((w[7] >> 24) & 0xffu);
    c->sy = (w[8] & 0xffu);
    c->sx = ((w[8] >> 8) & 0xffu);
    c->nblk = ((w[8] >> 16) & 0xffffu);
    c->span = (w[9] & 0xffffu);
    c->pad_value = (int8_t)((w[9] >> 16) & 0xffu);
    c->acc_from = ((w[9] >> 24) & 0xffu);
}

/* accumulators -> bias, requantise, clamp -> scratchpad */
typedef struct {
    uint32_t half; /* accumulator half, and parameter set */
    uint32_t column; /* 1: first subtract entry col_addr of the half from the set's biases (only with matmul) */
    uint32_t acc_addr; /* first accumulator entry */
    uint32_t out_addr; /* first scratchpad word */
    uint32_t ny; /* rows (>= 1) */
    uint32_t nx; /* columns (>= 1) */
    int32_t out_x; /* words between output columns */
    int32_t out_row; /* words between output rows */
    int32_t zp; /* output zero point */
    int32_t act_min; /* clamp, low */
    int32_t act_max; /* clamp, high */
    uint32_t col_addr; /* column: the entry */
} npu_cmd_drain_t;
static inline void npu_pack_drain(const npu_cmd_drain_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_DRAIN;
    w[0] |= ((uint32_t)c->half & 0x1u) << 17;
    w[0] |= ((uint32_t)c->column & 0x1u) << 18;
    w[1] |= ((uint32_t)c->acc_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->ny & 0xffffu);
    w[2] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->out_x & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->zp & 0xffu);
    w[4] |= ((uint32_t)c->act_min & 0xffu) << 8;
    w[4] |= ((uint32_t)c->act_max & 0xffu) << 16;
    w[5] |= ((uint32_t)c->col_addr & 0xffffu);
}
static inline void npu_unpack_drain(const uint32_t *w, npu_cmd_drain_t *c) {
    c->half = ((w[0] >> 17) & 0x1u);
    c->column = ((w[0] >> 18) & 0x1u);
    c->acc_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->ny = (w[2] & 0xffffu);
    c->nx = ((w[2] >> 16) & 0xffffu);
    c->out_x = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->zp = (int8_t)(w[4] & 0xffu);
    c->act_min = (int8_t)((w[4] >> 8) & 0xffu);
    c->act_max = (int8_t)((w[4] >> 16) & 0xffu);
    c->col_addr = (w[5] & 0xffffu);
}

/* windows of the input reduced by maximum or sum; sums requantised or divided */
typedef struct {
    uint32_t sum; /* 0: maximum, 1: sum */
    uint32_t divide; /* with sum: 0 requantise, 1 divide (half away from zero) */
    uint32_t in_addr; /* word of input position iy = 0, ix = 0, block 0 */
    uint32_t out_addr; /* first output word */
    uint32_t ny; /* output rows (>= 1) */
    uint32_t nx; /* output columns (>= 1) */
    int32_t in_row; /* words between input rows */
    int32_t out_row; /* words between output rows */
    int32_t in_blk; /* words between input blocks */
    int32_t out_blk; /* words between output blocks */
    int32_t iy0; /* input row of output row 0, tap 0 */
    int32_t ix0; /* input column of output column 0, tap 0 */
    uint32_t in_h; /* rows outside 0..in_h-1 take no part (<= 32767) */
    uint32_t in_w; /* columns outside 0..in_w-1 take no part (<= 32767) */
    uint32_t kh; /* window rows (>= 1) */
    uint32_t kw; /* window columns (>= 1) */
    uint32_t sy; /* row stride (>= 1) */
    uint32_t sx; /* column stride (>= 1) */
    uint32_t nblk; /* channel blocks (>= 1) */
    int32_t bias; /* added to the sum */
    int32_t mult; /* multiplier, 0..2^31-1 */
    int32_t shift; /* shift, -31..30, positive = left */
    int32_t zp; /* output zero point (requantise) */
    int32_t act_min; /* clamp, low */
    int32_t act_max; /* clamp, high */
    uint32_t nudge; /* divide: count / 2, added to the magnitude before the multiply */
} npu_cmd_pool_t;
static inline void npu_pack_pool(const npu_cmd_pool_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_POOL;
    w[0] |= ((uint32_t)c->sum & 0x1u) << 16;
    w[0] |= ((uint32_t)c->divide & 0x1u) << 17;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->ny & 0xffffu);
    w[2] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->in_row & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->in_blk & 0xffffu);
    w[4] |= ((uint32_t)c->out_blk & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->iy0 & 0xffffu);
    w[5] |= ((uint32_t)c->ix0 & 0xffffu) << 16;
    w[6] |= ((uint32_t)c->in_h & 0xffffu);
    w[6] |= ((uint32_t)c->in_w & 0xffffu) << 16;
    w[7] |= ((uint32_t)c->kh & 0xffffu);
    w[7] |= ((uint32_t)c->kw & 0xffffu) << 16;
    w[8] |= ((uint32_t)c->sy & 0xffu);
    w[8] |= ((uint32_t)c->sx & 0xffu) << 8;
    w[8] |= ((uint32_t)c->nblk & 0xffffu) << 16;
    w[9] |= (uint32_t)c->bias;
    w[10] |= (uint32_t)c->mult;
    w[11] |= ((uint32_t)c->shift & 0xffu);
    w[11] |= ((uint32_t)c->zp & 0xffu) << 8;
    w[11] |= ((uint32_t)c->act_min & 0xffu) << 16;
    w[11] |= ((uint32_t)c->act_max & 0xffu) << 24;
    w[12] |= (uint32_t)c->nudge;
}
static inline void npu_unpack_pool(const uint32_t *w, npu_cmd_pool_t *c) {
    c->sum = ((w[0] >> 16) & 0x1u);
    c->divide = ((w[0] >> 17) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->ny = (w[2] & 0xffffu);
    c->nx = ((w[2] >> 16) & 0xffffu);
    c->in_row = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->in_blk = (int16_t)(w[4] & 0xffffu);
    c->out_blk = (int16_t)((w[4] >> 16) & 0xffffu);
    c->iy0 = (int16_t)(w[5] & 0xffffu);
    c->ix0 = (int16_t)((w[5] >> 16) & 0xffffu);
    c->in_h = (w[6] & 0xffffu);
    c->in_w = ((w[6] >> 16) & 0xffffu);
    c->kh = (w[7] & 0xffffu);
    c->kw = ((w[7] >> 16) & 0xffffu);
    c->sy = (w[8] & 0xffu);
    c->sx = ((w[8] >> 8) & 0xffu);
    c->nblk = ((w[8] >> 16) & 0xffffu);
    c->bias = (int32_t)w[9];
    c->mult = (int32_t)w[10];
    c->shift = (int8_t)(w[11] & 0xffu);
    c->zp = (int8_t)((w[11] >> 8) & 0xffu);
    c->act_min = (int8_t)((w[11] >> 16) & 0xffu);
    c->act_max = (int8_t)((w[11] >> 24) & 0xffu);
    c->nudge = w[12];
}

/* two operands, element by element */
typedef struct {
    uint32_t op; /* 0 add, 1 sub, 2 mul, 3 max, 4 min */
    uint32_t a_addr; /* first word of operand a */
    uint32_t out_addr; /* first output word */
    uint32_t ny; /* rows (>= 1) */
    uint32_t nx; /* words per row (>= 1) */
    int32_t a_row; /* words between rows of a */
    int32_t out_row; /* words between output rows */
    uint32_t b_addr; /* first word of operand b */
    int32_t b_row; /* words between rows of b */
    uint32_t a_x; /* words between columns of a: 0 or 1 */
    uint32_t b_x; /* words between columns of b: 0 or 1 */
    int32_t a_shift; /* shift of a, -31..30 */
    int32_t b_shift; /* shift of b */
    int32_t a_mult; /* multiplier of a, 0..2^31-1 */
    int32_t b_mult; /* multiplier of b */
    int32_t a_zp; /* zero point of a */
    int32_t b_zp; /* zero point of b */
    uint32_t left; /* left shift of a and b before their multiplier, 0..22 */
    int32_t o_mult; /* multiplier of the result */
    int32_t o_shift; /* shift of the result */
    int32_t o_zp; /* zero point of the result */
    int32_t act_min; /* clamp, low */
    int32_t act_max; /* clamp, high */
} npu_cmd_eltwise_t;
static inline void npu_pack_eltwise(const npu_cmd_eltwise_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_ELTWISE;
    w[0] |= ((uint32_t)c->op & 0x7u) << 16;
    w[1] |= ((uint32_t)c->a_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->ny & 0xffffu);
    w[2] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->a_row & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->b_addr & 0xffffu);
    w[4] |= ((uint32_t)c->b_row & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->a_x & 0xffu);
    w[5] |= ((uint32_t)c->b_x & 0xffu) << 8;
    w[5] |= ((uint32_t)c->a_shift & 0xffu) << 16;
    w[5] |= ((uint32_t)c->b_shift & 0xffu) << 24;
    w[6] |= (uint32_t)c->a_mult;
    w[7] |= (uint32_t)c->b_mult;
    w[8] |= ((uint32_t)c->a_zp & 0xffu);
    w[8] |= ((uint32_t)c->b_zp & 0xffu) << 8;
    w[8] |= ((uint32_t)c->left & 0xffu) << 16;
    w[10] |= (uint32_t)c->o_mult;
    w[11] |= ((uint32_t)c->o_shift & 0xffu);
    w[11] |= ((uint32_t)c->o_zp & 0xffu) << 8;
    w[11] |= ((uint32_t)c->act_min & 0xffu) << 16;
    w[11] |= ((uint32_t)c->act_max & 0xffu) << 24;
}
static inline void npu_unpack_eltwise(const uint32_t *w, npu_cmd_eltwise_t *c) {
    c->op = ((w[0] >> 16) & 0x7u);
    c->a_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->ny = (w[2] & 0xffffu);
    c->nx = ((w[2] >> 16) & 0xffffu);
    c->a_row = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->b_addr = (w[4] & 0xffffu);
    c->b_row = (int16_t)((w[4] >> 16) & 0xffffu);
    c->a_x = (w[5] & 0xffu);
    c->b_x = ((w[5] >> 8) & 0xffu);
    c->a_shift = (int8_t)((w[5] >> 16) & 0xffu);
    c->b_shift = (int8_t)((w[5] >> 24) & 0xffu);
    c->a_mult = (int32_t)w[6];
    c->b_mult = (int32_t)w[7];
    c->a_zp = (int8_t)(w[8] & 0xffu);
    c->b_zp = (int8_t)((w[8] >> 8) & 0xffu);
    c->left = ((w[8] >> 16) & 0xffu);
    c->o_mult = (int32_t)w[10];
    c->o_shift = (int8_t)(w[11] & 0xffu);
    c->o_zp = (int8_t)((w[11] >> 8) & 0xffu);
    c->act_min = (int8_t)((w[11] >> 16) & 0xffu);
    c->act_max = (int8_t)((w[11] >> 24) & 0xffu);
}

/* every byte through a 256-entry table */
typedef struct {
    uint32_t load; /* 1: first load the table from t_addr (256 bytes, entry i for input byte i read as unsigned) */
    uint32_t in_addr; /* first input word */
    uint32_t out_addr; /* first output word */
    uint32_t ny; /* rows (>= 1) */
    uint32_t nx; /* words per row (>= 1) */
    int32_t in_row; /* words between input rows */
    int32_t out_row; /* words between output rows */
    uint32_t t_addr; /* first word of the table */
} npu_cmd_table_t;
static inline void npu_pack_table(const npu_cmd_table_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_TABLE;
    w[0] |= ((uint32_t)c->load & 0x1u) << 16;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->ny & 0xffffu);
    w[2] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->in_row & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->t_addr & 0xffffu);
}
static inline void npu_unpack_table(const uint32_t *w, npu_cmd_table_t *c) {
    c->load = ((w[0] >> 16) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->ny = (w[2] & 0xffffu);
    c->nx = ((w[2] >> 16) & 0xffffu);
    c->in_row = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->t_addr = (w[4] & 0xffffu);
}

/* softmax over channels, gemmlowp fixed point, output scale 1/256, zero point -128 */
typedef struct {
    uint32_t load; /* 1: first load the exponential table from t_addr (256 int32, entry d for max - x = d) */
    uint32_t in_addr; /* first input word */
    uint32_t out_addr; /* first output word */
    uint32_t ny; /* rows of vectors (>= 1) */
    uint32_t nx; /* vectors per row (>= 1), one word apart */
    int32_t in_row; /* words between input rows */
    int32_t out_row; /* words between output rows */
    int32_t in_blk; /* words between channel blocks of the input */
    int32_t out_blk; /* words between channel blocks of the output */
    uint32_t t_addr; /* first word of the table */
    uint32_t depth; /* elements of a vector (>= 1) */
} npu_cmd_softmax_t;
static inline void npu_pack_softmax(const npu_cmd_softmax_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_SOFTMAX;
    w[0] |= ((uint32_t)c->load & 0x1u) << 16;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->ny & 0xffffu);
    w[2] |= ((uint32_t)c->nx & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->in_row & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->in_blk & 0xffffu);
    w[4] |= ((uint32_t)c->out_blk & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->t_addr & 0xffffu);
    w[5] |= ((uint32_t)c->depth & 0xffffu) << 16;
}
static inline void npu_unpack_softmax(const uint32_t *w, npu_cmd_softmax_t *c) {
    c->load = ((w[0] >> 16) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->ny = (w[2] & 0xffffu);
    c->nx = ((w[2] >> 16) & 0xffffu);
    c->in_row = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->in_blk = (int16_t)(w[4] & 0xffffu);
    c->out_blk = (int16_t)((w[4] >> 16) & 0xffffu);
    c->t_addr = (w[5] & 0xffffu);
    c->depth = ((w[5] >> 16) & 0xffffu);
}

/* layer norm or RMS norm over channels, factors and offsets for each */
typedef struct {
    uint32_t load; /* 1: first load the gammas and betas of `depth` channels from p_addr */
    uint32_t rms; /* 1: without subtracting the mean */
    uint32_t in_addr; /* first input word */
    uint32_t out_addr; /* first output word */
    uint32_t rows; /* rows (>= 1) */
    int32_t in_zp; /* rms: zero point of the input */
    int32_t zp; /* zero point of the output */
    int32_t in_row; /* words between rows of the input */
    int32_t out_row; /* words between rows of the output */
    int32_t in_blk; /* words between channel blocks of the input */
    int32_t out_blk; /* words between channel blocks of the output */
    uint32_t p_addr; /* wide row of gammas (ceil(4 depth / N) words), behind it one of betas */
    uint32_t depth; /* elements of a row, 1..128 N */
    uint32_t eps_low; /* epsilon N^2 4^(16 - t) / scale^2, bits 31..0 */
    uint32_t eps_high; /* bits 51..32 */
    uint32_t shift; /* fraction bits of the betas, 1..31 */
} npu_cmd_norm_t;
static inline void npu_pack_norm(const npu_cmd_norm_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_NORM;
    w[0] |= ((uint32_t)c->load & 0x1u) << 16;
    w[0] |= ((uint32_t)c->rms & 0x1u) << 17;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->rows & 0xffffu);
    w[2] |= ((uint32_t)c->in_zp & 0xffu) << 16;
    w[2] |= ((uint32_t)c->zp & 0xffu) << 24;
    w[3] |= ((uint32_t)c->in_row & 0xffffu);
    w[3] |= ((uint32_t)c->out_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->in_blk & 0xffffu);
    w[4] |= ((uint32_t)c->out_blk & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->p_addr & 0xffffu);
    w[5] |= ((uint32_t)c->depth & 0xffffu) << 16;
    w[6] |= (uint32_t)c->eps_low;
    w[7] |= ((uint32_t)c->eps_high & 0xfffffu);
    w[7] |= ((uint32_t)c->shift & 0x1fu) << 20;
}
static inline void npu_unpack_norm(const uint32_t *w, npu_cmd_norm_t *c) {
    c->load = ((w[0] >> 16) & 0x1u);
    c->rms = ((w[0] >> 17) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->rows = (w[2] & 0xffffu);
    c->in_zp = (int8_t)((w[2] >> 16) & 0xffu);
    c->zp = (int8_t)((w[2] >> 24) & 0xffu);
    c->in_row = (int16_t)(w[3] & 0xffffu);
    c->out_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->in_blk = (int16_t)(w[4] & 0xffffu);
    c->out_blk = (int16_t)((w[4] >> 16) & 0xffffu);
    c->p_addr = (w[5] & 0xffffu);
    c->depth = ((w[5] >> 16) & 0xffffu);
    c->eps_low = w[6];
    c->eps_high = (w[7] & 0xfffffu);
    c->shift = ((w[7] >> 20) & 0x1fu);
}

/* accumulators -> wide rows of N elements: requantise, times the scale of a record, maybe added to what is there */
typedef struct {
    uint32_t half; /* accumulator half */
    uint32_t add; /* 1: added to the row at out_addr, saturating; 0: overwrites it */
    uint32_t noscale; /* 1: no scale record is read; the result is that of the first multiplication */
    uint32_t acc_addr; /* first accumulator entry */
    uint32_t out_addr; /* first word of the first row */
    uint32_t count; /* entries, each one row of N elements (>= 1) */
    int32_t acc_step; /* entries between entries */
    uint32_t mult_addr; /* wide row of N multipliers */
    int32_t mult_step; /* words between the multipliers of entries */
    uint32_t scale_addr; /* scale record; its m and e are read */
    int32_t scale_step; /* words between the records of entries */
    int32_t out_step; /* words between rows */
    int32_t shift; /* shift of the first multiplication, -31..30, positive = left */
    int32_t exponent; /* added to the record's e */
} npu_cmd_drainw_t;
static inline void npu_pack_drainw(const npu_cmd_drainw_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_DRAINW;
    w[0] |= ((uint32_t)c->half & 0x1u) << 17;
    w[0] |= ((uint32_t)c->add & 0x1u) << 18;
    w[0] |= ((uint32_t)c->noscale & 0x1u) << 19;
    w[1] |= ((uint32_t)c->acc_addr & 0xffffu);
    w[1] |= ((uint32_t)c->out_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->count & 0xffffu);
    w[2] |= ((uint32_t)c->acc_step & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->mult_addr & 0xffffu);
    w[3] |= ((uint32_t)c->mult_step & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->scale_addr & 0xffffu);
    w[4] |= ((uint32_t)c->scale_step & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->out_step & 0xffffu);
    w[5] |= ((uint32_t)c->shift & 0xffu) << 16;
    w[5] |= ((uint32_t)c->exponent & 0xffu) << 24;
}
static inline void npu_unpack_drainw(const uint32_t *w, npu_cmd_drainw_t *c) {
    c->half = ((w[0] >> 17) & 0x1u);
    c->add = ((w[0] >> 18) & 0x1u);
    c->noscale = ((w[0] >> 19) & 0x1u);
    c->acc_addr = (w[1] & 0xffffu);
    c->out_addr = ((w[1] >> 16) & 0xffffu);
    c->count = (w[2] & 0xffffu);
    c->acc_step = (int16_t)((w[2] >> 16) & 0xffffu);
    c->mult_addr = (w[3] & 0xffffu);
    c->mult_step = (int16_t)((w[3] >> 16) & 0xffffu);
    c->scale_addr = (w[4] & 0xffffu);
    c->scale_step = (int16_t)((w[4] >> 16) & 0xffffu);
    c->out_step = (int16_t)(w[5] & 0xffffu);
    c->shift = (int8_t)((w[5] >> 16) & 0xffu);
    c->exponent = (int8_t)((w[5] >> 24) & 0xffu);
}

/* wide rows -> int8 rows whose largest magnitude is 127, and their scales; with gains: an RMS norm before */
typedef struct {
    uint32_t norm; /* 1: times the gains, scale over the root of the sum of squares */
    uint32_t in_addr; /* first word of the first row */
    uint32_t q_addr; /* first word of the first int8 row */
    uint32_t n; /* elements of a row (>= 1) */
    uint32_t rows; /* rows (>= 1) */
    int32_t in_row; /* words between rows */
    int32_t q_row; /* words between int8 rows */
    int32_t q_blk; /* words between the words of an int8 row */
    uint32_t scale_addr; /* scale record of the first row */
    int32_t scale_row; /* words between scale records */
    uint32_t gain_addr; /* wide row of gains, Q0.31, the same for all rows */
    uint32_t eps_low; /* added to the sum of squares, bits 31..0 */
    uint32_t eps_high; /* bits 63..32 */
} npu_cmd_quantw_t;
static inline void npu_pack_quantw(const npu_cmd_quantw_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_QUANTW;
    w[0] |= ((uint32_t)c->norm & 0x1u) << 16;
    w[1] |= ((uint32_t)c->in_addr & 0xffffu);
    w[1] |= ((uint32_t)c->q_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->n & 0xffffu);
    w[2] |= ((uint32_t)c->rows & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->in_row & 0xffffu);
    w[3] |= ((uint32_t)c->q_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->q_blk & 0xffffu);
    w[4] |= ((uint32_t)c->scale_addr & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->scale_row & 0xffffu);
    w[5] |= ((uint32_t)c->gain_addr & 0xffffu) << 16;
    w[6] |= (uint32_t)c->eps_low;
    w[7] |= (uint32_t)c->eps_high;
}
static inline void npu_unpack_quantw(const uint32_t *w, npu_cmd_quantw_t *c) {
    c->norm = ((w[0] >> 16) & 0x1u);
    c->in_addr = (w[1] & 0xffffu);
    c->q_addr = ((w[1] >> 16) & 0xffffu);
    c->n = (w[2] & 0xffffu);
    c->rows = ((w[2] >> 16) & 0xffffu);
    c->in_row = (int16_t)(w[3] & 0xffffu);
    c->q_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->q_blk = (int16_t)(w[4] & 0xffffu);
    c->scale_addr = ((w[4] >> 16) & 0xffffu);
    c->scale_row = (int16_t)(w[5] & 0xffffu);
    c->gain_addr = ((w[5] >> 16) & 0xffffu);
    c->eps_low = w[6];
    c->eps_high = w[7];
}

/* rotary embedding of wide rows in place */
typedef struct {
    uint32_t x_addr; /* first word of the first row */
    uint32_t rot_addr; /* first word of the row of pairs (cos, sin), int16 Q1.14 */
    uint32_t n; /* elements of a row (>= 2, even) */
    uint32_t rows; /* rows (>= 1) */
    int32_t x_row; /* words between rows */
    int32_t rot_row; /* words between the rows of pairs */
} npu_cmd_rotate_t;
static inline void npu_pack_rotate(const npu_cmd_rotate_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_ROTATE;
    w[1] |= ((uint32_t)c->x_addr & 0xffffu);
    w[1] |= ((uint32_t)c->rot_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->n & 0xffffu);
    w[2] |= ((uint32_t)c->rows & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->x_row & 0xffffu);
    w[3] |= ((uint32_t)c->rot_row & 0xffffu) << 16;
}
static inline void npu_unpack_rotate(const uint32_t *w, npu_cmd_rotate_t *c) {
    c->x_addr = (w[1] & 0xffffu);
    c->rot_addr = ((w[1] >> 16) & 0xffffu);
    c->n = (w[2] & 0xffffu);
    c->rows = ((w[2] >> 16) & 0xffffu);
    c->x_row = (int16_t)(w[3] & 0xffffu);
    c->rot_row = (int16_t)((w[3] >> 16) & 0xffffu);
}

/* wide rows u = u * logistic(u) * v in place */
typedef struct {
    uint32_t u_addr; /* first word of the first row u */
    uint32_t v_addr; /* first word of the first row v */
    uint32_t n; /* elements of a row (>= 1) */
    uint32_t rows; /* rows (>= 1) */
    int32_t u_row; /* words between rows u */
    int32_t v_row; /* words between rows v */
} npu_cmd_siluw_t;
static inline void npu_pack_siluw(const npu_cmd_siluw_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_SILUW;
    w[1] |= ((uint32_t)c->u_addr & 0xffffu);
    w[1] |= ((uint32_t)c->v_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->n & 0xffffu);
    w[2] |= ((uint32_t)c->rows & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->u_row & 0xffffu);
    w[3] |= ((uint32_t)c->v_row & 0xffffu) << 16;
}
static inline void npu_unpack_siluw(const uint32_t *w, npu_cmd_siluw_t *c) {
    c->u_addr = (w[1] & 0xffffu);
    c->v_addr = ((w[1] >> 16) & 0xffffu);
    c->n = (w[2] & 0xffffu);
    c->rows = ((w[2] >> 16) & 0xffffu);
    c->u_row = (int16_t)(w[3] & 0xffffu);
    c->v_row = (int16_t)((w[3] >> 16) & 0xffffu);
}

/* wide rows of scores -> int8 weights of an attention's second product, and their scales */
typedef struct {
    uint32_t causal; /* 1: row r has n + r elements; 0: n */
    uint32_t vmax; /* 1: weights are multiplied with the row at vmax_addr */
    uint32_t s_addr; /* first word of the first row of scores, powers of two in Q.20; overwritten */
    uint32_t q_addr; /* first word of the first int8 row */
    uint32_t n; /* elements of the first row (>= 1; n + rows - 1 <= 65535 with causal) */
    uint32_t rows; /* rows (>= 1) */
    int32_t s_row; /* words between rows of scores */
    int32_t q_row; /* words between int8 rows */
    int32_t q_blk; /* words between the words of an int8 row */
    uint32_t scale_addr; /* scale record of the first row */
    int32_t scale_row; /* words between scale records */
    uint32_t vmax_addr; /* wide row of scales of V, the same for all rows */
} npu_cmd_softmaxw_t;
static inline void npu_pack_softmaxw(const npu_cmd_softmaxw_t *c, uint32_t *w) {
    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;
    w[0] = NPU_OP_SOFTMAXW;
    w[0] |= ((uint32_t)c->causal & 0x1u) << 16;
    w[0] |= ((uint32_t)c->vmax & 0x1u) << 17;
    w[1] |= ((uint32_t)c->s_addr & 0xffffu);
    w[1] |= ((uint32_t)c->q_addr & 0xffffu) << 16;
    w[2] |= ((uint32_t)c->n & 0xffffu);
    w[2] |= ((uint32_t)c->rows & 0xffffu) << 16;
    w[3] |= ((uint32_t)c->s_row & 0xffffu);
    w[3] |= ((uint32_t)c->q_row & 0xffffu) << 16;
    w[4] |= ((uint32_t)c->q_blk & 0xffffu);
    w[4] |= ((uint32_t)c->scale_addr & 0xffffu) << 16;
    w[5] |= ((uint32_t)c->scale_row & 0xffffu);
    w[5] |= ((uint32_t)c->vmax_addr & 0xffffu) << 16;
}
static inline void npu_unpack_softmaxw(const uint32_t *w, npu_cmd_softmaxw_t *c) {
    c->causal = ((w[0] >> 16) & 0x1u);
    c->vmax = ((w[0] >> 17) & 0x1u);
    c->s_addr = (w[1] & 0xffffu);
    c->q_addr = ((w[1] >> 16) & 0xffffu);
    c->n = (w[2] & 0xffffu);
    c->rows = ((w[2] >> 16) & 0xffffu);
    c->s_row = (int16_t)(w[3] & 0xffffu);
    c->q_row = (int16_t)((w[3] >> 16) & 0xffffu);
    c->q_blk = (int16_t)(w[4] & 0xffffu);
    c->scale_addr = ((w[4] >> 16) & 0xffffu);
    c->scale_row = (int16_t)(w[5] & 0xffffu);
    c->vmax_addr = ((w[5] >> 16) & 0xffffu);
}

/* A record of the trace: what TRACE_DATA reads. */
#define NPU_TRACE_WORDS 5
typedef struct {
    uint32_t index; /* of the command in its list */
    uint32_t unit; /* that executed it */
    uint32_t start; /* cycle in which the unit began, counted from the write of START (modulo 2^32) */
    uint32_t end; /* cycle in which its effects were complete */
    uint32_t wait0; /* cycles at the head of its queue in which a token from the load unit was missing */
    uint32_t wait1; /* the same, array unit; of a CONV: cycles in which its operands waited for weights */
    uint32_t wait2; /* the same, vector unit; of a CONV: cycles in which a token from the vector or store unit was missing */
    uint32_t wait3; /* the same, store unit; of a CONV: cycles in which an operand did not come from the scratchpad */
} npu_trace_record_t;
static inline void npu_unpack_trace(const uint32_t *w, npu_trace_record_t *r) {
    r->index = w[0] >> 0 & 0xffffu;
    r->unit = w[0] >> 16 & 0x3u;
    r->start = w[1] >> 0 & 0xffffffffu;
    r->end = w[2] >> 0 & 0xffffffffu;
    r->wait0 = w[3] >> 0 & 0xffffu;
    r->wait1 = w[3] >> 16 & 0xffffu;
    r->wait2 = w[4] >> 0 & 0xffffu;
    r->wait3 = w[4] >> 16 & 0xffffu;
}

#endif

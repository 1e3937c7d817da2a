/*
 * device.h - what the sequencer of npu_lite sees (rtl/lite/npu_lite.v): local memory, the register
 * words, accumulators and devices, at fixed addresses of 18 or 19 bits. The build names the
 * configuration (sw/microcode/build.mk): NPU_CFG_*. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_MICROCODE_DEVICE_H
#define SYSTOLE_MICROCODE_DEVICE_H

#include <stdint.h>

#define MC_N (NPU_CFG_N + 0u)               /* rows, columns, bytes of a scratchpad word: 4 or 8 */
#define MC_SP_WORDS (NPU_CFG_SP_WORDS + 0u) /* powers of two */
#define MC_ACC_DEPTH (NPU_CFG_ACC_DEPTH + 0u)
#define MC_FIR_GROUPS (NPU_CFG_FIR_GROUPS + 0u)
#define MC_FIR_TAPS (NPU_CFG_FIR_TAPS + 0u)
#define MC_QUADS (MC_N / 4u) /* 32-bit pieces of a scratchpad word */
_Static_assert(MC_N == 4 || MC_N == 8, "what the array has");

/* Local memory, whose end is the scratchpad; behind it registers, accumulators, devices. */
#define MC_LOCAL (MC_SP_WORDS * MC_N > 0x8000u ? 0x20000u : 0x10000u)

#define MC_WORD(addr) (*(volatile uint32_t *)(uintptr_t)(addr))
/* Piece `i` of scratchpad words `w` and following; lanes of word `w`. Addresses wrap. */
#define MC_SP_BASE (MC_LOCAL - MC_N * MC_SP_WORDS)
#define MC_SP(w, i)                                                                                \
    (((volatile uint32_t *)MC_SP_BASE)[((w)*MC_QUADS + (i)) & (MC_SP_WORDS * MC_QUADS - 1u)])
#define MC_SP_LANES(w) ((volatile int8_t *)&MC_SP(w, 0))
/* Register of the host's map, by its byte offset. */
#define MC_REG(offset) MC_WORD(MC_LOCAL + (offset))
/* Byte offset of (half, entry) in the accumulators, and lane `l` there. */
#define MC_ACC_OFFSET(half, entry)                                                                 \
    (((half)*MC_ACC_DEPTH + ((entry) & (MC_ACC_DEPTH - 1u))) * 4u * MC_N)
#define MC_ACC(offset, l) MC_WORD(2u * MC_LOCAL + (offset) + 4u * (l))

#define MC_DEV(index) MC_WORD(3u * MC_LOCAL + 4u * (index))
#define MC_BUS_ADDR MC_DEV(0) /* of the next word; forgets errors */
#define MC_BUS_NEXT MC_DEV(1) /* a word of main memory, then the address moves on */
#define MC_BUS_BYTE(i)                                                                             \
    (*(volatile uint8_t *)(uintptr_t)(3u * MC_LOCAL + 8u + (i))) /* stays at its word */
#define MC_BUS_SAME MC_DEV(2)
#define MC_BASE MC_DEV(3) /* of a line of operands: npu_lite_array.v */
#define MC_IX MC_DEV(4)
#define MC_LIMITS MC_DEV(5) /* in_w, step << 16, pad << 24 */
#define MC_GO MC_DEV(6)     /* entry, half above it, first << 14, row_in << 15, count << 16 */
#define MC_MULT MC_DEV(7)   /* requantiser: npu_lite_scale.v */
#define MC_SETTINGS MC_DEV(8)
#define MC_VALUE MC_DEV(9)   /* write starts, read waits for the result */
#define MC_END MC_DEV(10)    /* STATUS bits; the sequencer stops */
#define MC_ERR MC_DEV(11)    /* 1: a bus access failed since BUS_ADDR was written */
#define MC_CYCLES MC_DEV(12) /* since START */
#define MC_WEIGHTS(row, piece) MC_DEV(16u + (row)*MC_QUADS + (piece))
#define MC_SETTINGS_DIVIDE 0x20u

#endif

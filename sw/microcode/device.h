/*
 * device.h - what the sequencer of npu_lite sees (rtl/lite/npu_lite.v): local memory, the register
 * words, accumulators and devices, at fixed addresses of 18 bits. SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_MICROCODE_DEVICE_H
#define SYSTOLE_MICROCODE_DEVICE_H

#include <stdint.h>

#define MC_N 4u           /* rows, columns, bytes of a scratchpad word */
#define MC_SP_WORDS 4096u /* powers of two; the scratchpad is the end of local memory */
#define MC_ACC_DEPTH 256u
#define MC_FIR_TAPS 4u

#define MC_WORD(addr) (*(volatile uint32_t *)(uintptr_t)(addr))
/* Scratchpad word `w`, and its lanes; addresses wrap. */
#define MC_SP_BASE (0x10000u - 4u * MC_SP_WORDS)
#define MC_SP(w) (((volatile uint32_t *)MC_SP_BASE)[(w) & (MC_SP_WORDS - 1u)])
#define MC_SP_LANES(w) ((volatile int8_t *)&MC_SP(w))
/* Register of the host's map, by its byte offset. */
#define MC_REG(offset) MC_WORD(0x10000u + (offset))
/* Byte offset of (half, entry) in the accumulators, and lane `l` there. */
#define MC_ACC_OFFSET(half, entry)                                                                 \
    ((half)*16u * MC_ACC_DEPTH + ((entry) & (MC_ACC_DEPTH - 1u)) * 16u)
#define MC_ACC(offset, l) MC_WORD(0x20000u + (offset) + 4u * (l))

#define MC_DEV(index) MC_WORD(0x30000u + 4u * (index))
#define MC_BUS_ADDR MC_DEV(0) /* of the next word; forgets errors */
#define MC_BUS_NEXT MC_DEV(1) /* a word of main memory, then the address moves on */
#define MC_BUS_BYTE(i) (*(volatile uint8_t *)(uintptr_t)(0x30008u + (i))) /* stays at its word */
#define MC_BUS_SAME MC_DEV(2)
#define MC_BASE MC_DEV(3) /* of a line of operands: npu_lite_array.v */
#define MC_IX MC_DEV(4)
#define MC_LIMITS MC_DEV(5) /* in_w, step << 16, pad << 24 */
#define MC_GO MC_DEV(6)     /* entry, half << 8, first << 14, row_in << 15, count << 16 */
#define MC_MULT MC_DEV(7)   /* requantiser: npu_lite_scale.v */
#define MC_SETTINGS MC_DEV(8)
#define MC_VALUE MC_DEV(9)   /* write starts, read waits for the result */
#define MC_END MC_DEV(10)    /* STATUS bits; the sequencer stops */
#define MC_ERR MC_DEV(11)    /* 1: a bus access failed since BUS_ADDR was written */
#define MC_CYCLES MC_DEV(12) /* since START */
#define MC_WEIGHTS(row) MC_DEV(16u + (row))
#define MC_SETTINGS_DIVIDE 0x20u

#endif

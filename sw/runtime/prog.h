/*
 * prog.h - the compiled program image (PROG): format and bounds-checked reader.
 *
 * About
 *   One little-endian, relocatable file holds everything that an inference needs: weights, NPU
 *   command stream, operators for the CPU, input/output description and a layer table for reports.
 *   Memory region 0 of the NPU is the image itself (read only), region 1 the arena (read-write;
 *   inputs, outputs and intermediates). All addresses inside are (region, byte offset).
 *   The first state_size bytes of the arena are the network's state: they keep their contents from
 *   run to run, and start as the state_size bytes at state_init in the const section say.
 *
 * Layout (byte offsets; every section starts 8-byte aligned)
 *   0                  header, PROG_HEADER_BYTES, fields in prog_header_t order, all uint32
 *   PROG_HEADER_BYTES  const section: weights, biases, tables (offset fixed, so that a compiler
 * knows the image offset of a constant the moment it adds it)
 *   ...                command section, cmd_size bytes: n_cmds commands as the NPU fetches them
 *   ...                CPU operator bytes, operand table, step table, IO table, layer table
 *
 * Synopsis
 *   prog_t p; prog_error_t e;
 *   if (prog_open(bytes, size, PROG_CHECK_CRC, &p, &e)) fail(prog_strerror(e.code), e.offset);
 *   for (uint32_t i = 0; i < p.h.n_steps; i++) { prog_step_t s; prog_get_step(&p, i, &s); ... }
 *
 * Contract
 *   The file is untrusted, CRC or not: prog_open() checks every offset, size, count, alignment and
 *   enumeration, so the prog_get_*() functions cannot fail for an index below the matching count.
 *   No allocation, no float, same source on host and soft-core. Counterpart: prog_write.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_PROG_H
#define SYSTOLE_PROG_H

#include <stddef.h>
#include <stdint.h>

#include "npu_spec.h"

#define PROG_MAGIC 0x54535953u /* "SYST" */
#define PROG_VERSION 3u
#define PROG_HEADER_BYTES 256u
#define PROG_ALIGN 8u       /* every section, arena offset of an input or output, CPU operand */
#define PROG_STEP_BYTES 32u /* encoded sizes of the table entries */
#define PROG_OPERAND_BYTES 16u
#define PROG_IO_BYTES 96u
#define PROG_LAYER_BYTES 96u
#define PROG_MAX_RANK 8u
#define PROG_MAX_OPERANDS 64u     /* per CPU step */
#define PROG_MAX_STEP_CMDS 65535u /* commands of an NPU step: an index has 16 bits */
#define PROG_NONE 0xffffffffu     /* "no layer", "no command", "no region" */

/* Flags of prog_open(). */
#define PROG_CHECK_CRC 1u

typedef enum {
    PROG_OK = 0,
    PROG_E_TRUNCATED, /* fewer bytes than the header says, or than a header needs */
    PROG_E_MAGIC,     /* not a PROG */
    PROG_E_VERSION,   /* another format version */
    PROG_E_SPEC,      /* compiled for another register/command specification */
    PROG_E_CRC,       /* bytes damaged */
    PROG_E_RANGE,     /* offset or size outside its section, region or the file */
    PROG_E_ALIGN,     /* misaligned offset, size or base pointer */
    PROG_E_VALUE,     /* enumeration, count, dimension or reserved field out of range */
    PROG_E_CONFIG,    /* compiled for another hardware configuration */
    PROG_E_FEATURE,   /* uses a unit that the hardware was built without */
    PROG_E_NOMEM,     /* writer only */
    PROG_E_COUNT_
} prog_status_t;

/* Hardware configuration that the commands were made for: the numbers of npu_config_t in
 * npu_spec.h. Compared for equality with the device, which may have more features. */
typedef struct {
    uint32_t n;     /* array rows = columns = bytes of a scratchpad word */
    uint32_t lanes; /* requantise lanes */
    uint32_t sp_words, sp_banks;
    uint32_t acc_depth; /* entries of one half */
    uint32_t fir_groups, fir_taps;
    /* NPU_FEATURE_*: MATMUL of the configuration; PROG_USES where a command uses it */
    uint32_t features;
} prog_config_t;
#define PROG_USES (NPU_FEATURE_SOFTMAX | NPU_FEATURE_NORM)

/* Header in file order. Words after the last field up to PROG_HEADER_BYTES are zero. */
typedef struct {
    uint32_t magic, version, spec_hash;
    uint32_t total_size; /* bytes, whole file */
    uint32_t crc32;      /* IEEE CRC-32 of bytes [20, total_size) */
    prog_config_t config;
    uint32_t arena_size;                 /* bytes of region 1 */
    uint32_t scratch_size;               /* bytes of CPU scratch memory that CPU steps need */
    uint32_t const_offset, const_size;   /* bytes */
    uint32_t cmd_offset, cmd_size;       /* bytes */
    uint32_t n_cmds;                     /* count of commands */
    uint32_t op_offset, op_size;         /* bytes */
    uint32_t operand_offset, n_operands; /* count of entries */
    uint32_t step_offset, n_steps;
    uint32_t io_offset, n_inputs, n_outputs; /* inputs first, then outputs, one table */
    uint32_t layer_offset, n_layers;
    uint32_t state_size; /* bytes at the arena's start, multiple of 8; 0: none */
    uint32_t state_init; /* image offset of their first contents; 0: none */
} prog_header_t;

typedef enum { PROG_STEP_NPU = 0, PROG_STEP_CPU = 1 } prog_step_kind_t;

typedef struct {
    uint32_t kind;  /* prog_step_kind_t */
    uint32_t layer; /* layer table index (CPU: the layer; NPU: the first one) or PROG_NONE */
    union {
        struct {
            uint32_t offset;    /* NPU: byte offset of the first command in the image */
            uint32_t size;      /* bytes of its commands */
            uint32_t count;     /* commands, 1..PROG_MAX_STEP_CMDS */
            uint32_t first_cmd; /* index of the first command in the whole command section */
        } npu;
        struct {
            uint32_t op_offset; /* image offset of the operator description, 8-byte aligned */
            uint32_t op_size;
            uint32_t first_operand, n_operands; /* into the operand table */
        } cpu;
    } u;
} prog_step_t;

typedef enum { PROG_REGION_IMAGE = 0, PROG_REGION_ARENA = 1 } prog_region_t;
#define PROG_OPERAND_WRITE 1u /* flag: the step writes it; only in the arena */

/* One tensor operand of a CPU step, in the operator's own order: inputs first, outputs last.
 * An absent optional input has region PROG_NONE, offset 0, size 0. */
typedef struct {
    uint32_t region, offset, size, flags;
} prog_operand_t;

typedef enum {
    PROG_INT8 = 0,
    PROG_UINT8 = 1,
    PROG_INT16 = 2,
    PROG_INT32 = 3,
    PROG_FLOAT32 = 4,
    PROG_INT64 = 5,
    PROG_BOOL = 6,
    PROG_TYPE_COUNT_
} prog_type_t;

typedef struct {
    uint32_t offset; /* in the arena, PROG_ALIGN aligned */
    uint32_t size;   /* bytes == product of dims * element size */
    uint32_t type;   /* prog_type_t */
    uint32_t rank;   /* 0..PROG_MAX_RANK */
    uint32_t dims[PROG_MAX_RANK];
    uint32_t scale_bits; /* IEEE-754 binary32 bits of the scale, 0 = not quantised */
    int32_t zero_point;
    char name[40]; /* NUL-terminated, truncated if longer */
} prog_io_t;

typedef enum { PROG_UNIT_NPU = 0, PROG_UNIT_CPU = 1 } prog_unit_t;

typedef struct {
    char name[52]; /* NUL-terminated, truncated if longer */
    char op[24];   /* operator name, e.g. CONV_2D */
    uint64_t macs;
    uint32_t unit;                /* prog_unit_t */
    uint32_t first_cmd, last_cmd; /* inclusive, in the command section; PROG_NONE both on the CPU */
} prog_layer_t;

/* An opened image. Borrows the bytes, which must outlive it and stay unchanged. */
typedef struct {
    const uint8_t *bytes;
    prog_header_t h;
} prog_t;

typedef struct {
    prog_status_t code;
    uint32_t offset; /* byte offset in the file of the offending field or table entry */
} prog_error_t;

/* Check an untrusted image and open it. `bytes` must be 8-byte aligned and `size` at least
 * total_size (trailing bytes are refused when size is larger). `err` may be NULL. */
prog_status_t prog_open(const void *bytes, size_t size, uint32_t flags, prog_t *out,
                        prog_error_t *err);

/* The stored form of a configuration. */
prog_config_t prog_config_of(const npu_config_t *config);

/* PROG_E_CONFIG unless the program was compiled for exactly this hardware, but for the features
 * that it does not use; PROG_E_FEATURE when one that it uses is absent. */
prog_status_t prog_check_config(const prog_t *p, const npu_config_t *device);

/* Decode one table entry; the index must be below the count in the header. */
void prog_get_step(const prog_t *p, uint32_t i, prog_step_t *out);
void prog_get_operand(const prog_t *p, uint32_t i, prog_operand_t *out);
void prog_get_io(const prog_t *p, uint32_t i, prog_io_t *out); /* i < n_inputs + n_outputs */
void prog_get_layer(const prog_t *p, uint32_t i, prog_layer_t *out);

/* Command i of the command section, unpacked to NPU_CMD_WORDS words. Walks there from the first
 * one: for reports and messages, not for a loop on the soft-core. */
void prog_get_cmd(const prog_t *p, uint32_t i, uint32_t *words);

/* Bytes per element, 0 for an unknown type. */
uint32_t prog_type_size(uint32_t type);
const char *prog_type_name(uint32_t type);

/* One short English sentence, never NULL. */
const char *prog_strerror(prog_status_t code);

/* IEEE CRC-32 (reflected 0xEDB88320, init and final xor all ones); start with crc = 0. */
uint32_t prog_crc32(uint32_t crc, const void *bytes, size_t size);

#endif

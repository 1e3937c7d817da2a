/*
 * compiler.h - from a graph to a program image: weights, commands, CPU operators, memory layout.
 *
 * Synopsis
 *   npu_compiled_t r;
 *   if (npu_compile(graph, config, NULL, &r, &err)) fail(err.msg);
 *   write(r.bytes, r.size);  npu_compiled_free(&r);
 *
 * Contract
 *   Host only. Every operator that ref_prepare() accepts compiles: what the NPU does not do, or
 * what does not fit it, becomes a CPU step with the golden model. The image passes prog_open(); its
 *   command lists are well ordered (docs/isa.md). The same graph, configuration and options always
 *   give the same bytes. Counterparts: prog.h (image), docs/isa.md (commands), ref.h (results).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_COMPILER_H
#define SYSTOLE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph.h"
#include "npu_spec.h"
#include "ref_prepare.h"

/* Where an operator runs, and why: a static sentence fragment. */
typedef struct {
    bool on_npu;
    const char *why; /* "array, depthwise mode"; "its weights have a zero point" */
} npu_placement_t;

/* Placement by the operator's kind and parameters alone; npu_compile() may still move an operator
 * to the CPU when it does not fit the scratchpad (npu_compiled_t.layers tells). r: ref_prepare()'s.
 */
npu_placement_t npu_placement(const graph_t *g, int32_t op, const ref_prepared_t *r,
                              const npu_config_t *config);

typedef struct {
    bool no_resident;  /* keep nothing in the scratchpad between operators */
    bool cpu_only;     /* place every operator on the CPU */
    bool no_chains;    /* run every operator to its end before the next one */
    bool all_chains;   /* run strip by strip whatever can be (tests) */
    uint32_t sp_limit; /* use only so many scratchpad words (tests of tiling); 0: all */
} npu_compile_options_t;

/* One operator of the model in the compiled program. */
typedef struct {
    int32_t op;      /* index in graph_t.ops */
    bool on_npu;     /* false: CPU step */
    bool free;       /* no step at all: an alias of its input, or part of its consumers */
    const char *why; /* static */
    uint64_t macs;
    uint32_t first_cmd, last_cmd; /* of its own commands but loads; PROG_NONE when none */
    uint32_t commands;            /* number of them, loads included */
    uint32_t weight_bytes;        /* packed weights and parameters in the image */
    uint32_t array_steps;         /* cycles the array needs at least */
} npu_layer_t;

typedef struct {
    uint8_t *bytes; /* the image; malloc'ed */
    size_t size;
    npu_layer_t *layers; /* (n_layers): one for each operator, in order */
    uint32_t n_layers;
    uint32_t n_commands, n_steps, n_cpu_steps;
    uint32_t weight_bytes, arena_bytes;
    uint32_t n_tensors, n_resident; /* activations, and those that stay in the scratchpad */
    uint32_t attempts;              /* lowerings until everything fitted */
    uint64_t macs_removed;          /* for the report: what the caller left out (constant.h) */
    uint64_t cycles_estimated;      /* of the NPU steps, by the scheduler's rough costs */
} npu_compiled_t;

/* options may be NULL. 0, or -1 with one line in *err (then *out is empty). */
int npu_compile(const graph_t *g, const npu_config_t *config, const npu_compile_options_t *options,
                npu_compiled_t *out, graph_error_t *err);
void npu_compiled_free(npu_compiled_t *c);
/* The report as JSON text (malloc'ed), NULL when out of memory. */
char *npu_compiled_json(const npu_compiled_t *c, const graph_t *g, const npu_config_t *config);

#endif

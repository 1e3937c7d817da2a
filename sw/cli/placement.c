/*
 * placement.c - where an operator runs, asked of the compiler; for `systole info`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "compiler.h"
#include "target.h"

int cli_placement(const graph_t *g, int32_t op, const ref_prepared_t *r, const char *config,
                  const char **why) {
    for (int i = 0; i < NPU_CONFIG_COUNT; i++)
        if (strcmp(npu_configs[i].name, config) == 0) {
            npu_placement_t p = npu_placement(g, op, r, &npu_configs[i]);
            *why = p.why;
            return p.on_npu;
        }
    *why = "unknown configuration";
    return 0;
}

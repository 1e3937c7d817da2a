/*
 * placement.c - where an operator runs, asked of the compiler; for `systole info`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compiler.h"
#include "npu_config.h"
#include "target.h"

int cli_placement(const graph_t *g, int32_t op, const ref_prepared_t *r, const char *config,
                  const char **why) {
    const npu_config_t *c = npu_find_config(config, NULL, 0);
    npu_placement_t p =
        c ? npu_placement(g, op, r, c) : (npu_placement_t){0, "unknown configuration"};
    *why = p.why;
    return p.on_npu;
}

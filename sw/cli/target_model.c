/*
 * target_model.c - target `model`: the compiled program on the C model of the NPU.
 * With NPU_MODEL_CHECK_ORDER=1 in the environment the model also proves that the program is well
 * ordered, so that hardware must give the same bytes. SPDX-License-Identifier: Apache-2.0
 */
#include "npu_model.h"
#include "run_device.h"

static int run(const target_job_t *job, graph_error_t *err) {
    const run_device_t how = {
        .name = "model", .open = npu_model_open, .timeout = 1, .complaint = npu_model_order_error};
    return run_device(job, &how, err);
}

const target_t target_model = {.name = "model",
                               .what = "C model of the NPU, executing the compiled commands",
                               .can_run_prog = 1,
                               .run = run};

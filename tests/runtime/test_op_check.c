/*
 * test_op_check.c - operator descriptions for CPU steps against their operands, on the host with
 * sanitizers.
 *
 * Synopsis:  test_op_check [SEED [ROUNDS]]
 *   ROUNDS valid descriptions must pass; damaged ones, on buffers of exact size, must be refused or
 *   be harmless. Prints FAIL lines and, last, `N passed, N failed, N skipped`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "op_check.h"

#define TEST_NAME "test_op_check"
#include "check.h"

/* ---- operator descriptions: valid ones must pass, damaged ones must be refused or be harmless */

static ref_op_t random_op(int32_t kind, uint32_t in_size[16], uint32_t out_size[16]) {
    ref_op_t op = {.kind = kind, .n_in = 1, .n_out = 1};
    int32_t dims[REF_MAX_RANK] = {1,
                                  1,
                                  1 + (int32_t)(rnd() % 2),
                                  1 + (int32_t)(rnd() % 5),
                                  1 + (int32_t)(rnd() % 5),
                                  1 + (int32_t)(rnd() % 6)};
    uint32_t bytes = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        op.a.dims[d] = op.b.dims[d] = op.out.dims[d] = dims[d];
        bytes *= (uint32_t)dims[d];
    }
    in_size[0] = out_size[0] = bytes;
    switch (kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
        op.n_in = 5;
        op.p.conv = (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, 0};
        in_size[1] = 9u * (uint32_t)dims[5] * (kind == REF_CONV ? (uint32_t)dims[5] : 1);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_CONV16:
    case REF_DEPTHWISE16:
        op.n_in = 5;
        op.p.conv =
            (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, (int32_t)(rnd() % 2)};
        in_size[0] = out_size[0] = 2 * bytes;
        in_size[1] = 9u * (uint32_t)dims[5] * (kind == REF_CONV16 ? (uint32_t)dims[5] : 1);
        in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        in_size[2] = (op.p.conv.wide ? 8u : 4u) * (uint32_t)dims[5];
        break;
    case REF_FC16:
        op.n_in = 5;
        op.p.fc = (ref_fc_t){(int32_t)bytes / dims[5], dims[5], dims[5], 0, 0, 0, -128, 127, 0};
        in_size[0] = out_size[0] = 2 * bytes;
        in_size[1] = (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_FC:
        op.n_in = 5;
        op.p.fc = (ref_fc_t){(int32_t)bytes / dims[5], dims[5], dims[5], 0, 0, 0, -128, 127, 0};
        in_size[1] = (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_DIV:
    case REF_MAXIMUM:
    case REF_MINIMUM:
        op.n_in = 2;
        in_size[1] = bytes;
        break;
    case REF_ADD16:
    case REF_MUL16:
        op.n_in = 2;
        in_size[0] = in_size[1] = out_size[0] = 2 * bytes;
        break;
    case REF_QUANTIZE16:
        op.p.quantize.count = (int32_t)bytes;
        op.p.quantize.in_wide = (int32_t)(rnd() % 2);
        op.p.quantize.out_wide = 1;
        in_size[0] = bytes << op.p.quantize.in_wide;
        out_size[0] = 2 * bytes;
        break;
    case REF_QUANTIZE_FLOAT:
    case REF_DEQUANTIZE_FLOAT:
        op.p.edge.count = (int32_t)bytes;
        op.p.edge.wide = (int32_t)(rnd() % 2);
        op.p.edge.scale_bits = 1 + rnd() % 0x7f7fffff;
        in_size[0] = out_size[0] = 4 * bytes;
        (kind == REF_QUANTIZE_FLOAT ? out_size : in_size)[0] = bytes << op.p.edge.wide;
        break;
    case REF_AVG_POOL16:
    case REF_MAX_POOL16:
        in_size[0] = out_size[0] = 2 * bytes;
        op.p.pool = (ref_pool_t){3, 3, 1, 1, 1, 1, -128, 127};
        break;
    case REF_AVG_POOL:
    case REF_MAX_POOL:
        op.p.pool = (ref_pool_t){3, 3, 1, 1, 1, 1, -128, 127};
        break;
    case REF_MEAN:
        op.p.mean = (ref_mean_t){1 << 3 | 1 << 4, dims[3] * dims[4], 0, 0, 1 << 30, 0};
        op.out.dims[3] = op.out.dims[4] = 1;
        out_size[0] = (uint32_t)(dims[2] * dims[5]);
        break;
    case REF_PAD:
        op.p.pad = (ref_pad_t){1, {0, 0, 0, 1, 1, 0}, 0};
        op.out.dims[3] += 2;
        op.out.dims[4] += 1;
        out_size[0] = (uint32_t)(dims[2] * (dims[3] + 2) * (dims[4] + 1) * dims[5]);
        break;
    case REF_SOFTMAX:
        op.n_in = 2;
        op.p.softmax.outer = (int32_t)bytes / dims[5];
        op.p.softmax.depth = dims[5];
        in_size[1] = 1024;
        break;
    case REF_NORM:
        op.n_in = 3;
        op.p.norm = (ref_norm_t){(int32_t)bytes / dims[5],
                                 dims[5],
                                 (int32_t)(rnd() % 2),
                                 0,
                                 0,
                                 20,
                                 rnd(),
                                 rnd() % 65536};
        in_size[1] = in_size[2] = 4u * (uint32_t)dims[5];
        break;
    case REF_CONCAT:
        op.n_in = 3;
        op.p.concat = (ref_concat_t){2, 1, 1};
        in_size[1] = bytes;
        in_size[2] = 8;
        out_size[0] = 2 * bytes;
        break;
    case REF_SPLIT:
        op.n_out = 2;
        op.p.concat = (ref_concat_t){2, 1, (int32_t)bytes};
        in_size[0] = 2 * bytes;
        out_size[1] = bytes;
        break;
    case REF_TRANSPOSE:
        op.p.transpose = (ref_transpose_t){1, {0, 1, 2, 4, 3, 5}};
        op.out.dims[3] = dims[4];
        op.out.dims[4] = dims[3];
        break;
    case REF_STRIDED_SLICE:
        op.p.slice.elem_size = 1;
        for (int d = 0; d < REF_MAX_RANK; d++) {
            op.p.slice.stride[d] = 1;
            op.p.slice.count[d] = dims[d];
        }
        break;
    case REF_TRANSPOSE_CONV:
        op.n_in = 5;
        op.p.conv = (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, 0};
        in_size[1] = 9u * (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_PRELU:
    case REF_SQUARED_DIFFERENCE:
        op.n_in = 2;
        in_size[1] = bytes;
        break;
    case REF_BATCH_MATMUL:
        op.n_in = 2;
        op.b.dims[4] = op.b.dims[5] = dims[5];
        op.p.matmul = (ref_matmul_t){dims[4], dims[5], dims[5], 0, 0, 0, 0, 0, 1 << 30, 0};
        in_size[1] = (uint32_t)(dims[2] * dims[3] * dims[5] * dims[5]);
        break;
    case REF_TABLE:
        op.n_in = 2;
        op.p.unary.count = (int32_t)bytes;
        in_size[1] = 256;
        break;
    case REF_REDUCE_MAX:
        op.p.mean.axis_mask = 1 << 3 | 1 << 4;
        op.out.dims[3] = op.out.dims[4] = 1;
        out_size[0] = (uint32_t)(dims[2] * dims[5]);
        break;
    case REF_ARG_MAX:
        op.p.arg_max = (ref_arg_max_t){dims[2] * dims[3], dims[4], dims[5], 0};
        out_size[0] = 4u * (uint32_t)(dims[2] * dims[3] * dims[5]);
        break;
    case REF_GATHER:
        op.n_in = 2;
        op.p.gather = (ref_gather_t){dims[2], dims[3], dims[4], 3, dims[5]};
        in_size[1] = 12u * (uint32_t)dims[2];
        out_size[0] = 3u * (uint32_t)(dims[2] * dims[3] * dims[5]);
        break;
    case REF_RESIZE_BILINEAR:
        op.p.resize = (ref_resize_t){1024, 1024, 0, 1, 0};
        if (rnd() % 2)
            op.p.resize = (ref_resize_t){1 << 20, 1 << 19, 1, 1, 10};
        break;
    case REF_RESIZE_NEAREST:
        op.n_in = 3;
        op.p.resize.elem_size = 1;
        in_size[1] = 4u * (uint32_t)dims[3];
        in_size[2] = 4u * (uint32_t)dims[4];
        break;
    case REF_SPLIT_V:
        op.n_in = 2;
        op.n_out = 2;
        op.p.concat = (ref_concat_t){2, 1, 1};
        in_size[0] = 2 * bytes;
        in_size[1] = 8;
        out_size[1] = bytes;
        break;
    case REF_SPACE_TO_BATCH:
        op.p.block = (ref_block_t){1, 2, 2, 0, 0, 0};
        op.out.dims[2] = 4 * dims[2];
        op.out.dims[3] = (dims[3] + 1) / 2;
        op.out.dims[4] = (dims[4] + 1) / 2;
        out_size[0] = (uint32_t)(4 * dims[2] * op.out.dims[3] * op.out.dims[4] * dims[5]);
        break;
    case REF_BATCH_TO_SPACE:
        op.p.block = (ref_block_t){1, 2, 2, 0, 0, 0};
        op.a.dims[2] = 4 * dims[2];
        op.a.dims[3] = (dims[3] + 1) / 2;
        op.a.dims[4] = (dims[4] + 1) / 2;
        in_size[0] = (uint32_t)(4 * dims[2] * op.a.dims[3] * op.a.dims[4] * dims[5]);
        break;
    case REF_SVDF: {
        uint32_t filters = 2u * (uint32_t)dims[3], memory = (uint32_t)dims[4];
        op.n_in = 5;
        op.n_out = 2;
        op.p.svdf =
            (ref_svdf_t){dims[2], dims[5], dims[3], 2,       dims[4], (int32_t)(rnd() % 2), 0, 0,
                         0,       1 << 30, 0,       1 << 30, 0};
        uint32_t elem = op.p.svdf.wide_state ? 2 : 1;
        in_size[0] = (uint32_t)(dims[2] * dims[5]);
        in_size[1] = filters * (uint32_t)dims[5];
        in_size[2] = filters * memory * elem;
        in_size[3] = 4u * (uint32_t)dims[3];
        in_size[4] = out_size[1] = (uint32_t)dims[2] * filters * memory * elem;
        out_size[0] = (uint32_t)(dims[2] * dims[3]);
        break;
    }
    case REF_LSTM: {
        uint32_t units = (uint32_t)dims[5], input = (uint32_t)dims[4];
        op.n_in = 16;
        op.n_out = 3;
        op.p.lstm.batches = dims[2];
        op.p.lstm.steps = dims[3];
        op.p.lstm.input = dims[4];
        op.p.lstm.units = dims[5];
        op.p.lstm.has_clip = (int32_t)(rnd() % 2);
        for (int g = 0; g < 4; g++) {
            in_size[1 + g] = units * input;
            in_size[5 + g] = units * units;
            in_size[9 + g] = 4 * units;
        }
        in_size[0] = (uint32_t)(dims[2] * dims[3]) * input;
        out_size[0] = (uint32_t)(dims[2] * dims[3]) * units;
        in_size[13] = 80;
        in_size[14] = out_size[1] = (uint32_t)dims[2] * units;
        in_size[15] = out_size[2] = 2u * (uint32_t)dims[2] * units;
        break;
    }
    case REF_STATE_COPY:
    case REF_COPY:
        op.p.copy.bytes = (int32_t)bytes;
        break;
    case REF_QUANTIZE:
        op.p.quantize.count = (int32_t)bytes;
        break;
    default:
        op.p.unary.count = (int32_t)bytes;
    }
    return op;
}

/* op_check, then ref_eval on buffers of exactly the given sizes. */
static int try_op(const ref_op_t *op, const ref_op_t *shape, const uint32_t *in_size,
                  const uint32_t *out_size) {
    void *in[16] = {0}, *out[16] = {0};
    uint32_t scratch_size = 8 * out_size[0]; /* enough for every kind */
    void *scratch = malloc(scratch_size);
    for (int i = 0; i < shape->n_in; i++) {
        in[i] = malloc(in_size[i]);
        memset(in[i], 0, in_size[i]);
        for (uint32_t k = 0; i == 0 && shape->kind != REF_RSQRT && k < in_size[i]; k++)
            ((uint8_t *)in[i])[k] = (uint8_t)rnd();
        if (shape->kind == REF_SOFTMAX && i == 1)
            for (int k = 0; k < 256; k++)
                put32((uint8_t *)in[1] + 4 * k, 0x7fffffffu >> k / 16);
        if ((shape->kind == REF_CONCAT && i == 2) || (shape->kind == REF_SPLIT_V && i == 1)) {
            const uint32_t *length = shape->kind == REF_CONCAT ? in_size : out_size;
            put32(in[i], length[0]);
            put32((uint8_t *)in[i] + 4, length[1]);
        }
    }
    for (int i = 0; i < shape->n_out; i++)
        out[i] = malloc(out_size[i]);
    int st = op_check(op, (uint32_t)shape->n_in, (const void *const *)in, in_size,
                      (uint32_t)shape->n_out, out_size, scratch_size);
    if (st == REF_OK)
        st = ref_eval(op, (const void *const *)in, out, scratch);
    for (int i = 0; i < 16; i++) {
        free(in[i]);
        free(out[i]);
    }
    free(scratch);
    return st;
}

static void test_op_check(uint32_t rounds) {
    uint32_t refused = 0, harmless = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t in_size[16] = {0}, out_size[16] = {0};
        int32_t kind = 1 + (int32_t)(i % (REF_KIND_COUNT - 1));
        ref_op_t op = random_op(kind, in_size, out_size), damaged = op;
        int good = try_op(&op, &op, in_size, out_size);
        if (good == REF_E_KIND) {
            if (i < REF_KIND_COUNT) {
                printf("SKIP op_check: no rule for %s in op_check.c, so its CPU steps are "
                       "refused\n",
                       ref_kind_name(kind));
                skipped++;
            }
            continue;
        }
        if (good != REF_OK) {
            printf("FAIL op_check: a good %s is refused\n", ref_kind_name(kind));
            failed++;
            return;
        }
        for (uint32_t n = 1 + rnd() % 2; n > 0; n--) {
            uint32_t at = rnd() % (sizeof op / 4), v = rnd() >> rnd() % 32;
            if (rnd() % 2)
                v = rnd() % 12;
            if (rnd() % 4 == 0)
                v = 0u - v;
            put32((uint8_t *)&damaged + 4 * at, v);
        }
        /* operands of other sizes; those that try_op() fills keep theirs */
        if (rnd() % 2 && kind != REF_SOFTMAX && kind != REF_CONCAT && kind != REF_SPLIT_V)
            in_size[rnd() % (uint32_t)op.n_in] = 1 + rnd() % 300;
        if (rnd() % 2)
            out_size[rnd() % (uint32_t)op.n_out] = 1 + rnd() % 300;
        int st = try_op(&damaged, &op, in_size, out_size);
        refused += st != REF_OK;
        harmless += st == REF_OK;
    }
    CHECK(refused > rounds / 4 && harmless > rounds / 100);
}

int main(int argc, char **argv) {
    test_op_check(begin(argc, argv, 30000));
    return end();
}

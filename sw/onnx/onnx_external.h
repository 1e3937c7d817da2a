/*
 * onnx_external.h - data of a constant that lies beside the model's file. SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_ONNX_EXTERNAL_H
#define SYSTOLE_ONNX_EXTERNAL_H

#include "onnx_internal.h"

/* Reads exactly `bytes` into dst. Only plain files within the model's folder are opened. 0, or -1
 * and *err. */
int onnx_read_external(onnx_t *o, const Onnx__TensorProto *t, const char *name, void *dst,
                       size_t bytes);

#endif

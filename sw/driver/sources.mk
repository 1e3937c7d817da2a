# The NPU driver, host and soft-core. Needs -Ispec/gen.   SPDX-License-Identifier: Apache-2.0
DRIVER_SRCS := sw/driver/npu_driver.c

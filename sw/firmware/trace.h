/*
 * trace.h - the NPU's records of commands, taken while it runs and left where the mailbox says.
 *
 * Synopsis:  trace_begin(&npu, mailbox); run; trace_step(&records, &dropped) after each NPU step;
 *            n = trace_end();
 * Contract: records are kept on chip while the NPU runs, because main memory lies behind the port
 * whose use they measure; only more than fit are written earlier. Nothing happens without
 * mailbox->trace_capacity, or when the NPU has no trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FIRMWARE_TRACE_H
#define SYSTOLE_FIRMWARE_TRACE_H

#include "mailbox.h"
#include "npu_driver.h"

/* Makes npu->io.wait collect records. */
void trace_begin(npu_t *npu, const soc_mailbox_t *mailbox);
/* A list has ended: how many records are its own, and how many commands have none. */
void trace_step(uint32_t *records, uint32_t *dropped);
/* Writes what is still on chip; returns the records in main memory, of all steps, in order. */
uint32_t trace_end(void);

#endif

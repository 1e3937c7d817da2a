/*
 * session.h - what every firmware does around its program: mailbox, NPU, failures, the end, and the
 * wait for the next one.
 *
 * Contract:  the last line on the UART is "SYSTOLE DONE ok" or "SYSTOLE ERROR <reason>", and the
 * mailbox says the same. Protocol with the loader: mailbox.h, loader.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_SESSION_H
#define SYSTOLE_SESSION_H

#include "mailbox.h"
#include "npu_driver.h"
#include "soc_map.h"

#define DEFAULT_POLLS 100000000u

static soc_mailbox_t *const mailbox = (soc_mailbox_t *)SOC_MEM_BASE;

/* The first line on the UART. */
void session_banner(void);
/* Has a loader left something to run? */
int session_loaded(void);
/* Checks the mailbox, opens the NPU. 1; or 0: it failed and that is reported. */
int session_begin(npu_t *npu);
/* Success, unless an access of the CPU failed on the bus. */
void session_end(void);
/* Serves the UART for ever: 'r' runs again, the loader's commands. */
void session_serve(void (*run)(void)) __attribute__((noreturn));

/* "SYSTOLE ERROR "; the caller goes on with the reason, and then says fail(). */
void begin_error(void);
void fail(uint32_t failure, uint32_t code, uint32_t detail); /* SOC_FAIL_.. of mailbox.h */
/* The reason of an NPU failure; error: for NPU_E_DEVICE. Neither line end nor fail(). */
void put_npu_failure(npu_status_t st, const npu_error_t *error);
uint32_t session_polls(void); /* of npu_wait() */

#endif

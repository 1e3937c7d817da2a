/*
 * progress.h - one line of progress on stderr for work that takes longer than a second; silent when
 * stderr is no terminal. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_PROGRESS_H
#define SYSTOLE_PROGRESS_H

#include <stdint.h>

/* done of total (total 0: unknown) of `what`, e.g. ("rtl", "layer 3 of 17: conv", 3, 17). Cheap:
 * call it often. */
void progress_update(const char *what, const char *detail, uint64_t done, uint64_t total);
/* Erases the line. */
void progress_end(void);

#endif

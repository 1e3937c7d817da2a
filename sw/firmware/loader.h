/*
 * loader.h - load and read back main memory over the UART (scripts/uart_load.py is the other end).
 *
 * Protocol, while the firmware waits between runs. All numbers little-endian 32-bit.
 *   'L' address size        answered "LOAD ok"; then `size` bytes follow; answered "LOADED <crc>"
 * with the CRC-32 of what main memory now holds there (read back), in hex 'D' address size answered
 * "DUMP ok", then `size` raw bytes 'r'                     runs the mailbox's program (main.c) A
 * range outside main memory is answered "LOADER refused"; a pause of more than a quarter of a
 * second in the middle of numbers or bytes "LOADER timeout". Both wait for the next command.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOADER_H
#define SYSTOLE_LOADER_H

/* Serve one command byte; anything but 'L' and 'D' is ignored. */
void loader_serve(int command);

#endif

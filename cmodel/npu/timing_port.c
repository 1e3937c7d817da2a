/*
 * timing_port.c - the read port: arbiter, requests under way, beats in order.
 * Counterparts: rtl/npu_axi_rd_arb.v, rtl/npu_burst.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

uint32_t timing_burst(const timing_t *t, uint32_t address, uint32_t left, uint32_t *bytes) {
    uint32_t width = t->memory.beat_bytes, skew = address % width;
    uint32_t most = BURST_BEATS * width, page = PAGE_BYTES - (address - skew) % PAGE_BYTES;
    most = (most < page ? most : page) - skew;
    *bytes = left < most ? left : most;
    return (skew + *bytes + width - 1) / width;
}

/* One cycle before the arbiter can pass a request on. */
uint64_t timing_port_free(const timing_t *t) {
    uint64_t room = history_room(&t->port.last_beat, PORT_BURSTS);
    return later(t->port.sent, room ? room - 1 : 0);
}

/* The client's request register, then the arbiter's: the memory sees the address two cycles later.
 */
uint64_t timing_port_ask(timing_t *t, uint64_t time, uint64_t *taken) {
    timing_port_t *p = &t->port;
    *taken = later(time, timing_port_free(t)) + 1;
    p->sent = *taken;
    return later(*taken + 1 + t->memory.latency, history_back(&p->last_beat, 1) + 1);
}

void timing_port_end(timing_t *t, uint32_t beats, uint64_t last) {
    history_put(&t->port.last_beat, last);
    t->beats_read += beats;
}

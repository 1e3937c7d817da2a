// npu_trace on random queues, tokens and events against a model of its own: every cycle the status,
// every read the word.
//
// Phases: units that behave like those of the NPU, read fast, slowly or not at all (records are
// dropped), ends of all units in the same cycles, waits beyond 65535 cycles, more commands under
// way than there are places (nothing more is kept). Last line: N passed, N failed.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "Vdut.h"
#include "npu_spec.h"
#include "verilated.h"

#ifndef DUT_RECORDS
#define DUT_RECORDS 16
#endif

static uint64_t rnd_state = 0x243f6a8885a308d3ull;
static uint32_t below(uint32_t n) {
    rnd_state ^= rnd_state << 13, rnd_state ^= rnd_state >> 7, rnd_state ^= rnd_state << 17;
    return uint32_t(rnd_state >> 24) % n;
}
static bool chance(uint32_t percent) {
    return below(100) < percent;
}

static long passed, failed;
static void check(const char *what, long cycle, uint32_t got, uint32_t want) {
    if (got == want) {
        passed++;
        return;
    }
    printf("FAIL %s in cycle %ld: 0x%x, want 0x%x; rerun: tests/rtl_trace/run.sh\n", what, cycle,
           got, want);
    if (++failed > 10) {
        printf("%ld passed, %ld failed\n", passed, failed);
        exit(1);
    }
}

struct Command {
    uint32_t index, start, end, wait[4];
};

struct Unit {
    bool head = false;
    uint32_t wait_from = 0, early = 0, at_head[4] = {}, post = 0, run[2] = {};
    std::deque<Command> popped, running, ended;
    bool live = false; // the youngest of running counts its weights and banks
    size_t held() const {
        return popped.size() + running.size() + ended.size();
    }
};

struct Phase {
    const char *name;
    long cycles;
    uint32_t token, begin, end, read; // percent: tokens there, a start, an end, a word read
    size_t deepest;                   // commands of a unit under way
    long drought;                     // cycles without tokens, in every 100000
};

static uint32_t saturated(uint32_t v) {
    return v > 0xffff ? 0xffff : v;
}

static void word_of(const Command &c, uint32_t unit, uint32_t *w) {
    w[0] = c.index | unit << 16;
    w[1] = c.start;
    w[2] = c.end;
    w[3] = saturated(c.wait[0]) | saturated(c.wait[1]) << 16;
    w[4] = saturated(c.wait[2]) | saturated(c.wait[3]) << 16;
}

static void run(Vdut &dut, const Phase &p) {
    Unit units[4];
    struct Kept {
        uint32_t words[NPU_TRACE_WORDS];
    };
    std::deque<Kept> ring;
    bool dead = false, was_dead = false, just_read = true;
    size_t seen = 0; // records that the status told in the cycle before
    uint32_t dropped = 0, word = 0, next_index = 0, now = 0;
    dut.start = 1;
    dut.q_valid = dut.q_pop = dut.ev_start = dut.ev_done = dut.read = 0;
    dut.clk = 0, dut.eval(), dut.clk = 1, dut.eval();
    dut.start = 0;
    now = 2;
    for (long cycle = 0; cycle < p.cycles; cycle++, now++) {
        uint32_t q_valid = 0, q_pop = 0, q_wait = 0, avail = 0, start = 0, done = 0;
        uint64_t done_index = 0;
        bool quiet = cycle > p.cycles - 40; // let what is under way end
        bool stuck = false, weights = chance(30), bank = chance(20), early = false;
        for (int u = 0; u < 4; u++) {
            Unit &unit = units[u];
            if (!unit.head && chance(60)) {
                unit.head = true;
                unit.wait_from = below(16) & ~(1u << u);
                unit.early = u == NPU_UNIT_ARRAY && chance(20);
            }
            for (int v = 0; v < 4; v++)
                avail |= uint32_t(chance(cycle % 100000 < p.drought ? 0 : p.token)) << (4 * u + v);
            uint32_t have = avail >> (4 * u) & 15, missing = unit.wait_from & ~have;
            bool array = u == NPU_UNIT_ARRAY;
            uint32_t holds = array && !unit.early ? missing & 1 : missing;
            q_valid |= unit.head << u;
            q_wait |= unit.wait_from << (4 * u);
            early |= array && unit.early;
            bool pops = unit.head && holds == 0 && unit.held() < p.deepest && !quiet &&
                        !(unit.early && !unit.popped.empty());
            if (array)
                stuck = !unit.popped.empty() && chance(25);
            bool starts = !unit.popped.empty() && !(array && stuck) && chance(p.begin);
            bool ends = !unit.running.empty() && chance(quiet ? 90 : p.end);
            // The waits of this cycle; whoever is popped, started or superseded in it has had its
            // own.
            uint32_t waited_post =
                array &&
                (stuck || (unit.early && unit.head && unit.popped.empty() && (missing & 12) != 0));
            if (pops)
                q_pop |= 1u << u;
            if (starts)
                start |= 1u << u;
            if (ends) {
                done |= 1u << u;
                done_index |= uint64_t(unit.running.front().index) << (16 * u);
            }
            bool streamed = array && unit.live && (starts || (ends && unit.running.size() == 1));
            if (streamed) {
                unit.running.back().wait[1] = unit.run[0];
                unit.running.back().wait[3] = unit.run[1];
                unit.run[0] = unit.run[1] = 0;
                unit.live = false;
            }
            if (array) {
                unit.run[0] += weights;
                unit.run[1] += bank;
            }
            Command moved{};
            if (starts) {
                moved = unit.popped.front();
                unit.popped.pop_front();
                moved.start = now;
                if (array) {
                    moved.wait[2] = unit.post;
                    unit.post = 0;
                }
            }
            unit.post += waited_post;
            if (ends) {
                unit.running.front().end = now;
                unit.ended.push_back(unit.running.front());
                unit.running.pop_front();
            }
            if (starts) {
                unit.running.push_back(moved);
                unit.live = true;
            }
            if (pops) {
                Command c{next_index++ & 0xffff, 0, 0, {}};
                for (int v = 0; v < 4; v++)
                    c.wait[v] = v == u || (array && v != 0) ? 0 : unit.at_head[v];
                dead = dead || unit.held() >= 16;
                unit.popped.push_back(c);
                unit.head = false;
                for (uint32_t &w : unit.at_head)
                    w = 0;
            } else if (unit.head) {
                for (int v = 0; v < 4; v++)
                    unit.at_head[v] += missing >> v & 1;
            }
        }
        dut.q_valid = q_valid, dut.q_pop = q_pop, dut.q_wait = q_wait, dut.avail = avail;
        dut.q_early = early, dut.stuck = stuck, dut.stall_weights = weights, dut.stall_bank = bank;
        dut.ev_start = start, dut.ev_done = done, dut.ev_done_index = done_index;
        bool read = !just_read && (ring.empty() || seen > 0) && chance(p.read);
        seen = ring.size();
        just_read = read;
        dut.read = read;
        dut.clk = 0, dut.eval();
        check("status", cycle, dut.status, uint32_t(ring.size()) | saturated(dropped) << 16);
        if (read)
            check("word", cycle, dut.data, ring.empty() ? 0 : ring.front().words[word]);
        dut.clk = 1, dut.eval();
        // The unit whose turn it is may put a record into the ring, of those that had ended before
        // this cycle.
        bool full = ring.size() == DUT_RECORDS;
        if (read && !ring.empty() && ++word == NPU_TRACE_WORDS) {
            word = 0;
            ring.pop_front();
        }
        uint32_t turn = uint32_t(cycle & 3);
        Unit &unit = units[turn];
        if (unit.ended.size() > (done >> turn & 1)) {
            if (full || was_dead) {
                dropped++;
            } else {
                Kept k;
                word_of(unit.ended.front(), turn, k.words);
                ring.push_back(k);
            }
            unit.ended.pop_front();
        }
        was_dead = dead;
    }
    printf("%s: %u commands, %u dropped, %zu left\n", p.name, next_index, dropped, ring.size());
}

int main() {
    Vdut dut;
    static const Phase phases[] = {{"read fast", 100000, 80, 3, 3, 100, 8, 0},
                                   {"read slowly", 60000, 80, 50, 40, 10, 8, 0},
                                   {"not read", 20000, 90, 60, 50, 0, 8, 0},
                                   {"all end at once", 20000, 100, 90, 90, 100, 12, 0},
                                   {"long waits", 300000, 90, 3, 3, 100, 8, 70000},
                                   {"too many under way", 4000, 100, 60, 2, 50, 30, 0},
                                   {"after that", 20000, 80, 3, 3, 100, 8, 0}};
    for (const Phase &p : phases)
        run(dut, p);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}

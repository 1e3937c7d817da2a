/*
 * timing.h - state of the timing model and what its units share. Private to cmodel/npu.
 *
 * A time is a cycle, 0 the one in which the list is checked. A command's `end` is the cycle in
 * which the RTL's trace shows it ended; who waits for its token may act in the cycle after.
 *
 * Order of evaluation (timing.c): the fetch of commands and the load unit share the read port, so
 * their bursts are taken in the order of time; so are the commands of the store unit, which is last
 * at the scratchpad's banks and must know who else reads. The banks remember what each unit was
 * found to read and write; who is evaluated later waits for it. Everything else is a function of
 * what is known: a unit evaluates its next command as soon as that is dispatched and the ends of
 * all that it waits for are known. Tokens only point forward in the list, and the i-th token given
 * of a pair of units is the i-th taken: so who gives to whom is settled before the first cycle.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TIMING_H
#define SYSTOLE_TIMING_H

#include "npu_predict.h"

#define TIME_NEVER UINT64_MAX
#define NO_COMMAND UINT32_MAX
#define QUEUE_DEPTH 9u   /* commands in the queue of a unit, the one at its output included */
#define FETCH_BUFFER 64u /* beats */
#define BURST_BEATS 16u  /* at most */
#define PORT_BURSTS 10u  /* read bursts under way, fetch and load together */
#define DMA_BURSTS 8u    /* of the load unit, and of the store unit */
#define RING 32u         /* records of a history; a power of two above every depth here */
#define PAGE_BYTES 4096u
#define READ_CYCLES 8192u /* cycles whose reads are remembered; a power of two */

/* The last RING entries of a sequence of times, by number; those before the first are 0. */
typedef struct {
    uint64_t at[RING];
    uint32_t count;
} history_t;

static inline void history_put(history_t *h, uint64_t time) {
    h->at[h->count++ % RING] = time;
}
/* Entry count - back, back in 1..RING: the back-th last. */
static inline uint64_t history_back(const history_t *h, uint32_t back) {
    return back > h->count ? 0 : h->at[(h->count - back) % RING];
}
/* When a place is free again in a queue of `depth` places that entries left at the given times. */
static inline uint64_t history_room(const history_t *h, uint32_t depth) {
    return depth > h->count ? 0 : h->at[(h->count - depth) % RING] + 1;
}
static inline uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

typedef struct {
    uint32_t at;                /* byte in the list */
    uint32_t giver[NPU_QUEUES]; /* whose tokens it takes, or NO_COMMAND */
    uint32_t next;              /* of the same unit, or NO_COMMAND */
    uint8_t unit;
    uint64_t ready;      /* when it stands at the end of its unit's queue; TIME_NEVER: not yet */
    uint64_t start, end; /* as the RTL's trace; TIME_NEVER: not known yet */
} timing_cmd_t;

/* -- read port: bursts in the order of their requests, beats one a cycle */
typedef struct {
    history_t last_beat; /* of the bursts */
    uint64_t sent;       /* when the last request left the arbiter */
} timing_port_t;

/* -- command fetch and dispatch */
typedef struct {
    uint32_t asked, beats; /* beats requested; of the list */
    uint32_t offset;       /* of the list in its first beat, bytes */
    uint64_t free;         /* when the next request may be made */
    struct {
        uint32_t first;   /* beat */
        uint64_t arrival; /* of that */
    } burst[RING];
    uint32_t n_bursts, now;          /* bursts asked for; that of the next beat to take */
    uint32_t taken;                  /* beats taken from the buffer */
    uint64_t taken_at[FETCH_BUFFER]; /* when: beat i at i % FETCH_BUFFER */
    uint32_t next;                   /* command to dispatch next */
    uint64_t dispatched;             /* when the one before it was */
    uint32_t queued[NPU_QUEUES];     /* commands dispatched to each unit */
} timing_fetch_t;

/* -- load unit: walker (runs of a command) -> run register -> burst stage; words made of the beats
 */
typedef struct {
    npu_cmd_load_t c;
    uint32_t address; /* offset in the region */
    uint32_t sp;      /* first word in the scratchpad */
    uint32_t index;   /* command */
    int first, last;  /* of the command */
    uint64_t valid;   /* when it stands in the run register */
} timing_run_t;

typedef struct {
    uint32_t first, beats; /* in the stream of all beats */
    uint64_t from, to;     /* first and last word made of them */
} timing_chunk_t;

typedef struct {
    uint32_t next;         /* command to start next */
    uint64_t started;      /* the one before it was */
    npu_cmd_load_t c;      /* in the walker */
    uint32_t walking;      /* its index */
    uint32_t i1, i2, runs; /* next run, runs left */
    uint64_t walker;       /* when the walker is free */
    timing_run_t run;      /* in the run register, when has_run */
    int has_run;
    uint64_t register_free; /* when the run register was emptied */
    timing_run_t held;      /* in the burst stage, when left > 0 */
    uint32_t left;          /* bytes not yet asked for */
    uint64_t stage_free, next_burst;
    history_t last_beat, done; /* of bursts; of commands */
    timing_chunk_t chunk[RING];
    uint32_t n_chunks, beats, words; /* words: of the held run, made */
    uint64_t made;                   /* when the last word was */
} timing_load_t;

/* -- array unit */
typedef struct {
    uint32_t next, waiting; /* command for stage L; command in stage S or NO_COMMAND */
    npu_cmd_conv_t c;       /* of `waiting` */
    uint64_t taken;         /* stage L took it */
    uint64_t loader_free, feed_free;
    uint64_t swap, last_element, last_result; /* of the last pass: when they entered the array */
    history_t went;                           /* stage S started */
    history_t popped;                         /* command left the accumulators' info queue */
    /* weight loader: the groups of words (tile, parameter block) that passed its 8-word queue */
    struct {
        uint32_t first;
        uint64_t pop; /* of the first; the others follow one a cycle */
    } group[4];
    uint32_t n_groups, words;
    uint64_t issued;   /* last word asked for */
    uint64_t shown[2]; /* last row of the last transposed tile, of the one before */
    /* passes of late, for how far the operand stream runs ahead */
    struct {
        uint64_t first, swap;
    } pass[RING];
    uint32_t n_passes;
    uint64_t elements;
} timing_array_t;

/* -- vector unit */
typedef struct {
    uint32_t next;
    int after_drain;   /* the command before is a DRAIN */
    uint64_t start;    /* of the command before */
    uint64_t issued;   /* its last vector, of a DRAIN */
    history_t written; /* last writes of the commands */
} timing_vector_t;

/* -- store unit: walker, run register and burst stage as of the load unit */
typedef struct {
    uint32_t next;
    uint64_t started, walker, register_free, stage_free;
    uint64_t read, data;      /* last word asked for; last beat at the port */
    history_t response, done; /* of bursts; of commands */
} timing_store_t;

/* -- scratchpad: who goes before whom at a bank */
typedef enum { READ_OPERANDS, READ_WEIGHTS, READ_VECTOR, READ_STORE } timing_reader_t;
typedef struct {
    struct {
        uint64_t cycle;     /* the reads are of this one */
        uint32_t before[4]; /* bit i: bank i is read by one that goes before this reader */
    } read[READ_CYCLES];
    struct {
        uint64_t cycle;
        uint32_t bank; /* its bit: the vector unit writes there */
    } write[READ_CYCLES];
} timing_banks_t;

typedef struct {
    const npu_config_t *cfg;
    npu_memory_t memory;
    const npu_list_t *list;
    uint32_t n;
    timing_cmd_t *cmd;          /* (n) */
    history_t left[NPU_QUEUES]; /* when commands left the queue of their unit */
    timing_port_t port;
    timing_fetch_t fetch;
    timing_load_t load;
    timing_array_t array;
    timing_vector_t vector;
    timing_store_t store;
    timing_banks_t banks;
    uint64_t bytes_written, beats_read;
} timing_t;

/* Words of command i. */
void timing_words(const timing_t *t, uint32_t i, uint32_t words[NPU_CMD_WORDS]);
/* When the tokens that command i takes from the units in `from` are all there: 0 when it takes
 * none, TIME_NEVER while one of their givers has no known end. */
uint64_t timing_tokens(const timing_t *t, uint32_t i, uint32_t from);
/* Beats of a burst at `address` with `left` bytes to go: to the end of the data, of 16 beats or of
 * the page; and the bytes of the data in them. */
uint32_t timing_burst(const timing_t *t, uint32_t address, uint32_t left, uint32_t *bytes);
/* The arbiter passes on no request before the cycle after this one. */
uint64_t timing_port_free(const timing_t *t);
/* A request made at `time` for `beats`; returns when the first beat can arrive, and in *taken when
 * the arbiter has passed the request on. */
uint64_t timing_port_ask(timing_t *t, uint64_t time, uint64_t *taken);
/* ... and that its last beat arrives at `last`. */
void timing_port_end(timing_t *t, uint32_t beats, uint64_t last);

/* The next request at the read port: its time or TIME_NEVER; and making it. */
uint64_t timing_fetch_when(const timing_t *t);
void timing_fetch_burst(timing_t *t);
uint64_t timing_load_when(const timing_t *t);
void timing_load_burst(timing_t *t);
/* Each takes a step further with what is known; 0: there is none. */
int timing_load(timing_t *t);
int timing_dispatch(timing_t *t);
int timing_array(timing_t *t);
int timing_vector(timing_t *t);
/* The last write of a command that starts at s: NORM; on wide rows. */
uint64_t timing_norm(const timing_t *t, const uint32_t *words, uint64_t s);
uint64_t timing_wide(const timing_t *t, const uint32_t *words, uint64_t s);
/* Start of the next STORE, TIME_NEVER while it is not known; its transfer. */
uint64_t timing_store_when(const timing_t *t);
void timing_store(timing_t *t);
/* `who` reads the word at `address` in cycle `time`. */
void timing_bank_read(timing_t *t, timing_reader_t who, uint64_t time, uint32_t address);
/* From `time` on, the first cycle in which none that goes before `who` reads the bank of `address`,
 * as far as is known. */
uint64_t timing_bank_free(const timing_t *t, timing_reader_t who, uint64_t time, uint32_t address);
/* The same of writes: the vector unit's `rows` x `columns` words, one every `pace` cycles and the
 * last one at `last`; and the first cycle in which the load unit may write. */
void timing_bank_writes(timing_t *t, uint32_t address, uint32_t rows, uint32_t row,
                        uint32_t columns, uint32_t column, uint32_t pace, uint64_t last);
uint64_t timing_bank_writable(const timing_t *t, uint64_t time, uint32_t address);

#endif

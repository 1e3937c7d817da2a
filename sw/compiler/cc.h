/*
 * cc.h - internal to the compiler: its state and what its parts offer each other.
 *
 * Order of work (compile.c): prepare and place each operator; plan.c decides aliases, folded PADs,
 * memory layout and which tensors stay in the scratchpad; cascade_plan.c which operators run strip
 * of rows by strip of rows together, because one on its own passes its result through memory;
 * lower_*.c and cascade.c turn operators into commands in
 * program order; emit.c derives the order between units and the list order; then the image.
 *
 * Scratchpad view of a tensor of shape b,h,w,c: channel blocks [block][pixel], pixel = (b*h + y)*w
 * + x, so block pitch = b*h*w words, row pitch = w words. Reshapes that keep c keep the layout.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CC_H
#define SYSTOLE_CC_H

#include "compiler.h"
#include "prog_write.h"

#define CC_NONE (-1)
#define CC_ARENA_LINE 64u /* bytes of arena whose conflicts are not told apart */

enum { CC_OK = 0, CC_NOSPACE = 1, CC_FATAL = 2 };

/* One home of activation bytes; aliased tensors share it. */
typedef struct {
    int32_t b, h, w, c; /* shape that lays it out in the scratchpad; c = innermost dimension */
    uint32_t bytes;     /* in memory */
    int32_t def, last;  /* operators that write and read it; -1: graph input, n_ops: output */
    bool by_npu;        /* produced by an NPU operator */
    bool flip;          /* memory holds bytes ^ 0x80 of what the NPU works on */
    bool in_memory;     /* has a place in the arena, and its producer fills it */
    bool mem_read;      /* an NPU operator reads it from memory */
    uint32_t mem_offset;
    bool may_reside; /* not (yet) spilled */
    bool resident;   /* stays in the scratchpad during operators from..to */
    int32_t from, to;
    uint32_t words, sp; /* size and address in the scratchpad */
    bool loaded;        /* while lowering: its scratchpad copy is valid */
    bool inner;         /* between two operators that run together: only parts of it ever exist */
    const graph_tensor_t *state; /* keeps its bytes between runs: of which tensor; or NULL */
    const void *data; /* constant operand: its bytes, in the image at mem_offset once added */
    bool added;
} cc_store_t;

/* An operator after planning. */
typedef struct {
    int32_t index; /* in graph_t.ops; cc_t.ops is in order of execution */
    ref_prepared_t r;
    npu_placement_t place;
    bool skip;      /* alias or folded: no step */
    bool force_cpu; /* did not fit */
    bool tight;     /* did not fit: allocate at the lowest addresses, against gaps */
    bool prepared;
    int32_t with;         /* ADD, pool: the convolution before, with which it may be lowered;
                             table: with which it is lowered */
    bool done;            /* while lowering: that has happened */
    int32_t since, until; /* softmax and its table (late.c): among the commands of the operators
                             since..until; until 0: on its own */
    bool alone;           /* did not fit: not so */
    bool in_place, apart; /* ADD: over the parts of the convolution before, whose result is no
                             tensor; never so: did not fit */
    int32_t first, end;   /* chain (cascade.c) that runs strip by strip: operators first..end-1 */
    uint32_t chain_words; /* of the first: scratchpad words it wants beside residents */
    int32_t n_in, n_out;
    int32_t in[2], out; /* stores of an NPU operator's activations; CC_NONE: none or constant */
    bool direct[2];     /* in[i] can be read in its scratchpad layout */
    int32_t in_h, in_w; /* convolution: input size with a folded PAD taken off */
    int32_t pad_top, pad_left;
    bool pack; /* few channels: read from memory with kernel lines packed into lanes */
    uint32_t weight_bytes, array_steps;
    /* matrix product: how its operands' and its result's matrices lie in their stores. heads > 0:
     * side by side in the channels, so many of them; turned: rows are what the operator calls
     * columns. TRANSPOSE: heads > 0 when it is only another name for such matrices. */
    int32_t heads[3];
    bool turned[3];
} cc_op_t;

typedef struct {
    uint32_t words[NPU_CMD_WORDS];
    uint8_t unit;
    int32_t layer;
    uint64_t start, end;       /* estimated */
    int32_t known[NPU_QUEUES]; /* last command of each unit known to have ended before it starts */
} cc_cmd_t;

/* Commands of the NPU step under construction, in program order, with what the conflicts need. */
typedef struct {
    cc_cmd_t *cmds;
    uint32_t n, capacity;
    int32_t last_of[NPU_QUEUES];           /* latest command of a unit */
    int32_t token[NPU_QUEUES][NPU_QUEUES]; /* [from][to]: latest command of `from` that gave one */
    int32_t weights[NPU_QUEUES]; /* latest of each unit that any later CONV's weight reads follow */
    int32_t (*touch)[2][NPU_QUEUES]; /* per word, entry, set: last reader, last writer */
    uint32_t n_touch;
    int32_t (*line)[2][NPU_QUEUES]; /* the same per line of the arena */
    uint32_t n_line;
} cc_step_t;

/* An operator of lower_vector.c while it is lowered piece by piece. */
typedef struct {
    int32_t op;                  /* CC_NONE: none */
    int32_t pixels, piece, next; /* of all; of a piece; first of the next piece */
    int32_t ready;               /* pixels of its input that are there (late.c) */
    uint32_t table, table_words; /* its table in the scratchpad */
    int32_t after;               /* operator whose table goes over its result, or CC_NONE */
    uint32_t after_table, after_words;
} cc_pieces_t;

typedef struct {
    const graph_t *g;
    const npu_config_t *cfg;
    npu_compile_options_t opt;
    graph_error_t *err;
    uint32_t n, sp_words; /* lanes; scratchpad words in use */
    int32_t n_ops;
    cc_op_t *ops;       /* (n_ops) */
    cc_store_t *stores; /* (n_stores) */
    int32_t n_stores;
    uint8_t *spilled;  /* (n_stores) 1: must not reside; homes keep their numbers */
    int32_t *store_of; /* (n_tensors) or CC_NONE */
    uint32_t arena_bytes, scratch_bytes;
    uint32_t state_bytes; /* of the arena, at its start */
    /* lowering */
    prog_builder_t *image;
    cc_step_t step;
    uint8_t *busy;       /* (sp_words) 1: allocated or resident */
    int32_t layer;       /* operator being lowered */
    uint32_t turn;       /* accumulators of the next part: cc_half(), cc_acc() */
    int32_t byte_table;  /* operator whose table of bytes the vector unit has, or CC_NONE */
    int32_t exp_table;   /* the same of exponentials */
    cc_pieces_t late;    /* the softmax at hand among other operators' commands */
    npu_layer_t *layers; /* (n_ops) */
    uint64_t cycles;
    uint32_t n_steps, n_cpu_steps;
    bool chains_chosen;
    bool failed; /* out of memory */
} cc_t;

/* A tensor or a box of it in the scratchpad. Word of block k, image b, row y, column x:
 * base + k*blk + b*image + y*row + x (modulo 2^16), for what lies in the box. */
typedef struct {
    uint32_t base;
    int32_t blk, image, row;
    uint32_t temp, temp_words; /* allocation to give back; 0 words: none */
} cc_view_t;

/* Part of a tensor that is read as shape (.., h, w, c): images b0..b1-1, rows y0..y1-1, columns
 * x0..x1-1, channel blocks k0..k1-1. */
typedef struct {
    int32_t h, w, c;
    int32_t b0, b1, y0, y1, x0, x1, k0, k1;
} cc_box_t;

static inline int32_t cc_div_up(int32_t a, int32_t b) {
    return (a + b - 1) / b;
}
static inline int32_t cc_min(int32_t a, int32_t b) {
    return a < b ? a : b;
}
static inline int32_t cc_max(int32_t a, int32_t b) {
    return a > b ? a : b;
}
/* Accumulators of the part at hand: halves alternate, and of each half its two sides where
 * `outputs` fit one, so that a part can begin while the one before the last is still drained. */
static inline uint32_t cc_half(const cc_t *cc) {
    return cc->turn & 1;
}
static inline uint32_t cc_acc(const cc_t *cc, int32_t outputs) {
    uint32_t side = cc->cfg->acc_depth / 2;
    return (uint32_t)outputs <= side ? (cc->turn >> 1) * side : 0;
}
static inline void cc_next_part(cc_t *cc) {
    cc->turn = (cc->turn + 1) & 3;
}
static inline int32_t cc_blocks(const cc_t *cc, int32_t channels) {
    return cc_div_up(channels, (int32_t)cc->n);
}

/* plan.c, resident.c */
void cc_order(cc_t *cc); /* sets the order of execution */
int cc_plan(cc_t *cc);
void cc_plan_residents(cc_t *cc);
int cc_layout_memory(cc_t *cc);
/* Words that op needs beside resident tensors to work well. */
uint32_t cc_work_words(const cc_t *cc, int32_t op);

/* follow.c: operators among the commands of others */
void cc_find_leader(cc_t *cc, int32_t op); /* sets cc_op_t.with */
void cc_find_windows(cc_t *cc);            /* sets cc_op_t.since, until */
bool cc_find_in_place(cc_t *cc);           /* sets cc_op_t.in_place; true: of any more */
/* The softmax in whose window op is, or CC_NONE. */
int32_t cc_window_at(const cc_t *cc, int32_t op);
/* The table that goes over parts of op's result, or CC_NONE. */
int32_t cc_following_table(const cc_t *cc, int32_t op);
/* The ADD that goes over parts of op's result, or CC_NONE. */
int32_t cc_following_add(const cc_t *cc, int32_t op);
/* The product whose matrices can follow as channel blocks of op's result are there, or CC_NONE. */
int32_t cc_following_product(const cc_t *cc, int32_t op);

/* late.c: the softmax in whose window the operator at hand is */
int cc_late_begin(cc_t *cc, int32_t op); /* before lowering op; starts it when op is the first */
int cc_late_end(cc_t *cc, int32_t op);   /* after lowering op; ends it when op is the last */
/* The array has just been given work: pieces that the vector unit can begin meanwhile. */
void cc_late_pace(cc_t *cc);
/* The box of its input is there, and all before it. */
void cc_late_ready(cc_t *cc, int32_t store, cc_box_t box);
/* The box of its result will be read. */
int cc_late_reach(cc_t *cc, int32_t store, cc_box_t box);

/* cascade_plan.c, cascade.c: chains of operators that run strip by strip */
bool cc_in_chain(const cc_t *cc, int32_t op);
/* First and last of the operators among whose commands op's are. */
static inline int32_t cc_first_op(const cc_t *cc, int32_t op) {
    const cc_op_t *o = &cc->ops[op];
    if (cc_in_chain(cc, op))
        return o->first;
    return o->until > 0 ? o->since : o->in_place && o->with != CC_NONE ? o->with : op;
}
static inline int32_t cc_last_op(const cc_t *cc, int32_t op) {
    const cc_op_t *o = &cc->ops[op];
    return cc_in_chain(cc, op) ? o->end - 1 : o->until > 0 ? o->until : op;
}
void cc_choose_chains(cc_t *cc);
int cc_lower_chain(cc_t *cc, int32_t op);

/* trial.c: what lowering changes, to try several ways */
typedef struct {
    cc_step_t step;
    cc_cmd_t *cmds;
    void *touch, *line;
    uint32_t turn;
} cc_trial_t;
bool cc_trial_begin(const cc_t *cc, cc_trial_t *s); /* false: out of memory */
void cc_trial_undo(cc_t *cc, const cc_trial_t *s);
void cc_trial_end(cc_trial_t *s);

/* emit.c */
int cc_step_begin(cc_t *cc);
void cc_step_free(cc_t *cc);
void cc_emit(cc_t *cc, const uint32_t *words, uint64_t cost);
int cc_step_end(cc_t *cc); /* writes the NPU step, if there are commands */
/* Instead of that: the commands as the NPU reads them, *bytes in all; malloc, NULL on failure. */
uint32_t *cc_step_packed(cc_t *cc, uint32_t *bytes);
/* Estimated time at which the last command touching words addr..addr+n-1 ends. */
uint64_t cc_idle_time(const cc_t *cc, uint32_t word);

/* scratch.c: allocation of scratchpad words while lowering */
int cc_alloc(cc_t *cc, uint32_t words, uint32_t *addr); /* CC_OK or CC_NOSPACE */
void cc_release(cc_t *cc, uint32_t addr, uint32_t words);
uint32_t cc_free_words(const cc_t *cc);
uint32_t cc_free_extent(const cc_t *cc); /* largest contiguous */

/* move.c: tensors between memory and scratchpad */
/* direct: a resident copy may be used (cc_op_t.direct). */
int cc_fetch(cc_t *cc, int32_t store, bool direct, cc_box_t box, cc_view_t *v);
int cc_target(cc_t *cc, int32_t store, cc_box_t box, cc_view_t *v);
/* Writes the box to memory if the tensor lives there, and gives the view back. */
void cc_put(cc_t *cc, int32_t store, cc_box_t box, cc_view_t *v);
void cc_drop(cc_t *cc, cc_view_t *v);
/* LOADs a box of a tensor that is in memory to where the view has it. */
void cc_load_box(cc_t *cc, int32_t store, cc_box_t box, const cc_view_t *v);
/* Allocates room for the box. */
int cc_room(cc_t *cc, cc_box_t box, cc_view_t *v);
uint32_t cc_box_words(cc_box_t box);
uint32_t cc_view_at(const cc_view_t *v, int32_t k, int32_t b, int32_t y, int32_t x);
/* Constant bytes of the image into contiguous words; bytes need not be a multiple of N. */
void cc_load_const(cc_t *cc, uint32_t image_offset, uint32_t bytes, uint32_t sp);
void cc_fill(cc_t *cc, uint32_t sp, uint32_t words, int32_t value);
void cc_cmd_load(cc_t *cc, const npu_cmd_load_t *c);

/* lower_*.c: CC_OK, CC_NOSPACE, CC_FATAL */
int cc_lower_conv(cc_t *cc, int32_t op);
int cc_lower_matmul(cc_t *cc, int32_t op);
int cc_lower_vector(cc_t *cc, int32_t op);
/* ADD of ny rows of nx words; addresses and words between rows of a, b, out. */
void cc_emit_add(cc_t *cc, const ref_binary_t *p, int32_t ny, int32_t nx, const uint32_t at[3],
                 const int32_t row[3]);
/* Table of the operator into the scratchpad, if it has one; words: of the allocation, or 0. */
int cc_load_table(cc_t *cc, const cc_op_t *o, uint32_t *at, uint32_t *words);
/* TABLE of operator cc->layer in place; its table is at `table`. */
void cc_emit_table(cc_t *cc, uint32_t at, int32_t ny, int32_t nx, int32_t row, uint32_t table);
/* An operator of the vector unit piece by piece. */
int cc_pieces_begin(cc_t *cc, int32_t op, cc_pieces_t *p);
int cc_pieces_next(cc_t *cc, cc_pieces_t *p);
bool cc_pieces_room(cc_t *cc, const cc_pieces_t *p); /* for the next piece? */
void cc_pieces_end(cc_t *cc, cc_pieces_t *p);
int cc_lower_pool(cc_t *cc, int32_t op);
/* AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, REDUCE_MAX. */
bool cc_is_pool(int32_t kind);
/* Channel block k of a pool whose input and result stay in the scratchpad. */
int cc_pool_block(cc_t *cc, int32_t op, int32_t k);
bool cc_pack_pays(const cc_t *cc, int32_t op);

#endif

/*
 * explore_pool.c - explore_run(): predictions in forked processes, one cell at a time.
 *
 * A worker reads the number of a cell from a pipe, compiles, predicts, and writes one record (less
 * than PIPE_BUF). One that dies costs its cell a reason and is replaced. SIGINT, SIGTERM and SIGHUP
 * end the sweep between two records; every worker is killed and waited for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "explore.h"
#include "prog_predict.h"
#include "progress.h"

enum { MAX_JOBS = 256 };

typedef struct {
    pid_t pid; /* 0: none */
    int to, from;
    int cell; /* at work on it, or -1 */
} worker_t;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static void predict(const explore_sweep_t *s, int at, explore_cell_t *cell) {
    const npu_config_t *config = s->configs[at / s->n_models];
    npu_compiled_t compiled;
    graph_error_t err;
    prog_t prog;
    memset(cell, 0, sizeof *cell);
    if (npu_compile(s->graphs[at % s->n_models], config, NULL, &compiled, &err)) {
        snprintf(cell->reason, sizeof cell->reason, "%.120s", err.msg);
        return;
    }
    for (uint32_t i = 0; i < compiled.n_layers; i++)
        cell->cpu_layers += !compiled.layers[i].on_npu && !compiled.layers[i].free;
    if (prog_open(compiled.bytes, compiled.size, 0, &prog, NULL) != PROG_OK)
        snprintf(cell->reason, sizeof cell->reason, "the compiler's program does not open");
    for (int p = 0; p < s->n_ports && !cell->reason[0]; p++) {
        npu_memory_t memory = {.latency = s->latency, .beat_bytes = s->port[p]};
        prog_prediction_t result;
        if (prog_predict(&prog, &memory, NULL, &result))
            snprintf(cell->reason, sizeof cell->reason, "%.120s", result.error);
        else
            cell->cycles[p] = result.cycles;
    }
    npu_compiled_free(&compiled);
}

static void work(const explore_sweep_t *s, int from, int to) {
    int at;
    explore_cell_t cell;
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    while (read(from, &at, sizeof at) == (ssize_t)sizeof at) {
        predict(s, at, &cell);
        if (write(to, &cell, sizeof cell) != (ssize_t)sizeof cell)
            break;
    }
    _exit(0);
}

static int spawn(const explore_sweep_t *s, worker_t *all, int n, worker_t *w) {
    int down[2], up[2];
    if (pipe(down))
        return -1;
    if (pipe(up)) {
        close(down[0]);
        close(down[1]);
        return -1;
    }
    fflush(NULL);
    w->pid = fork();
    if (w->pid == 0) {
        for (int i = 0; i < n; i++)
            if (&all[i] != w && all[i].pid > 0) {
                close(all[i].to);
                close(all[i].from);
            }
        close(down[1]);
        close(up[0]);
        work(s, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    w->to = down[1];
    w->from = up[0];
    w->cell = -1;
    if (w->pid < 0) {
        close(w->to);
        close(w->from);
        w->pid = 0;
        return -1;
    }
    return 0;
}

/* The exit status. */
static int reap(worker_t *w, int hard) {
    int status = 0;
    if (hard)
        kill(w->pid, SIGKILL);
    close(w->to);
    close(w->from);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    w->pid = 0;
    return status;
}

/* Next cell that has a configuration, or -1. */
static int next_cell(const explore_sweep_t *s, int *next) {
    int total = s->n_configs * s->n_models;
    while (*next < total && !s->configs[*next / s->n_models])
        ++*next;
    return *next < total ? (*next)++ : -1;
}

static void give(const explore_sweep_t *s, worker_t *w, int *next) {
    w->cell = next_cell(s, next);
    if (w->cell >= 0 && write(w->to, &w->cell, sizeof w->cell) != (ssize_t)sizeof w->cell) {
        /* it has died: poll reports that */
    }
}

/* Takes a record; 0, or -1 when the worker has died. */
static int take(explore_sweep_t *s, worker_t *w) {
    explore_cell_t cell;
    size_t have = 0;
    while (have < sizeof cell) {
        ssize_t n = read(w->from, (char *)&cell + have, sizeof cell - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        have += (size_t)n;
    }
    s->cells[w->cell] = cell;
    s->done[w->cell] = 1;
    return 0;
}

static void died(explore_sweep_t *s, worker_t *w) {
    int at = w->cell, status = reap(w, 0);
    if (at < 0)
        return;
    snprintf(s->cells[at].reason, sizeof s->cells[at].reason,
             WIFSIGNALED(status) ? "its process died of signal %d"
                                 : "its process ended with status %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    s->done[at] = 1;
}

static int busy(const worker_t *workers, int jobs) {
    for (int i = 0; i < jobs; i++)
        if (workers[i].pid > 0 && workers[i].cell >= 0)
            return 1;
    return 0;
}

static int loop(explore_sweep_t *s, worker_t *workers, int jobs, graph_error_t *err) {
    int next = 0, finished = 0, total = s->n_configs * s->n_models;
    for (int i = 0; i < jobs; i++) {
        if (spawn(s, workers, jobs, &workers[i]))
            return graph_fail(err, "cannot start a process: %s", strerror(errno));
        give(s, &workers[i], &next);
    }
    while (!stopped && busy(workers, jobs)) {
        struct pollfd fds[MAX_JOBS];
        for (int i = 0; i < jobs; i++)
            fds[i] = (struct pollfd){workers[i].cell >= 0 ? workers[i].from : -1, POLLIN, 0};
        progress_update("explore", "", (uint64_t)finished, (uint64_t)total);
        if (poll(fds, (nfds_t)jobs, 200) < 0)
            continue; /* a signal */
        for (int i = 0; i < jobs && !stopped; i++) {
            if (!(fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            finished++;
            if (take(s, &workers[i])) {
                died(s, &workers[i]);
                if (spawn(s, workers, jobs, &workers[i]))
                    return graph_fail(err, "cannot start a process: %s", strerror(errno));
            }
            give(s, &workers[i], &next);
        }
    }
    return stopped ? 1 : 0;
}

int explore_run(explore_sweep_t *s, int jobs, graph_error_t *err) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    worker_t workers[MAX_JOBS];
    struct sigaction before[3], catch = {.sa_handler = on_signal}, pipe_before,
                                ignore = {.sa_handler = SIG_IGN};
    int cells = s->n_configs * s->n_models;
    memset(workers, 0, sizeof workers);
    jobs = jobs > cells ? cells : jobs;
    jobs = jobs > MAX_JOBS ? MAX_JOBS : jobs;
    stopped = 0;
    for (int i = 0; i < 3; i++)
        sigaction(signals[i], &catch, &before[i]);
    sigaction(SIGPIPE, &ignore, &pipe_before);
    int status = loop(s, workers, jobs, err);
    for (int i = 0; i < jobs; i++)
        if (workers[i].pid > 0)
            reap(&workers[i], 1);
    for (int i = 0; i < 3; i++)
        sigaction(signals[i], &before[i], NULL);
    sigaction(SIGPIPE, &pipe_before, NULL);
    progress_end();
    return status;
}

/*
 * explore_plot.c - the sweep as an SVG picture: three panels, cycles against LUT, DSP and block
 * RAM, both axes logarithmic. A panel's lines join what is best in its two quantities alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

enum { W = 1180, H = 1460, LEFT = 90, WIDTH = 860, TOP = 110, HEIGHT = 360, GAP = 96 };

typedef struct {
    FILE *f;
    int kind;              /* of area */
    double x0, x1, y0, y1; /* log10 of the axes' ends */
    int top;
} panel_t;

static const char *const axis[AREA_KINDS] = {
    "LUT4 sites, estimated", "multipliers 18x18, estimated", "block RAMs of 18 kbit, estimated"};
static const char *const ports_style[] = {"#888888", "#1b1b1b", "#b0741a", "#7a3fa0", "#2f7f7f"};

static const char *colour(uint32_t n) {
    return n <= 4 ? "#2a78c8" : n <= 8 ? "#2f9e56" : n <= 16 ? "#d9822b" : "#c43c4e";
}

static double px(const panel_t *p, double v) {
    return LEFT + WIDTH * (log10(v) - p->x0) / (p->x1 - p->x0);
}

static double py(const panel_t *p, double v) {
    return p->top + HEIGHT * (p->y1 - log10(v)) / (p->y1 - p->y0);
}

static void text(FILE *f, double x, double y, const char *extra, const char *s) {
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, extra);
    for (; *s; s++) {
        if (*s == '<' || *s == '>' || *s == '&')
            fprintf(f, "&#%d;", *s);
        else
            fputc(*s, f);
    }
    fprintf(f, "</text>\n");
}

static void number(char *out, size_t size, double v) {
    if (v >= 1e6)
        snprintf(out, size, "%gM", v / 1e6);
    else if (v >= 1e3)
        snprintf(out, size, "%gk", v / 1e3);
    else
        snprintf(out, size, "%g", v);
}

/* 1, 2 and 5 of every decade. */
static void grid(const panel_t *p) {
    static const double steps[] = {1, 2, 5};
    char label[32];
    for (int d = -1; d < 12; d++)
        for (int k = 0; k < 3; k++) {
            double v = pow(10, d) * steps[k];
            number(label, sizeof label, v);
            if (log10(v) > p->x0 && log10(v) < p->x1) {
                fprintf(p->f,
                        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#e6e6e6\"/>\n",
                        px(p, v), px(p, v), p->top, p->top + HEIGHT);
                text(p->f, px(p, v), p->top + HEIGHT + 18, "text-anchor=\"middle\"", label);
            }
            if (log10(v) > p->y0 && log10(v) < p->y1) {
                fprintf(p->f,
                        "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e6e6e6\"/>\n",
                        LEFT, LEFT + WIDTH, py(p, v), py(p, v));
                text(p->f, LEFT - 8, py(p, v) + 4, "text-anchor=\"end\"", label);
            }
        }
    fprintf(p->f,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#444\"/>\n",
            LEFT, p->top, WIDTH, HEIGHT);
}

static void boards(const panel_t *p) {
    double last = -1e9;
    int row = 0;
    const area_board_t *b;
    for (int i = 0; (b = area_board(i)); i++) {
        double v = b->has[p->kind], x = px(p, v);
        if (log10(v) <= p->x0 || log10(v) >= p->x1)
            continue;
        row = fabs(x - last) < 70 ? row + 1 : 0;
        last = x;
        fprintf(p->f,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#555\" "
                "stroke-dasharray=\"3 3\"/>\n",
                x, x, p->top - 4 - 13 * row, p->top + HEIGHT);
        text(p->f, x, p->top - 8 - 13 * row, "text-anchor=\"middle\" fill=\"#333\"", b->name);
    }
}

static int by_area_kind;
static int by_area(const void *a, const void *b) {
    const explore_row_t *x = *(const explore_row_t *const *)a,
                        *y = *(const explore_row_t *const *)b;
    double d = x->area.of[by_area_kind] - y->area.of[by_area_kind];
    return d == 0 ? (x->cost > y->cost) - (x->cost < y->cost) : (d > 0) - (d < 0);
}

static void line(const panel_t *p, const explore_row_t *rows, int n, uint32_t port,
                 const char *look) {
    const explore_row_t **sorted = calloc((size_t)n + 1, sizeof *sorted);
    int m = 0;
    double best = INFINITY;
    if (!sorted)
        return;
    for (int i = 0; i < n; i++)
        if (rows[i].done && !rows[i].reason[0] && rows[i].port == port &&
            rows[i].area.of[p->kind] > 0)
            sorted[m++] = &rows[i];
    by_area_kind = p->kind;
    qsort(sorted, (size_t)m, sizeof *sorted, by_area);
    fprintf(p->f, "<path fill=\"none\" %s d=\"", look);
    for (int i = 0; i < m; i++)
        if (sorted[i]->cost < best) {
            double x = px(p, sorted[i]->area.of[p->kind]);
            if (best < INFINITY)
                fprintf(p->f, "L%.1f %.1f ", x, py(p, best));
            fprintf(p->f, "%c%.1f %.1f ", best < INFINITY ? 'L' : 'M', x, py(p, sorted[i]->cost));
            best = sorted[i]->cost;
        }
    fprintf(p->f, "\"/>\n");
    free(sorted);
}

/* Those whose port is built, or the others. */
static void dots(const panel_t *p, const explore_row_t *rows, int n, int built) {
    for (int i = 0; i < n; i++) {
        const explore_row_t *r = &rows[i];
        if (!r->done || r->reason[0] || r->area.of[p->kind] <= 0)
            continue;
        if (built != (r->port == EXPLORE_RTL_PORT))
            continue;
        fprintf(p->f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\" stroke=\"%s\">",
                px(p, r->area.of[p->kind]), py(p, r->cost), r->front ? "4.5" : "2.5",
                built ? colour(r->config->n) : "white", colour(r->config->n));
        fprintf(
            p->f,
            "<title>%s, %u B/cycle: %.0f cycles, %.0f LUT, %.0f DSP, %.0f RAM</title></circle>\n",
            r->text, (unsigned)r->port, r->cost, r->area.of[AREA_LUT], r->area.of[AREA_DSP],
            r->area.of[AREA_RAM]);
    }
}

/* The port widths that occur, ascending. */
static int ports_of(const explore_row_t *rows, int n, uint32_t port[EXPLORE_PORTS]) {
    int m = 0;
    for (int i = 0; i < n; i++) {
        int known = 0;
        for (int k = 0; k < m; k++)
            known |= port[k] == rows[i].port;
        if (!known && m < EXPLORE_PORTS)
            port[m++] = rows[i].port;
    }
    return m;
}

static void look_of(uint32_t port, int index, char *out, size_t size) {
    int built = port == EXPLORE_RTL_PORT;
    snprintf(out, size, "stroke=\"%s\" stroke-width=\"%s\"%s",
             built ? "#111111" : ports_style[index % 5], built ? "2" : "1.3",
             built ? "" : " stroke-dasharray=\"6 4\"");
}

static void legend(FILE *f, const explore_row_t *rows, int n, const uint32_t *port, int n_ports) {
    static const uint32_t sizes[] = {4, 8, 16, 32};
    char s[96], look[96];
    int y = TOP + 10, x = LEFT + WIDTH + 24;
    for (int k = 0; k < 4; k++) {
        int used = 0;
        for (int i = 0; i < n; i++)
            used |= rows[i].config && rows[i].config->n == sizes[k];
        if (!used)
            continue;
        fprintf(f, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\"/>\n", x + 8, y - 4,
                colour(sizes[k]));
        snprintf(s, sizeof s, "%ux%u array", (unsigned)sizes[k], (unsigned)sizes[k]);
        text(f, x + 24, y, "", s);
        y += 22;
    }
    for (int k = 0; k < n_ports; k++) {
        look_of(port[k], k, look, sizeof look);
        fprintf(f, "<path d=\"M%d %d h18\" %s/>\n", x, y - 4, look);
        snprintf(s, sizeof s, "best, %u B/cycle", (unsigned)port[k]);
        text(f, x + 24, y, "", s);
        y += 22;
    }
    fprintf(f, "<circle cx=\"%d\" cy=\"%d\" r=\"4.5\" fill=\"#777\"/>\n", x + 8, y - 4);
    text(f, x + 24, y, "", "large: on the front of");
    text(f, x + 24, y + 16, "", "cycles, LUT, DSP, RAM");
    fprintf(f, "<circle cx=\"%d\" cy=\"%d\" r=\"4\" fill=\"white\" stroke=\"#777\"/>\n", x + 8,
            y + 34);
    text(f, x + 24, y + 38, "", "hollow: a port that is");
    text(f, x + 24, y + 54, "", "only predicted");
    fprintf(f, "<path d=\"M%d %d v14\" stroke=\"#555\" stroke-dasharray=\"3 3\"/>\n", x + 8,
            y + 66);
    text(f, x + 24, y + 76, "", "all that a board has");
}

void explore_plot(FILE *f, const explore_row_t *rows, int n, const char *title, const char *what) {
    uint32_t port[EXPLORE_PORTS];
    int n_ports = ports_of(rows, n, port);
    double low = INFINITY, high = 0;
    char s[200], look[96];
    for (int i = 0; i < n; i++)
        if (rows[i].done && !rows[i].reason[0]) {
            low = fmin(low, rows[i].cost);
            high = fmax(high, rows[i].cost);
        }
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"%d\" height=\"%d\" "
            "fill=\"white\"/>\n",
            W, H, W, H, W, H);
    text(f, LEFT, 34, "font-size=\"20\"", title);
    snprintf(s, sizeof s,
             "%s, predicted by the C model; area estimated, NPU alone; dashed: what boards have",
             what);
    text(f, LEFT, 56, "fill=\"#444\"", s);
    for (int k = 0; k < AREA_KINDS && high > 0; k++) {
        double a = INFINITY, b = 0;
        for (int i = 0; i < n; i++)
            if (rows[i].done && !rows[i].reason[0]) {
                a = fmin(a, rows[i].area.of[k]);
                b = fmax(b, rows[i].area.of[k]);
            }
        panel_t p = {f,
                     k,
                     log10(fmax(a, 1)) - 0.15,
                     log10(fmax(b, 1)) + 0.15,
                     log10(fmax(low, 1)) - 0.1,
                     log10(fmax(high, 1)) + 0.1,
                     TOP + k * (HEIGHT + GAP)};
        grid(&p);
        boards(&p);
        for (int q = 0; q < n_ports; q++) {
            look_of(port[q], q, look, sizeof look);
            line(&p, rows, n, port[q], look);
        }
        dots(&p, rows, n, 0);
        dots(&p, rows, n, 1);
        text(f, LEFT + WIDTH / 2.0, p.top + HEIGHT + 40, "text-anchor=\"middle\" font-size=\"14\"",
             axis[k]);
        fprintf(f, "<g transform=\"translate(28 %d) rotate(-90)\">", p.top + HEIGHT / 2);
        text(f, 0, 0, "text-anchor=\"middle\" font-size=\"14\"", what);
        fprintf(f, "</g>\n");
    }
    if (high > 0)
        legend(f, rows, n, port, n_ports);
    else
        text(f, LEFT, 100, "", "no configuration has cycles");
    fprintf(f, "</svg>\n");
}

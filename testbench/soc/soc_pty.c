/*
 * soc_pty.c - the Verilated system with its UART on a pseudo-terminal, for programs that talk to a
 * board (scripts/uart_load.py).
 *
 * Synopsis: soc_pty LIBRARY FIRMWARE CONFIG [FLIP [FLASH]]
 *   Prints the terminal's name, then simulates until its parent ends it (or closes its standard
 * input). Bytes to the system are sent with a pause of GAP cycles between them, since the simulated
 * UART is far faster against the CPU's clock than a board's. FLIP: that byte of all sent arrives
 * with bit 0 inverted, for tests; -1: none. FLASH: the boot image in the SPI flash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _XOPEN_SOURCE 600
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "soc_sim.h"

enum { FIRMWARE_MAX = 1 << 20, FLASH_MAX = 1 << 24, GAP = 300 };

static int die(const char *text, const char *more) {
    fprintf(stderr, "soc_pty: %s %s\n", text, more);
    return 1;
}

static void on_uart(void *user, char c) {
    if (write(*(int *)user, &c, 1) != 1) {
        exit(die("the terminal is gone", ""));
    }
}

static size_t read_file(const char *name, unsigned char *bytes, size_t most) {
    FILE *f = fopen(name, "rb");
    size_t size = f ? fread(bytes, 1, most, f) : 0;
    if (f) {
        fclose(f);
    }
    return size;
}

int main(int argc, char **argv) {
    static unsigned char firmware[FIRMWARE_MAX], flash[FLASH_MAX];
    if (argc < 4) {
        return die("want LIBRARY FIRMWARE CONFIG", "");
    }
    size_t size = read_file(argv[2], firmware, sizeof firmware);
    void *lib = dlopen(argv[1], RTLD_NOW);
    soc_sim_open_fn open_sim;
    *(void **)&open_sim = lib ? dlsym(lib, "soc_sim_open") : NULL;
    if (size == 0 || !open_sim) {
        return die("cannot open", size == 0 ? argv[2] : argv[1]);
    }
    soc_sim_t sim;
    soc_sim_options_t options = {.latency = 32, .seed = 1};
    char err[256];
    if (open_sim(&sim, argv[3], firmware, size, &options, err, sizeof err)) {
        return die(err, "");
    }
    long flip = argc > 4 ? strtol(argv[4], NULL, 10) : -1, sent = 0;
    if (argc > 5) {
        size_t flash_size = read_file(argv[5], flash, sizeof flash);
        if (flash_size == 0) {
            return die("cannot open", argv[5]);
        }
        sim.set_flash(sim.ctx, flash, flash_size);
    }
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) {
        return die("no pseudo-terminal", "");
    }
    /* Kept open, so that the terminal outlives the programs that use it; raw from the start. */
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios mode;
    tcgetattr(slave, &mode);
    mode.c_iflag = mode.c_oflag = mode.c_lflag = 0;
    tcsetattr(slave, TCSANOW, &mode);
    printf("%s\n", ptsname(master));
    fflush(stdout);
    for (;;) {
        struct pollfd in[2] = {{.fd = master, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        poll(in, 2, 0);
        if (in[1].revents != 0) {
            return 0;
        }
        if (in[0].revents & POLLIN) {
            char c;
            if (read(master, &c, 1) == 1) {
                sim.send(sim.ctx, sent++ == flip ? (char)(c ^ 1) : c);
            }
        }
        /* All of the pause, though run() comes back early when the firmware reports its end. */
        for (uint64_t end = sim.cycles(sim.ctx) + GAP; sim.cycles(sim.ctx) < end;) {
            if (sim.run(sim.ctx, end - sim.cycles(sim.ctx), on_uart, &master) == SOC_SIM_FAULT) {
                return die("fault:", sim.fault(sim.ctx));
            }
        }
    }
}

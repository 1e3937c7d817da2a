#!/usr/bin/env python3
"""Make a LiteX system with the NPU in it, and its host and memory on pins, as Verilog (for testbench/wishbone/npu_in_litex.v).

Synopsis: tests/wishbone/litex_soc.py OUT.v CONFIG      (a Python that has litex: build/venv-litex)

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

from migen import ClockDomain, Signal

from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.gen import LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "fpga/litex"))
from systole_npu import add_npu  # noqa: E402

SIGNALS = [("cyc", 1), ("stb", 1), ("we", 1), ("adr", 30), ("sel", 4), ("dat_w", 32), ("dat_r", 32), ("ack", 1), ("err", 1),
           ("cti", 3), ("bte", 2)]
BACK = {"dat_r", "ack", "err"}


def pads(name):
    return name, 0, *(Subsignal(signal, Pins(width)) for signal, width in SIGNALS)


class Clock(LiteXModule):
    def __init__(self, platform):
        self.cd_sys = ClockDomain()
        self.comb += [self.cd_sys.clk.eq(platform.request("clk")), self.cd_sys.rst.eq(platform.request("rst"))]


def main():
    out, config = pathlib.Path(sys.argv[1]), sys.argv[2]
    platform = SimPlatform("SIM", [("clk", 0, Pins(1)), ("rst", 0, Pins(1)), ("irq", 0, Pins(1)), pads("host"), pads("ram")])
    soc = SoCMini(platform, clk_freq=50_000_000, ident="", ident_version=False, with_ctrl=False, bus_timeout=100_000, bus_bursting=True)
    soc.crg = Clock(platform)
    npu = add_npu(soc, origin=0x20000000, config=config)
    soc.comb += platform.request("irq").eq(npu.irq)
    for name, master in (("host", True), ("ram", False)):
        bus, pins = wishbone.Interface(data_width=32, adr_width=30, addressing="word", bursting=True), platform.request(name)
        for signal, _ in SIGNALS:
            inside, outside = getattr(bus, signal), getattr(pins, signal)
            soc.comb += inside.eq(outside) if (signal in BACK) != master else outside.eq(inside)
        if master:
            soc.bus.add_master(name, bus)
        else:
            soc.bus.add_slave("main_ram", bus, SoCRegion(origin=0x40000000, size=0x04000000))
    soc.finalize()
    out.write_text(str(platform.get_verilog(soc, name="litex_soc")))


if __name__ == "__main__":
    main()

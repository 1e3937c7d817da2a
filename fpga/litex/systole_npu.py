"""The NPU as a LiteX module.

Synopsis
    from systole_npu import add_npu
    add_npu(soc, origin=0x20000000, config="npu8")     # origin: in an I/O region of the CPU, 4 KiB
adds fpga/examples/npu_wishbone.v and its sources to the platform, the registers as a Wishbone slave, the NPU's memory port as a
Wishbone master (32 bits, incrementing bursts), and the interrupt where the system has interrupts. The driver (sw/driver) needs
the origin; addresses of tensors are bus addresses. Memory that both use must not be cached by the CPU, or be flushed.
MUL_STYLE by family: fpga/README.md.

Tested: litex 2024.12 makes the system of tests/wishbone/litex_soc.py, and whole networks run in its simulation through LiteX's
interconnect, bytes equal to the model's (suite bridges). Not tested: with a CPU of LiteX, on a board, other versions.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re

from migen import Cat, ClockSignal, Constant, Instance, ResetSignal, Signal

from litex.gen import LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.interconnect import wishbone
from litex.soc.interconnect.csr_eventmanager import EventManager, EventSourceLevel

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def sources():
    """Every Verilog file of npu_wishbone."""
    names = re.findall(r"^[^#/\s]\S*\.s?v\b", (ROOT / "rtl/npu.f").read_text(), re.M)
    return [ROOT / name for name in names + ["rtl/soc/soc_wb_axil.v", "rtl/soc/soc_axi_wb.v", "fpga/examples/npu_wishbone.v"]]


def parameters(config):
    """Those of a named configuration, without the trace of commands."""
    header = (ROOT / f"spec/gen/config_{config}.vh").read_text()
    return {name: int(value) for name, value in re.findall(r"^`define NPU_CFG_(\w+) (\d+)$", header, re.M) if name != "TRACE_RECORDS"}


class SystoleNPU(LiteXModule):
    """registers, memory: wishbone.Interface, of words; ev.npu: the interrupt."""

    def __init__(self, platform, config="npu4", mul_style=0, mul_dsp=None):
        self.registers = bus = wishbone.Interface(data_width=32, adr_width=30, addressing="word")
        self.memory = memory = wishbone.Interface(data_width=32, adr_width=30, addressing="word", bursting=True)
        self.irq = Signal()
        self.ev = EventManager()
        self.ev.npu = EventSourceLevel()
        self.ev.finalize()
        self.comb += self.ev.npu.trigger.eq(self.irq)
        address = Signal(32)
        self.comb += memory.adr.eq(address[2:])
        shape = parameters(config)
        multipliers = shape["N"] * shape["N"] if mul_dsp is None else mul_dsp
        self.specials += Instance(
            "npu_wishbone", name="npu_wishbone",
            **{f"p_{name}": value for name, value in shape.items()},
            p_MUL_STYLE=mul_style, p_MUL_DSP=multipliers, p_WIDTH=32, p_PIPELINED=0,
            i_clk=ClockSignal("sys"), i_rst_n=~ResetSignal("sys"), o_irq=self.irq,
            i_s_wb_cyc=bus.cyc, i_s_wb_stb=bus.stb, i_s_wb_we=bus.we, i_s_wb_adr=Cat(Constant(0, 2), bus.adr[:10]),
            i_s_wb_sel=bus.sel, i_s_wb_dat_w=bus.dat_w, o_s_wb_dat_r=bus.dat_r, o_s_wb_ack=bus.ack, o_s_wb_err=bus.err,
            o_s_wb_stall=Signal(),
            o_m_wb_cyc=memory.cyc, o_m_wb_stb=memory.stb, o_m_wb_we=memory.we, o_m_wb_adr=address, o_m_wb_sel=memory.sel,
            o_m_wb_dat_w=memory.dat_w, o_m_wb_cti=memory.cti, o_m_wb_bte=memory.bte, i_m_wb_dat_r=memory.dat_r,
            i_m_wb_ack=memory.ack, i_m_wb_err=memory.err, i_m_wb_stall=0)
        for source in sources():
            platform.add_source(str(source))
        platform.add_verilog_include_path(str(ROOT / "spec/gen"))


def add_npu(soc, origin, name="npu", **options):
    """Adds a SystoleNPU to a SoC of LiteX and connects it; returns it."""
    npu = SystoleNPU(soc.platform, **options)
    soc.add_module(name, npu)
    soc.bus.add_slave(name, npu.registers, SoCRegion(origin=origin, size=0x1000, cached=False))
    soc.bus.add_master(name, npu.memory)
    if soc.irq.enabled:
        soc.irq.add(name, use_loc_if_exists=True)
    return npu

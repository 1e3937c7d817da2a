// RTL of the NPU, leaf modules first. Include path: spec/gen.
rtl/npu_fifo.v
rtl/npu_delay.v
rtl/npu_pe.v
rtl/npu_array.v
rtl/npu_accum.v
rtl/npu_params.v
rtl/npu_weight_loader.v
rtl/npu_line_feed.v
rtl/npu_array_unit.v
rtl/npu_tokens.v
rtl/npu_regs.v
rtl/npu_sequencer.v
rtl/npu_top.v

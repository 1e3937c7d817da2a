#!/bin/sh
# Suite: every style of npu_mul2 makes the same 65,536 products, and arrays built from them the same sums, as RTL and as the
# netlists that Yosys makes for ECP5 and iCE40. The vendors' cells behave as Yosys' own models of them say; MULT18X18D,
# MULT9X9 and MULT18X18, black boxes there, as vendor_mul.v says.
# And the guard against synth_ice40 -dsp, which Yosys 0.23 miscompiles: no flow passes it, and the comparison of a netlist
# notices what it does to chained registered multiply-accumulates.
# Synopsis: tests/rtl_mul/run.sh     Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/rtl_mul out=build/rtl_mul
passed=0 failed=0
mkdir -p $out
muls=$(ls rtl/npu_add_ecp5.v rtl/npu_mul*.v | tr '\n' ' ')
array="rtl/npu_delay.v rtl/npu_pe.v $muls rtl/npu_array.v"
cells=$(dirname "$(command -v yosys)")/../share/yosys
[ -f "$cells/ice40/cells_sim.v" ] || { echo "FAIL no cell models of yosys; run make setup"; echo "0 passed, 1 failed"; exit 1; }

models() { # family
    case $1 in
        ecp5) echo "-I$cells/ecp5 $cells/ecp5/cells_sim.v $here/vendor_mul.v" ;;
        ice40) echo "-DNO_ICE40_DEFAULT_ASSIGNMENTS $cells/ice40/cells_sim.v" ;;
        gowin) echo "$here/vendor_mul.v" ;;
    esac
}
result() { # name, expression that the bench's last line must match, iverilog arguments...
    name=$1 expect=$2
    shift 2
    line="does not compile, see $out/compile.log"
    if iverilog -g2012 -o "$out/tb.vvp" "$@" >"$out/compile.log" 2>&1; then
        vvp -n "$out/tb.vvp" >"$out/tb.out" 2>&1
        line=$(tail -n 1 "$out/tb.out")
        grep -q '^ERROR' "$out/tb.out" && line=$(grep '^ERROR' "$out/tb.out" | head -1)
    fi
    if echo "$line" | grep -Eqx "$expect"; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: $line; rerun: $here/run.sh"
    fi
}
# shellcheck disable=SC2086
products() { # style, family
    result "products of style $1" "STYLE $1: 131072 products compared, 0 wrong" \
        -s tb_mul -Ptb_mul.STYLE="$1" $here/tb_mul.v $muls $(models "$2")
}
# shellcheck disable=SC2086
same_sums() { # style, products in DSP cells, family
    result "array of style $1 ($2 in DSP cells)" "array: 2000 steps compared, 0 wrong" \
        -s tb_array -DSTYLE="$1" -DDSP="$2" $here/tb_array.v $here/dut.v $array $(models "$3")
}
# shellcheck disable=SC2086
netlist() { # style, products in DSP cells, family, cell, how many of it
    if ! yosys -q -l $out/yosys.log -p "read_verilog -sv -DSTYLE=$1 -DDSP=$2 $here/dut.v $array; synth_$3 -flatten -top dut
        select -assert-count $5 t:$4; write_verilog -noattr $out/netlist.v" >$out/yosys.out 2>&1; then
        failed=$((failed + 1))
        echo "FAIL netlist of style $1 for $3: $(grep -h ERROR $out/yosys.out $out/yosys.log | head -1); rerun: $here/run.sh"
        return
    fi
    result "netlist of style $1 for $3" "array: 2000 steps compared, 0 wrong" \
        -s tb_array $here/tb_array.v $out/netlist.v $array $(models "$3")
}
# shellcheck disable=SC2086
chained() { # synth_ice40's option, expression for the last line
    yosys -q -p "read_verilog -sv $here/chained_mac.v; synth_ice40 $1 -flatten -top chained_mac; rename chained_mac netlist;
        write_verilog -noattr $out/netlist.v" >$out/yosys.out 2>&1
    result "chained products, synth_ice40 $1" "$2" -s tb_chained $here/tb_chained.v $here/chained_mac.v $out/netlist.v $(models ice40)
}

# shellcheck disable=SC2086
wide_products() { # style, family
    result "wide products of style $1" "STYLE $1: 59997 products compared, 0 wrong" \
        -s tb_mul18 -Ptb_mul18.STYLE="$1" $here/tb_mul18.v rtl/npu_mul18.v $(models "$2")
}

wide_products 0 gowin
wide_products 4 gowin
products 0 gowin
products 1 ecp5
products 2 ecp5
products 3 ice40
products 4 gowin
same_sums 1 0 ecp5
same_sums 2 16 ecp5
same_sums 2 6 ecp5
same_sums 3 16 ice40
same_sums 4 10 gowin
netlist 1 0 ecp5 MULT18X18D 0
netlist 2 6 ecp5 MULT18X18D 6
netlist 3 16 ice40 SB_MAC16 8
netlist 3 8 ice40 SB_MAC16 4

# A wrong cell must be noticed: one input of one chain negated.
sed 's/\.INIT0(NEGATIVE ? 16.h8777/.INIT0(NEGATIVE ? 16'\''h8788/' rtl/npu_mul_ecp5_carry.v >$out/wrong.v
# shellcheck disable=SC2046
result "a wrong carry chain is noticed" "STYLE 1: 131072 products compared, [1-9][0-9]* wrong" -s tb_mul -Ptb_mul.STYLE=1 \
    $here/tb_mul.v rtl/npu_mul2.v rtl/npu_add_ecp5.v rtl/npu_mul_ecp5_dsp.v $out/wrong.v $(models ecp5)

chained "" "chained: 1000 steps compared, 0 wrong"
case $(yosys -V) in
    *" 0.23 "*) chained -dsp "chained: 1000 steps compared, [1-9][0-9]* wrong" ;;
    *) chained -dsp "chained: 1000 steps compared, .*" ;;  # another version may be right
esac
if grep -rnE '^[^#]*synth_ice40[^#]*-dsp' fpga --include='*.sh' --include='*.py' --include='*.mk' --include='*.ys'; then
    failed=$((failed + 1))
    echo "FAIL a flow passes -dsp to synth_ice40 (see rtl/npu_mul2.v)"
else passed=$((passed + 1)); fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

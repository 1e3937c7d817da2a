#!/bin/sh
# Boards' systems from power-up: what the bitstream holds, a network from the SPI flash's image, result on the UART.
# Synopsis: tests/board/run.sh rtl | netlist | colorlight-i5 | tangnano20k | ulx3s | ulx3s-wide
#   rtl: the digits network, two pictures, every output byte against the C model; images with a byte changed in
#   firmware, microcode and program, and an erased flash, must be refused with the right line.
#   netlist: the same network on the netlist that the bitstream was made from; a damaged firmware.
#   the others: the board's top in the configuration of its bitstream, an SDRAM on its pins, the same network; damaged firmware and
#   program, on the ULX3S an erased flash. (make board-sim, with BOARD=tangnano20k for that one)
#   ulx3s-wide: also a small language model with random weights, its text as ref's; a damaged one.
# Last line: N passed, N failed.   SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")/../.." || exit 1
what=${1-}
case $what in
rtl | netlist) board=icebreaker ;;
colorlight-i5 | tangnano20k | ulx3s | ulx3s-wide) board=$what ;;
*) echo "usage: tests/board/run.sh rtl | netlist | colorlight-i5 | tangnano20k | ulx3s | ulx3s-wide" >&2; exit 2 ;;
esac
sim=build/board/$what/board_sim
dir=build/board/$what/test
network=sw/examples/digits/digits.tflite
passed=0 failed=0
ok() { echo "ok   $what $board $1"; passed=$((passed + 1)); }
bad() { echo "FAIL $what $board $1; rerun: tests/board/run.sh $what"; failed=$((failed + 1)); }
mkdir -p "$dir"
rm -f "$dir/image.bin"
[ -x $sim ] || bad "no $sim: make board-sim"
# shellcheck disable=SC1091
. "fpga/$board/board.conf"

# Flash image with a picture, in $dir/image.bin.
image() {
    FLASH_OUT=$dir fpga/flash_image.sh $board $network "$1" >"$dir/image.log" 2>&1 && mv "$dir/$board.bin" "$dir/image.bin"
}
digit() { # name, picture
    if ! image "$2"; then bad "$1: $(tail -1 "$dir/image.log")"; return; fi
    build/systole run $network --target model --config $config --input "$2" --output "$dir/want.bin" >/dev/null
    want=$(od -An -v -t x1 "$dir/want.bin" | tr -d '\n') bytes='crc32 [0-9a-f]* bytes'
    case $board in ulx3s*) # its firmware says the CRC
        want=$(python3 -c 'import sys, zlib; print(" %08x" % zlib.crc32(open(sys.argv[1], "rb").read()))' "$dir/want.bin") bytes='[0-9]* bytes crc32' ;;
    esac
    if ! $sim "$dir/image.bin" "$flash_offset" >"$dir/uart" 2>"$dir/log"; then
        bad "$1: $(tail -1 "$dir/uart") $(tail -1 "$dir/log")"
    elif [ "$(sed -n "s/^output 0 $bytes//p" "$dir/uart" | tr -d '\r')" != "$want" ]; then
        bad "$1: $(grep '^output' "$dir/uart"), the model says$want"
    else
        ok "$1: $(grep '^prediction' "$dir/uart"), bytes as the model's; $(grep -E '^(npu )?cycles' "$dir/uart" | tr -d '\r'); $(tail -1 "$dir/log")"
    fi
}
# A language model of random weights, drawn from with a temperature: the text between STX and ETX is that of ref.
talks() {
    PYTHONPATH=tests/llm python3 -c 'import sys, run
open(sys.argv[1], "wb").write(run.checkpoint_bytes()), open(sys.argv[2], "wb").write(run.tokenizer_bytes())' "$dir/model.bin" "$dir/tokenizer.bin"
    build/systole generate "$dir/model.bin" --tokenizer "$dir/tokenizer.bin" --prompt "ab b" -n 8 --temperature 1 >"$dir/want.txt"
    if ! FLASH_OUT=$dir fpga/flash_image.sh $board --talk "$dir/model.bin" "$dir/tokenizer.bin" "ab b" -n 8 --temperature 1 >"$dir/image.log" 2>&1; then
        bad "language model: $(tail -1 "$dir/image.log")"
        return
    fi
    mv "$dir/$board.bin" "$dir/image.bin"
    if ! $sim "$dir/image.bin" "$flash_offset" >"$dir/uart" 2>"$dir/log"; then
        bad "language model: $(tail -1 "$dir/uart") $(tail -1 "$dir/log")"
    elif ! python3 - "$dir/uart" "$dir/want.txt" <<'END'
import sys
said, want = (open(name, "rb").read().replace(b"\r", b"") for name in sys.argv[1:])
sys.exit(said.count(b"\x02") != 1 or said.partition(b"\x02")[2].partition(b"\x03")[0] + b"\n" != want or len(want) < 10)
END
    then
        bad "language model: $(tr -d '\r' <"$dir/uart"), ref says $(cat "$dir/want.txt")"
    else
        ok "language model: text as ref's; $(grep '^tokens' "$dir/uart" | tr -d '\r'); $(tail -1 "$dir/log")"
    fi
}
# What the image's section of a kind is changed to must be noticed: name, kind, line.
damaged() {
    if [ ! -f "$dir/image.bin" ]; then bad "$1: no image to damage"; return; fi
    python3 - "$dir/image.bin" "$dir/damaged.bin" "$2" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
kind = int(sys.argv[3])
for i in range(struct.unpack_from("<I", data, 20)[0]):
    section = struct.unpack_from("<5I", data, 32 + 32 * i)
    if section[0] == kind:
        data[section[2] + section[3] // 2] ^= 0x10
if kind == 0:  # an erased flash
    data = bytearray(b"\xff" * 4096)
open(sys.argv[2], "wb").write(data)
END
    $sim "$dir/damaged.bin" "$flash_offset" >"$dir/uart" 2>"$dir/log"
    if grep -q "^SYSTOLE ERROR $3" "$dir/uart"; then ok "$1: refused"; else bad "$1: $(tail -1 "$dir/uart") instead of SYSTOLE ERROR $3"; fi
}
pictures=sw/examples/digits/held_out
if [ -x $sim ]; then
    digit "digit 7" $pictures/7.bin
    case $what in
    ulx3s) ;;
    ulx3s-wide) damaged "firmware with a byte changed" 1 "flash: firmware damaged" ;;
    *) damaged "firmware with a byte changed" 1 "boot: firmware damaged" ;;
    esac
    if [ "$what" = rtl ]; then
        digit "digit 2" $pictures/2.bin
        damaged "microcode with a byte changed" 4 "flash: microcode damaged"
    fi
    [ "$what" = netlist ] || damaged "program with a byte changed" 2 "flash: program damaged"
    case $what in
    rtl) damaged "erased flash" 0 "boot: no image" ;;
    ulx3s) damaged "erased flash" 0 "mailbox word 0" ;;
    ulx3s-wide)
        damaged "erased flash" 0 "flash: no boot image"
        talks
        damaged "language model with a byte changed" 5 "flash: language model damaged" ;;
    esac
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]

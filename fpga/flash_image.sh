#!/bin/sh
# The boot image of a board's SPI flash: a network, compiled for the board's configuration, with its weights, or a language model;
# the firmware too where the bitstream holds the boot stage only (board.conf: firmware=boot, or flash_firmware), and the microcode
# of a small NPU (flash_microcode).
#
# Synopsis: fpga/flash_image.sh BOARD NETWORK [INPUT]...      `make flash-image BOARD=... NETWORK=... INPUT="..."` calls it
#           fpga/flash_image.sh BOARD --talk CHECKPOINT TOKENIZER [PROMPT [OPTION]...]      OPTION: of systole generate, as -n 100
#           (`make flash-image BOARD=... CHECKPOINT=... TOKENIZER=... PROMPT="..." GENERATE="..."`)
# Writes build/flash/BOARD.bin ($FLASH_OUT: a folder instead of build/flash) whole or not at all, says what is in it and how to put it into the flash.
# BOARD: a folder of fpga/ ($FPGA_BOARDS). Its board.conf says flash_offset (bytes; the bitstream lies in front of it) and
# flash_bytes. Exit status 1 with one line when the board has no flash, the network does not compile, or it does not fit, or when
# a language model is to go to a board whose bitstream holds other firmware or no wide rows.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
fail() { printf "flash-image: %s\n" "$*" >&2; exit 1; }

board=${1-} network=${2-}
folder=${FPGA_BOARDS:-fpga}
[ -n "$board" ] && [ -f "$folder/$board/board.conf" ] ||
    fail "no board '$board'; there are: $(ls "$folder"/*/board.conf | sed 's,.*/\(.*\)/board.conf,\1,' | tr '\n' ' ')"
[ -n "$network" ] || fail "no network: make flash-image BOARD=$board NETWORK=model.tflite [INPUT=x.bin], or CHECKPOINT=c.bin TOKENIZER=t.bin PROMPT=..."
shift 2
flash_offset='' flash_bytes='' firmware=firmware loader=openFPGALoader flash_firmware='' flash_microcode=''
# shellcheck disable=SC1090
. "$folder/$board/board.conf"
[ -n "$flash_offset" ] && [ -n "$flash_bytes" ] || fail "$board has no flash to boot from (board.conf: flash_offset, flash_bytes)"
out=${FLASH_OUT:-build/flash}/$board
mkdir -p "${out%/*}"
trap 'rm -f "$out.part"' EXIT
if [ "$network" = --talk ]; then
    [ -n "${1-}" ] && [ -n "${2-}" ] || fail "a language model needs both: CHECKPOINT=model.bin TOKENIZER=tokenizer.bin"
    [ "$firmware" = boot ] || fail "$board: its bitstream has the firmware of networks in it; boards with firmware=boot in board.conf can take that of language models"
    checkpoint=$1 tokenizer=$2 prompt=${3-}
    if [ $# -gt 3 ]; then shift 3; else shift $#; fi
    build/systole generate "$checkpoint" --tokenizer "$tokenizer" --prompt "$prompt" "$@" --config "$config" --image "$out.part" >/dev/null || exit 1
    set --
    flash_firmware=build/firmware/talk.bin contents="--talk $out.part"
else
    build/systole compile "$network" -o "$out.part" --config "$config" >/dev/null || exit 1
    [ "$firmware" != boot ] || flash_firmware=build/firmware/firmware.bin
    contents="--program $out.part"
fi
inputs=
for input; do inputs="$inputs --input $input"; done
[ -z "$flash_firmware" ] || inputs="$inputs --firmware $flash_firmware"
[ -z "$flash_microcode" ] || inputs="$inputs --microcode $flash_microcode"
# shellcheck disable=SC2086
${PYTHON:-python3} scripts/flash_image.py "$out.bin" --room $((flash_bytes - flash_offset)) $contents $inputs
echo "into the flash: $loader --write-flash --offset $flash_offset $out.bin"

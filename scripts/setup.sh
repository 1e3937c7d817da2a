#!/bin/sh
# Install what the project needs and this machine lacks: Debian packages, and a pinned Python venv in build/venv.
#
# Synopsis: scripts/setup.sh          (make calls it; a second run finds everything and costs a fraction of a second)
#           scripts/setup.sh --check  only says what is missing; exit status 1 when something is
#           scripts/setup.sh --tests  also what only the tests need: a browser, to look at the page of `systole run --html`
# Every package is looked for by what it provides, so tools from elsewhere on PATH count too.
# Packages are installed by root or through sudo. Logs: build/setup.log.
#
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
venv=build/venv
log=build/setup.log
fail() { echo "setup: $*" >&2; exit 1; }

# package, then the command or file that proves it is there
PACKAGES='
make                          make
g++                           g++
ccache                        ccache
verilator                     verilator
iverilog                      iverilog
yosys                         yosys
nextpnr-ice40                 nextpnr-ice40
fpga-icestorm                 icepack
clang-format                  clang-format
gcc-riscv64-unknown-elf       riscv64-unknown-elf-gcc
picolibc-riscv64-unknown-elf  /usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs
libcjson-dev                  /usr/include/cjson/cJSON.h
zlib1g-dev                    /usr/include/zlib.h
libprotobuf-c-dev             /usr/include/protobuf-c/protobuf-c.h
protobuf-c-compiler           protoc-c
libonnx-dev                   /usr/include/onnx/onnx.proto
ca-certificates               /etc/ssl/certs/ca-certificates.crt
'
[ "${1-}" != --tests ] || PACKAGES="$PACKAGES
chromium                      chromium
"
# Python >= 3.11 that can make a venv. A python3 earlier on PATH may be another one than Debian's.
find_python() {
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import sys, venv, ensurepip, tomllib' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

missing=
list=$(mktemp) && echo "$PACKAGES" >"$list"
while read -r package proof; do
    case $proof in
        '') ;;
        /*) [ -e "$proof" ] || missing="$missing $package" ;;
        *) command -v "$proof" >/dev/null 2>&1 || missing="$missing $package" ;;
    esac
done <"$list"
rm -f "$list"
[ -x $venv/bin/python ] || [ -n "$(find_python)" ] || missing="$missing python3 python3-venv"

# The venv is current when these very requirements were installed, and the optional ones at least tried.
wanted=$(cat scripts/requirements.txt scripts/requirements-oracle.txt | cksum)
venv_current() { [ "$(cat $venv/.requirements 2>/dev/null)" = "$wanted" ] && $venv/bin/python -c '' 2>/dev/null; }

if [ "${1-}" = --check ]; then
    [ -z "$missing" ] || echo "setup: missing packages:$missing"
    venv_current || { echo "setup: $venv is not current"; exit 1; }
    [ -z "$missing" ]
    exit
fi

: >"$log"
exec 9>build/.setup.lock
if command -v flock >/dev/null 2>&1; then flock 9; fi

if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || fail "missing:$missing (no apt-get here: install them by hand)"
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
        # Without root, what only speeds up or checks the work may be absent.
        for package in $missing; do
            case $package in ccache | clang-format | chromium) ;; *) fail "missing:$missing (run as root, or install sudo)" ;; esac
        done
        echo "setup: doing without$missing (not root, and no sudo)"
        missing=
    fi
fi
if [ -n "$missing" ]; then
    echo "setup: installing Debian packages:$missing"
    # shellcheck disable=SC2086
    apt_install() {
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
            --no-install-recommends $missing >>"$log" 2>&1 </dev/null
    }
    if ! apt_install; then # no package lists yet, or stale ones
        echo "setup: fetching Debian's package lists"
        $sudo apt-get -q -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 </dev/null ||
            fail "apt-get update failed: no network? (see $log)"
        apt_install || fail "could not install$missing: $(grep '^E:' "$log" | tail -1); no network? (see $log)"
    fi
fi

if ! venv_current; then
    if ! $venv/bin/python -c 'import pip' 2>/dev/null; then
        python=$(find_python)
        [ -n "$python" ] || fail "no Python >= 3.11 with the venv module (Debian: python3, python3-venv)"
        rm -rf $venv
        "$python" -m venv $venv >>"$log" 2>&1 || fail "could not make $venv (see $log)"
    fi
    pip="$venv/bin/python -m pip --disable-pip-version-check --no-input -q install"
    echo "setup: installing into $venv:" $(sed '/^#/d' scripts/requirements.txt)
    $pip -r scripts/requirements.txt >>"$log" 2>&1 </dev/null ||
        fail "pip could not install scripts/requirements.txt: no network? (see $log)"
    echo "setup: installing into $venv, optional:" $(sed '/^#/d' scripts/requirements-oracle.txt)
    $pip -r scripts/requirements-oracle.txt >>"$log" 2>&1 </dev/null ||
        echo "setup: tflite-micro (the outside oracle) is not to be had here: its tests will be skipped (see $log)"
    echo "$wanted" >$venv/.requirements
fi

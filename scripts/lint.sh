#!/bin/sh
# Static checks of everything hand-written; prints nothing and exits 0 when all is clean.
#
#   Verilog  verilator --lint-only -Wall on rtl/npu.f, in every configuration of spec/gen
#   C        clang-format against .clang-format
#   Python   compiles
#   shell    sh -n / bash -n
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/.."
status=0

# Paths in a file list are relative to the repository root; npu_top takes its configuration as parameters.
if [ -e rtl/npu.f ]; then
    for config in spec/gen/config_*.vh; do
        parameters=$(sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-G\1=\2/p' "$config")
        # shellcheck disable=SC2046,SC2086
        if ! out=$(verilator --lint-only -Wall --top-module npu_top -Ispec/gen -Irtl $parameters \
            $(ls rtl/*.vlt 2>/dev/null) -f rtl/npu.f 2>&1) || [ -n "$out" ]; then
            echo "lint: rtl/npu.f with $config:"
            echo "$out" | head -40
            status=1
        fi
    done
fi

git ls-files '*.c' '*.h' '*.cc' '*.cpp' | grep -v '^spec/gen/' >build/lint.files
xargs -r clang-format --dry-run -Werror <build/lint.files 2>&1 | grep -E 'error|warning' | head -40 | tee build/lint.out
[ ! -s build/lint.out ] || status=1

git ls-files '*.py' | xargs -r build/venv/bin/python -c '
import sys
for name in sys.argv[1:]:
    compile(open(name, encoding="utf-8").read(), name, "exec")
' || status=1

for script in $(git ls-files '*.sh' .ci/run); do
    bash -n "$script" || status=1
done
exit $status

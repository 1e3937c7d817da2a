#!/bin/sh
# Static checks of everything hand-written; prints nothing and exits 0 when all is clean.
#
#   Verilog  verilator --lint-only -Wall on rtl/npu.f and rtl/soc/soc.f, in every configuration of spec/gen
#   C        clang-format against .clang-format
#   Python   compiles
#   shell    sh -n / bash -n
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/.."
status=0

# A file list is read from the repository root; the configuration's macros come first, as in every build.
for list in rtl/npu.f rtl/soc/soc.f; do
    [ -e "$list" ] || continue
    for config in spec/gen/config_*.vh; do
        waivers=$(ls rtl/*.vlt rtl/soc/*.vlt 2>/dev/null)
        # shellcheck disable=SC2086
        if ! out=$(verilator --lint-only -Wall -sv -Ispec/gen $waivers "$config" -f "$list" 2>&1) || [ -n "$out" ]; then
            echo "lint: $list with $config:"
            echo "$out" | head -40
            status=1
        fi
    done
done

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

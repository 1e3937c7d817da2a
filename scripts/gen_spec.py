#!/usr/bin/env python3
"""Generate the C header, the Verilog headers and the reference from spec/npu.toml.

Usage: gen_spec.py [--check]
  writes spec/gen/npu_spec.h, spec/gen/npu_spec.vh, spec/gen/config_NAME.vh, docs/reference.md;
  with --check writes nothing and exits 1, naming each file that differs from its source.
SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import pathlib
import sys
import tomllib

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "spec" / "npu.toml"
COUNTER_BASE = 0x100


def check(spec):
    """Overlapping or out-of-range fields are errors in the specification itself."""
    for cmd in spec["command"]:
        used = {}
        for name, word, lsb, width, sign, _ in cmd["fields"]:
            if not (0 <= word < 16 and lsb + width <= 32 and sign in "us"):
                sys.exit(f"{SOURCE.name}: {cmd['name']}.{name}: field outside its word")
            if word == 0 and lsb < 16:
                sys.exit(f"{SOURCE.name}: {cmd['name']}.{name}: overlaps the command header")
            for bit in range(lsb, lsb + width):
                if (word, bit) in used:
                    sys.exit(f"{SOURCE.name}: {cmd['name']}.{name} overlaps {used[word, bit]}")
                used[word, bit] = name
    for name, shared in spec["vector"].items():
        if len({vector_field(spec, of) for of in shared}) != 1:
            sys.exit(f"{SOURCE.name}: vector.{name}: {', '.join(shared)} are not the same bits")
    for name, word, lsb, width, *_ in spec["trace"]["fields"]:
        if not (0 <= word < spec["trace"]["words"] < 8 and lsb + width <= 32):
            sys.exit(f"{SOURCE.name}: trace.{name}: field outside its word")
    for cfg in spec["config"]:
        n, lanes = cfg["n"], cfg["lanes"]
        pow2 = all(v & (v - 1) == 0 for v in (n, lanes, cfg["sp_words"], cfg["sp_banks"], cfg["acc_depth"]))
        records = cfg.setdefault("trace_records", 0)
        if cfg.setdefault("matmul", 0) not in (0, 1):
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: matmul: want 0 or 1")
        wide = cfg.setdefault("wide_lanes", 0)
        if wide not in (0, 1, 2, 4) or 4 * wide > n:
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: wide_lanes: want 1, 2 or 4, at most n/4, or none")
        if records and (records & (records - 1) or not 16 <= records <= 32768):
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: trace_records: want a power of two from 16 to 32768, or none")
        if cfg.setdefault("softmax", 1) not in (0, 1):
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: softmax: want 0 or 1")
        if cfg.setdefault("norm", 0) not in (0, 1):
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: norm: want 0 or 1")
        if not pow2 or lanes > n or cfg["fir_groups"] * cfg["fir_taps"] > n:
            sys.exit(f"{SOURCE.name}: configuration {cfg['name']}: parameters out of range")


def vector_field(spec, of):
    """First bit and width of the field COMMAND.name."""
    command, field = of.split(".")
    return next((word * 32 + lsb, width) for cmd in spec["command"] if cmd["name"] == command
                for name, word, lsb, width, *_ in cmd["fields"] if name == field)


def words(cmd):
    """32-bit words of a command in memory: up to the last field, an even number."""
    last = max(word for _, word, *_ in cmd["fields"])
    return (last + 2) // 2 * 2


def c_header(spec, digest):
    meta = spec["meta"]
    major, minor, patch = meta["version"]
    out = [
        "/* Registers, commands and configurations of the NPU. Generated from spec/npu.toml by",
        " * scripts/gen_spec.py: do not edit. SPDX-License-Identifier: Apache-2.0 */",
        "#ifndef NPU_SPEC_H", "#define NPU_SPEC_H", "", "#include <stdint.h>", "",
        f"#define NPU_ID 0x{meta['id']:08x}u",
        f"#define NPU_VERSION 0x{major << 16 | minor << 8 | patch:08x}u",
        f"#define NPU_SPEC_HASH 0x{digest}u",
        f"#define NPU_CMD_BYTES {meta['cmd_bytes']}",
        f"#define NPU_CMD_WORDS {meta['cmd_bytes'] // 4}",
        f"#define NPU_REGIONS {meta['regions']}",
        f"#define NPU_PARAM_WORDS {meta['param_words']}",
        f"#define NPU_NORM_WORDS {meta['norm_words']}",
        "/* Scratchpad words of a parameter block; uniform: bias int32[n], mult int32, shift int8. */",
        "static inline uint32_t npu_param_words(uint32_t n, uint32_t uniform) {",
        "    return uniform ? 4 + (5 + n - 1) / n : NPU_PARAM_WORDS;", "}", "",
        "/* Units: queues of the sequencer, and the bits of wait_from / signal_to. */",
        "typedef enum {"]
    out += [f"    NPU_UNIT_{u['name'].upper()} = {u['index']}," for u in spec["unit"]]
    out += ["} npu_unit_t;", "#define NPU_QUEUES 4", "", "typedef enum {"]
    out += [f"    NPU_ERR_{e['name'].upper()} = {e['code']}, /* {e['doc']} */" for e in spec["error"]]
    out += ["} npu_error_code_t;", "", "/* Register byte offsets. */"]
    for reg in spec["register"]:
        if "count" in reg:
            out.append(f"#define NPU_REG_{reg['name']}(i) (0x{reg['offset']:03x}u + {reg['stride']}u * (i))")
        else:
            out.append(f"#define NPU_REG_{reg['name']} 0x{reg['offset']:03x}u")
    out += ["", "/* Counters: 64 bits at NPU_REG_COUNTER(index), low word first. */",
            f"#define NPU_REG_COUNTER(i) (0x{COUNTER_BASE:03x}u + 8u * (i))", "typedef enum {"]
    out += [f"    NPU_CNT_{c['name']} = {i}, /* {c['doc']} */" for i, c in enumerate(spec["counter"])]
    out += ["    NPU_CNT_COUNT", "} npu_counter_t;", "",
            "#define NPU_CTRL_START 1u", "#define NPU_CTRL_RESET 2u",
            "#define NPU_STATUS_BUSY 1u", "#define NPU_STATUS_DONE 2u", "#define NPU_STATUS_ERROR 4u",
            "/* Bits of a program's header; SOFTMAX also of CONFIG1, NORM of CONFIG0. */",
            "#define NPU_FEATURE_MATMUL 1u", "#define NPU_FEATURE_SOFTMAX 0x10000000u", "#define NPU_FEATURE_NORM 0x00200000u", "",
            "#define NPU_REGION_READ 1u", "#define NPU_REGION_WRITE 2u", "",
            "/* A configuration; npu_configs lists the named ones. */",
            "typedef struct {", "    const char *name;", "    uint32_t n, lanes, sp_words, sp_banks, acc_depth, fir_groups, fir_taps, matmul, trace_records, wide_lanes, softmax, norm;",
            "} npu_config_t;", f"#define NPU_CONFIG_COUNT {len(spec['config'])}",
            "static const npu_config_t npu_configs[NPU_CONFIG_COUNT] = {"]
    for c in spec["config"]:
        out.append(f"    {{\"{c['name']}\", {c['n']}, {c['lanes']}, {c['sp_words']}, {c['sp_banks']}, "
                   f"{c['acc_depth']}, {c['fir_groups']}, {c['fir_taps']}, {c['matmul']}, {c['trace_records']}, {c['wide_lanes']}, {c['softmax']}, {c['norm']}}}, /* {c['doc']} */")
    out += ["};", "", "typedef enum {"]
    out += [f"    NPU_OP_{c['name']} = 0x{c['opcode']:02x}," for c in spec["command"]]
    out += ["} npu_opcode_t;", "",
            "/* Words of a command in the list (the rest of NPU_CMD_WORDS is not stored); 0: no such opcode. */",
            "static inline uint32_t npu_cmd_words(uint32_t opcode) {", "    switch (opcode) {"]
    out += [f"    case NPU_OP_{c['name']}: return {words(c)};" for c in spec["command"]]
    out += ["    default: return 0;", "    }", "}", "",
            "/* The unit (npu_unit_t) whose queue a command goes to; an unknown opcode stays with the sequencer. */",
            "static inline uint32_t npu_cmd_unit(uint32_t opcode) {", "    switch (opcode) {"]
    out += [f"    case NPU_OP_{c['name']}: return NPU_UNIT_{c['unit'].upper()};" for c in spec["command"]]
    out += ["    default: return NPU_UNIT_SEQUENCER;", "    }", "}",
            "/* Whether the configuration has what a command of its unit needs. */",
            "static inline int npu_config_has(const npu_config_t *config, uint32_t opcode) {", "    switch (opcode) {"]
    for need in sorted({c["needs"] for c in spec["command"] if "needs" in c}):
        out += [f"    case NPU_OP_{c['name']}:" for c in spec["command"] if c.get("needs") == need]
        out += [f"        return config->{need} != 0;"]
    out += ["    default: return 1;", "    }", "}",
            "static inline const char *npu_cmd_name(uint32_t opcode) {", "    switch (opcode) {"]
    out += [f"    case NPU_OP_{c['name']}: return \"{c['name']}\";" for c in spec["command"]]
    out += ["    default: return \"?\";", "    }", "}", "",
            "/* The command list: each command takes its own number of little-endian words. npu_list_put appends one and returns the",
            " * bytes written; npu_list_get reads one from `left` bytes, the words not stored as 0, and returns its bytes: 8 for an unknown",
            " * opcode, 0 when the list ends within the command. */",
            "static inline uint32_t npu_list_put(const uint32_t *w, uint8_t *list) {",
            "    uint32_t n = npu_cmd_words(w[0] & 0xffu);", "    n = n == 0 ? 2 : n;",
            "    for (uint32_t i = 0; i < 4 * n; i++) list[i] = (uint8_t)(w[i / 4] >> (i % 4 * 8));", "    return 4 * n;", "}",
            "static inline uint32_t npu_list_get(const uint8_t *list, uint32_t left, uint32_t *w) {",
            "    uint32_t n = left < 8 ? 0 : npu_cmd_words(list[0]);", "    n = n == 0 ? 2 : n;",
            "    for (uint32_t i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;", "    if (4 * n > left) return 0;",
            "    for (uint32_t i = 0; i < 4 * n; i++) w[i / 4] |= (uint32_t)list[i] << (i % 4 * 8);", "    return 4 * n;", "}", "",
            "/* Header of every command. */",
            "static inline uint32_t npu_cmd_opcode(const uint32_t *w) { return w[0] & 0xffu; }",
            "static inline uint32_t npu_cmd_wait(const uint32_t *w) { return (w[0] >> 8) & 0xfu; }",
            "static inline uint32_t npu_cmd_signal(const uint32_t *w) { return (w[0] >> 12) & 0xfu; }",
            "static inline void npu_cmd_set_tokens(uint32_t *w, uint32_t wait_from, uint32_t signal_to) {",
            "    w[0] = (w[0] & ~0xff00u) | (wait_from & 0xfu) << 8 | (signal_to & 0xfu) << 12;", "}", ""]
    for cmd in spec["command"]:
        low = cmd["name"].lower()
        out += [f"/* {cmd['doc']} */", "typedef struct {"]
        for name, _, _, width, sign, doc in cmd["fields"]:
            out.append(f"    {'int32_t' if sign == 's' else 'uint32_t'} {name}; /* {doc} */")
        out += [f"}} npu_cmd_{low}_t;",
                f"static inline void npu_pack_{low}(const npu_cmd_{low}_t *c, uint32_t *w) {{",
                "    for (int i = 0; i < NPU_CMD_WORDS; i++) w[i] = 0;",
                f"    w[0] = NPU_OP_{cmd['name']};"]
        for name, word, lsb, width, _, _ in cmd["fields"]:
            mask = (1 << width) - 1
            value = f"((uint32_t)c->{name} & 0x{mask:x}u)" if width < 32 else f"(uint32_t)c->{name}"
            out.append(f"    w[{word}] |= {value}{f' << {lsb}' if lsb else ''};")
        out += ["}", f"static inline void npu_unpack_{low}(const uint32_t *w, npu_cmd_{low}_t *c) {{"]
        for name, word, lsb, width, sign, _ in cmd["fields"]:
            raw = f"(w[{word}] >> {lsb})" if lsb else f"w[{word}]"
            if width < 32:
                raw = f"({raw} & 0x{(1 << width) - 1:x}u)"
            if sign == "s":
                raw = f"(int32_t){raw}" if width == 32 else f"(int{width}_t){raw}"
            out.append(f"    c->{name} = {raw};")
        out += ["}", ""]
    out += c_trace(spec["trace"])
    out += ["#endif"]
    return "\n".join(out) + "\n"


def c_trace(trace):
    out = ["/* A record of the trace: what TRACE_DATA reads. */", f"#define NPU_TRACE_WORDS {trace['words']}", "typedef struct {"]
    out += [f"    uint32_t {name}; /* {doc} */" for name, _, _, _, _, doc in trace["fields"]]
    out += ["} npu_trace_record_t;", "static inline void npu_unpack_trace(const uint32_t *w, npu_trace_record_t *r) {"]
    for name, word, lsb, width, _, _ in trace["fields"]:
        out.append(f"    r->{name} = w[{word}] >> {lsb} & 0x{(1 << width) - 1:x}u;")
    return out + ["}", ""]


def v_header(spec, digest):
    meta = spec["meta"]
    major, minor, patch = meta["version"]
    out = ["// Registers and commands of the NPU, as macros (a macro unused draws no warning).",
           "// NPU_F_COMMAND_FIELD is the bit range of a field within the 512-bit command.",
           "// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.",
           "// SPDX-License-Identifier: Apache-2.0",
           "`ifndef NPU_SPEC_VH", "`define NPU_SPEC_VH",
           f"`define NPU_ID 32'h{meta['id']:08x}",
           f"`define NPU_VERSION 32'h{major << 16 | minor << 8 | patch:08x}",
           f"`define NPU_SPEC_HASH 32'h{digest}",
           f"`define NPU_CMD_BYTES {meta['cmd_bytes']}", f"`define NPU_CMD_BITS {meta['cmd_bytes'] * 8}",
           f"`define NPU_PARAM_WORDS {meta['param_words']}", f"`define NPU_NORM_WORDS {meta['norm_words']}",
           "`define NPU_F_OPCODE 7:0", "`define NPU_F_WAIT 11:8", "`define NPU_F_SIGNAL 15:12"]
    out += [f"`define NPU_UNIT_{u['name'].upper()} 4'd{u['index']}" for u in spec["unit"]]
    out += [f"`define NPU_ERR_{e['name'].upper()} 8'd{e['code']}" for e in spec["error"]]
    out += [f"`define NPU_REG_{r['name']} 12'h{r['offset']:03x}" for r in spec["register"]]
    out += [f"`define NPU_REG_COUNTER 12'h{COUNTER_BASE:03x}", f"`define NPU_COUNTERS {len(spec['counter'])}"]
    out += [f"`define NPU_CNT_{c['name']} {i}" for i, c in enumerate(spec["counter"])]
    out.append(f"`define NPU_TRACE_WORDS 3'd{spec['trace']['words']}")
    out += [f"`define NPU_T_{name.upper()} {32 * word + lsb + width - 1}:{32 * word + lsb}"
            for name, word, lsb, width, _, _ in spec["trace"]["fields"]]
    for cmd in spec["command"]:
        out.append(f"`define NPU_OP_{cmd['name']} 8'h{cmd['opcode']:02x}")
        out.append(f"`define NPU_BEATS_{cmd['name']} 3'd{words(cmd) // 2}")
        for name, word, lsb, width, _, _ in cmd["fields"]:
            base = word * 32 + lsb
            rng = f"{base + width - 1}:{base}" if width > 1 else f"{base}"
            out.append(f"`define NPU_F_{cmd['name']}_{name.upper()} {rng}")
    out.append("`define NPU_FEATURE_SOFTMAX 32'h10000000")
    for name, shared in spec["vector"].items():
        base, width = vector_field(spec, shared[0])
        out.append(f"`define NPU_F_VECTOR_{name.upper()} {base + width - 1}:{base}")
    out += ["`endif"]
    return "\n".join(out) + "\n"


def v_config(cfg):
    keys = ("n", "lanes", "sp_words", "sp_banks", "acc_depth", "fir_groups", "fir_taps", "matmul", "trace_records", "wide_lanes", "softmax", "norm")
    out = [f"// Configuration {cfg['name']}: {cfg['doc']}.",
           "// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.",
           "// SPDX-License-Identifier: Apache-2.0"]
    out += [f"`define NPU_CFG_{k.upper()} {cfg[k]}" for k in keys]
    return "\n".join(out) + "\n"


def reference(spec, digest):
    out = ["# Register and command reference", "",
           "Generated from `spec/npu.toml` by `scripts/gen_spec.py`: do not edit. What a command does is in [isa.md](isa.md).",
           "", f"Spec hash `0x{digest}`.", "", "## Configurations", "",
           "| name | N | lanes | scratchpad words | banks | accumulators per half | FIR groups x taps | matmul | trace records | wide lanes | norm | for |",
           "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    out += [f"| `{c['name']}` | {c['n']} | {c['lanes']} | {c['sp_words']} | {c['sp_banks']} | {c['acc_depth']} | "
            f"{c['fir_groups']} x {c['fir_taps']} | {'yes' if c['matmul'] else '–'} | {c['trace_records'] or '–'} | {c['wide_lanes'] or '–'} | {'yes' if c['norm'] else '–'} | {c['doc']} |" for c in spec["config"]]
    out += ["", "## Registers", "", "| offset | name | access | meaning |", "|---|---|---|---|"]
    for r in spec["register"]:
        off = f"0x{r['offset']:03x}" + (f" + {r['stride']}·i, i < {r['count']}" if "count" in r else "")
        out.append(f"| {off} | {r['name']} | {r['access']} | {r['doc']} |")
    out += [f"| 0x{COUNTER_BASE + 8 * i:03x} | CNT_{c['name']} | ro | {c['doc']} (64 bits) |"
            for i, c in enumerate(spec["counter"])]
    out += ["", "## Trace records", "", "Read from TRACE_DATA; [isa.md](isa.md) says what is counted when.", "",
            "| field | word | bits | meaning |", "|---|---|---|---|"]
    out += [f"| {n} | {w} | {l + wd - 1}:{l} | {d} |" for n, w, l, wd, _, d in spec["trace"]["fields"]]
    out += ["", "## Errors", "", "| code | name | meaning |", "|---|---|---|"]
    out += [f"| {e['code']} | {e['name']} | {e['doc']} |" for e in spec["error"]]
    out += ["", "## Commands", "", "Word 0 of every command: opcode [7:0], wait_from [11:8], signal_to [15:12]; "
            "bit *u* stands for unit *u* (0 load, 1 array, 2 vector, 3 store).", ""]
    for c in spec["command"]:
        needs = f", needs {c['needs']}" if "needs" in c else ""
        out += [f"### {c['name']} (0x{c['opcode']:02x}, {c['unit']} unit, {4 * words(c)} bytes{needs})", "", c["doc"] + ".", "",
                "| field | word | bits | type | meaning |", "|---|---|---|---|---|"]
        out += [f"| {n} | {w} | {l + wd - 1}:{l} | {'int' if s == 's' else 'uint'}{wd} | {d} |"
                for n, w, l, wd, s, d in c["fields"]]
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def main():
    text = SOURCE.read_bytes()
    spec = tomllib.loads(text.decode())
    check(spec)
    digest = hashlib.sha256(text).hexdigest()[:8]
    files = {"spec/gen/npu_spec.h": c_header(spec, digest), "spec/gen/npu_spec.vh": v_header(spec, digest),
             "docs/reference.md": reference(spec, digest)}
    files |= {f"spec/gen/config_{c['name']}.vh": v_config(c) for c in spec["config"]}
    stale = []
    for name, content in files.items():
        path = ROOT / name
        if path.exists() and path.read_text() == content:
            continue
        stale.append(name)
        if "--check" not in sys.argv[1:]:
            out_file.folder(path.parent)
            out_file.write(path, content)
    if stale and "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{n}: differs from spec/npu.toml; run scripts/gen_spec.py" for n in stale))


if __name__ == "__main__":
    main()

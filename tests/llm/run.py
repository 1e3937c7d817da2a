#!/usr/bin/env python3
"""Suite: language models on the golden model.

Synopsis: tests/llm/run.py [--systole build/asan/systole] [--rtl] [--soc]
          --rtl: only the steps on the RTL (build/rtl/npu16w), with random memory stalls too
          --soc: only the text that the soft-core makes (build/soc/npu16w, build/firmware/talk.bin)

  quality   scripts/bench_llm.py: the integer decoder against the float network, teacher-forced, within the bounds below
  model     command lists on the C model of the NPU, which checks their order: every logit equal to ref's, over shapes and configurations
  text      prompts, seeds, lengths: what must repeat repeats, what is cut is cut there; the same with and without --weights int4
  refused   wrong checkpoints, tokenizers, prompts, options: one line that says what, exit status 1 or 2, nothing written
Models: $SYSTOLE_MODELS, else ../shared/models (skipped, saying so, where absent), and random ones made here.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import bench_llm  # noqa: E402

# (model, weights): least share of equal best tokens, largest ratio of the perplexities
BOUNDS = {("stories260K", "int8"): (0.95, 1.02), ("stories260K", "int4"): (0.88, 1.10), ("kjv260K", "int8"): (0.95, 1.02),
          ("kjv260K", "int4"): (0.80, 1.10)}
sums = [0, 0, 0]


def check(what, good, why=""):
    sums[0 if good else 1] += 1
    if not good:
        print(f"FAIL {what}: {why}; rerun: make test ONLY=llm")


def generate(*arguments, timeout=120):
    return subprocess.run([str(options.systole), "generate", *map(str, arguments)], capture_output=True, timeout=timeout)


def test_quality():
    for name, checkpoint, tokens, following in bench_llm.cases():
        for weights in ("int8", "int4"):
            r = bench_llm.measure(options.systole, checkpoint, tokens[:len(following)], following, weights)
            least, most = BOUNDS[name, weights]
            check(f"quality {name} {weights}", r["agreement"] >= least and r["ratio"] <= most,
                  f"same best token {r['agreement']:.3f} (at least {least}), perplexity ratio {r['ratio']:.4f} (at most {most})")


def header(dim=16, hidden=24, layers=2, heads=2, kv_heads=1, vocab=300, context=32):
    return struct.pack("<7i", dim, hidden, layers, heads, kv_heads, vocab, context)


def checkpoint_bytes(seed=1, **shape):
    head = header(**shape)
    dim, hidden, layers, heads, kv_heads, vocab, context = struct.unpack("<7i", head)
    kv, own = dim // heads * kv_heads, vocab < 0
    vocab = abs(vocab)
    rng = np.random.default_rng(seed)
    sizes = [vocab * dim, layers * dim, layers * dim * dim, layers * kv * dim, layers * kv * dim, layers * dim * dim, layers * dim,
             layers * hidden * dim, layers * hidden * dim, layers * hidden * dim, dim, context * (dim // heads), vocab * dim if own else 0]
    return head + b"".join(rng.normal(0, 1 if i in (1, 6, 10) else 0.3, n).astype("<f4").tobytes() for i, n in enumerate(sizes))


def tokenizer_bytes(n=300):
    pieces = [b"<unk>", b"\n<s>\n", b"\n</s>\n"] + [b"<0x%02X>" % i for i in range(256)] + [b" ", b"a", b"b", b"ab", b" ab", b"abab"]
    pieces += [b"p%d" % i for i in range(len(pieces), n)]
    return struct.pack("<i", max(map(len, pieces))) + b"".join(struct.pack("<fi", -i, len(p)) + p for i, p in enumerate(pieces[:n]))


def test_model(folder):
    """Positions on both sides of block borders; heads smaller and larger than a block, shared and not; blocks that are not full."""
    model, given, out = folder / "model.bin", folder / "tokens.bin", folder / "logits.npy"
    os.environ["NPU_MODEL_CHECK_ORDER"] = "1"
    (folder / "tok.bin").write_bytes(tokenizer_bytes())
    shapes = [dict(), dict(dim=48, heads=2, kv_heads=2, hidden=50, layers=1, vocab=-300), dict(dim=96, heads=2, kv_heads=1, hidden=17, context=70),
              dict(dim=64, heads=8, kv_heads=2, hidden=400, layers=1, context=70), dict(dim=512, heads=16, kv_heads=4, hidden=520, layers=1, context=20),
              # prompts whose gated rows pass through memory; a head at once, two
              dict(dim=64, heads=4, kv_heads=4, hidden=1003, layers=1, context=70), dict(dim=96, heads=12, kv_heads=6, hidden=770, layers=2, context=70)]
    for seed, shape in enumerate(shapes):
        model.write_bytes(checkpoint_bytes(seed, **shape))
        count = min(shape.get("context", 32), 70)
        np.random.default_rng(seed).integers(0, 300, count).astype("<i4").tofile(given)
        for config in ("npu16w", "npu8,wide_lanes=2", "npu32,wide_lanes=4", "npu16,wide_lanes=1,acc_depth=128,sp_words=4096"):
            weights = ("int8", "int4")[seed % 2]
            done = generate(model, "--tokens", given, "--logits", out, "--target", "model", "--config", config, "--weights", weights, "--stats")
            check(f"model {shape} {config}", done.returncode == 0 and b"every logit equal to ref" in done.stderr, done.stderr[-300:])
            # a prompt runs many positions to a list; the text behind it sees their keys and values
            room = min(shape.get("context", 32), 70)
            done = generate(model, "--tokenizer", folder / "tok.bin", "--prompt", "a b" * ((room - 8) // 3), "-n", 4, "--target", "model", "--config",
                            config, "--weights", weights, "--stats")
            check(f"model prompt {shape} {config}", done.returncode == 0 and b"every logit equal to ref" in done.stderr, done.stderr[-300:])
    del os.environ["NPU_MODEL_CHECK_ORDER"]
    # two lists, the first of which only fills the caches, in two parts that share the units
    model.write_bytes(checkpoint_bytes(dim=288, heads=6, kv_heads=6, hidden=768, layers=2, context=128))
    (np.arange(128) % 300).astype("<i4").tofile(given)
    done = generate(model, "--tokens", given, "--target", "model", "--report", folder / "fill.json")
    r = json.loads((folder / "fill.json").read_text()) if done.returncode == 0 else {}
    share = r.get("fill_macs", 0) / 256 / r.get("fill_cycles_predicted", 1)
    check("prompt's share of the array", r.get("bit_exact") is True and r["fill_tokens"] == 64 and share >= 0.68, f"{share:.3f}: {r} {done.stderr[-300:]}")
    model.write_bytes(checkpoint_bytes(dim=12, heads=2, kv_heads=1))
    given.write_bytes(struct.pack("<i", 1))
    refuse("heads that fill no words", [model, "--tokens", given, "--logits", out, "--target", "model", "--config", "npu16w"], ["heads of 6"])
    refuse("no wide lanes", [model, "--tokens", given, "--logits", out, "--target", "model", "--config", "npu4"], ["wide"])


def test_rtl(folder):
    model, given, out = folder / "model.bin", folder / "tokens.bin", folder / "logits.npy"
    shapes = [(dict(), 20, "0"), (dict(dim=96, heads=2, kv_heads=1, hidden=50, layers=1, vocab=-300), 3, "30"),
              (dict(dim=64, heads=8, kv_heads=2, hidden=400, layers=1, context=70), 6, "0"),
              (dict(dim=64, heads=4, kv_heads=4, hidden=770, layers=1, context=48), 2, "20")]
    for seed, (shape, count, stalls) in enumerate(shapes):
        model.write_bytes(checkpoint_bytes(seed, **shape))
        np.random.default_rng(seed).integers(0, 300, count).astype("<i4").tofile(given)
        os.environ["SYSTOLE_STALL"] = stalls
        report = folder / "report.json"
        done = generate(model, "--tokens", given, "--logits", out, "--target", "rtl", "--stats", "--report", report, timeout=600)
        good = done.returncode == 0 and b"every logit equal to ref" in done.stderr
        r = json.loads(report.read_text()) if good else {}
        check(f"rtl {shape} stalls {stalls} %", good, done.stderr[-300:])
        (folder / "tok.bin").write_bytes(tokenizer_bytes())
        done = generate(model, "--tokenizer", folder / "tok.bin", "--prompt", "a b" * ((min(shape.get("context", 32), 70) - 8) // 3), "-n", 2, "--target", "rtl",
                        "--stats", timeout=600)
        check(f"rtl prompt {shape} stalls {stalls} %", done.returncode == 0 and b"every logit equal to ref" in done.stderr, done.stderr[-300:])
        if stalls == "0" and good:
            check(f"rtl {shape}: cycles as predicted", abs(r["cycles_predicted"] / r["cycles_total"] - 1) < 0.08,
                  f"{r['cycles_predicted']} predicted, {r['cycles_total']} measured")


def soc(what, arguments, stalls="0"):
    """The same text as ref's, over the UART, and every logit compared; the same report but for the cycles."""
    reports = [pathlib.Path(arguments[0]).parent / f"{what.replace(' ', '-')}-{target}.json" for target in ("ref", "soc")]
    ref = generate(*arguments, "--report", reports[0])
    os.environ["SYSTOLE_STALL"] = stalls
    done = generate(*arguments, "--target", "soc", "--stats", "--report", reports[1], timeout=900)
    del os.environ["SYSTOLE_STALL"]
    good = ref.returncode == 0 and done.returncode == 0 and done.stdout == ref.stdout and b"every logit equal to ref" in done.stderr
    check(f"soc {what}", good, f"{done.stdout[-200:]!r} {done.stderr[-300:]!r}, ref {ref.stdout[-200:]!r}")
    if good:
        a, b = (json.loads(r.read_text()) for r in reports)
        check(f"soc {what}: report", all(a[k] == b[k] for k in ("tokens_prompt", "tokens_generated", "macs")) and b["bit_exact"] is True and
              0 < b["cycles_driver"] < b["cycles_total"], str(b)[:300])
        npu = b["cycles_total"] - b["cycles_driver"]
        if stalls == "0":  # without the driver's own time between doorbell and interrupt
            check(f"soc {what}: cycles as predicted", 0.9 < npu / b["cycles_predicted"] < 1.1, f"{npu} of the NPU, {b['cycles_predicted']} predicted")


def test_soc(folder):
    kjv, stories = folder / "kjv", bench_llm.MODELS / "stories260K"
    kjv.mkdir()
    for name in ("kjv260K.bin", "kjv_tok512.bin"):
        (kjv / name).write_bytes((ROOT / "sw/examples/kjv" / name).read_bytes())
    given = [kjv / "kjv260K.bin", "--tokenizer", kjv / "kjv_tok512.bin"]
    soc("kjv greedy", [*given, "--prompt", "And the LORD said unto", "-n", "4"])
    soc("kjv temperature", [*given, "--prompt", "In the be\u00e9ginning", "-n", "2", "--temperature", "0.9", "--top-p", "1", "--seed", "5"])
    if stories.exists():
        for name in ("stories260K.bin", "tok512.bin"):
            (folder / name).write_bytes((stories / name).read_bytes())
        soc("stories260K top-p", [folder / "stories260K.bin", "--tokenizer", folder / "tok512.bin", "-n", "3", "--temperature", "1", "--seed", "3"])
        soc("stories260K int4", [folder / "stories260K.bin", "--tokenizer", folder / "tok512.bin", "--prompt", "One day", "-n", "2", "--weights", "int4"])
    else:
        sums[2] += 1
        print(f"SKIP stories260K: not in {bench_llm.MODELS}")
    model, tok, tokens, out = folder / "model.bin", folder / "tok.bin", folder / "tokens.bin", folder / "logits.npy"
    model.write_bytes(checkpoint_bytes(7, dim=64, heads=8, kv_heads=2, hidden=400, layers=1, context=40))
    tok.write_bytes(tokenizer_bytes())
    soc("prompt of many positions, stalls", [model, "--tokenizer", tok, "--prompt", "a b" * 7, "-n", 5, "--seed", 2, "--temperature", "1.3"], "30")
    np.random.default_rng(1).integers(0, 300, 18).astype("<i4").tofile(tokens)
    wanted = bench_llm.integer_logits(options.systole, model, np.fromfile(tokens, "<i4"), "int8")
    done = generate(model, "--tokens", tokens, "--logits", out, "--target", "soc", timeout=900)
    check("soc given tokens", done.returncode == 0 and done.stdout == b"" and np.array_equal(np.load(out), wanted), done.stderr[-300:])
    one_line = [model, "--tokenizer", tok, "--target", "soc", "--prompt"]
    refuse("soc: prompt longer than the context", [*one_line, "b " * 50], ["prompt", "40"])
    refuse("soc: no such simulator", [*one_line, "b", "--config", "npu16w,acc_depth=256"], ["make soc CONFIG=npu16w,acc_depth=256"])
    refuse("soc: no wide lanes", [*one_line, "b", "--config", "npu16"], ["wide"])


def test_text(folder):
    model, tok, report = folder / "model.bin", folder / "tok.bin", folder / "report.json"
    tok.write_bytes(tokenizer_bytes())
    shapes = [dict(), dict(vocab=-300), dict(dim=20, hidden=7, heads=5, kv_heads=5, layers=1), dict(dim=2, hidden=1, heads=1, layers=3),
              dict(dim=48, heads=4, kv_heads=2, hidden=50)]
    for seed, shape in enumerate(shapes):
        model.write_bytes(checkpoint_bytes(seed, **shape))
        for weights in ("int8", "int4"):
            hot = ["--temperature", "1.2", "--weights", weights, "--tokenizer", tok, "--prompt", "ab abab b", "-n", "20"]
            texts = [generate(model, *hot, "--seed", s, "--report", report) for s in (1, 1, 2)]
            same = texts[0].stdout == texts[1].stdout
            check(f"text {shape} {weights}", all(t.returncode == 0 and t.stderr == b"" for t in texts) and same,
                  f"status {[t.returncode for t in texts]}, equal {same}: {texts[0].stderr[-300:]!r}")
            r = json.loads(report.read_text())
            check(f"report {shape} {weights}", r["weights"] == weights and r["target"] == "ref" and r["seed"] == 2 and
                  r["macs"] == sum(layer["macs"] for layer in r["layers"]) and 1 <= r["tokens_generated"] + 1 <= 21, str(r)[:300])
            # the float network of these random weights is no reference for a perplexity, but for the logits it is
            tokens = np.random.default_rng(seed).integers(0, 300, 30)
            real = bench_llm.FloatModel(model).logits(tokens)
            got = bench_llm.integer_logits(options.systole, model, tokens, weights) * bench_llm.UNIT
            error = float(np.sqrt(((got - real) ** 2).mean()) / real.std())
            check(f"logits {shape} {weights}", error < (0.15 if weights == "int8" else 0.6), f"error {error:.3f} of the spread")
    kjv = ROOT / "sw/examples/kjv"
    demo = [kjv / "kjv260K.bin", "--tokenizer", kjv / "kjv_tok512.bin", "--prompt", "And the LORD said", "-n", "12"]
    done = generate(*demo, "--target", "model", "--stats")
    check("demo-llm's model", done.returncode == 0 and done.stdout == generate(*demo).stdout and b"every logit equal to ref" in done.stderr,
          done.stderr[-300:])
    stories = bench_llm.MODELS / "stories260K"
    if not stories.exists():
        sums[2] += 1
        print(f"SKIP stories260K: not in {bench_llm.MODELS}")
        return
    given = [stories / "stories260K.bin", "--tokenizer", stories / "tok512.bin"]
    first = generate(*given, "-n", "60").stdout.decode()
    longer = generate(*given, "-n", "90").stdout.decode()
    check("the text begins as the reference's", (stories / "expected_greedy_200.txt").read_text().startswith(first[:50]), first)
    check("more tokens only add", longer.startswith(first.rstrip("\n")) and len(longer) > len(first), longer)
    prompted = generate(*given, "--prompt", first[:40], "-n", "20").stdout.decode()
    check("a prompt is continued", prompted.startswith(first[:40]) and len(prompted) > 41, prompted)


def refuse(what, arguments, words, status=1):
    done = generate(*arguments)
    lines = done.stderr.decode(errors="replace").splitlines()
    good = done.returncode == status and len(lines) == 1 and all(w in lines[0] for w in words) and done.stdout == b""
    check(f"refused: {what}", good, f"status {done.returncode}, {lines[:3]}, {done.stdout[:60]!r}")


def test_refused(folder):
    model, tok, out = folder / "model.bin", folder / "tok.bin", folder / "out.npy"
    whole, pieces = checkpoint_bytes(), tokenizer_bytes()
    ok = [model, "--tokenizer", tok]

    def wrong(what, checkpoint, words, tokenizer=pieces, arguments=(), status=1):
        model.write_bytes(checkpoint)
        tok.write_bytes(tokenizer)
        refuse(what, [*ok, *arguments], words, status)
    wrong("empty file", b"", ["model.bin"])
    wrong("half a header", whole[:15], ["model.bin"])
    wrong("truncated", whole[:-4], ["model.bin", "header needs", str(len(whole))])
    wrong("too long", whole + b"1234", ["header needs"])
    for i, name in enumerate(["dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "max_seq_len"]):
        for value in (0, 0x7fffffff, -0x80000000):
            wrong(f"{name} {value}", whole[:4 * i] + struct.pack("<i", value) + whole[4 * i + 4:], ["model.bin", name])
        wrong(f"{name} doubled", whole[:4 * i] + struct.pack("<i", 2 * struct.unpack_from("<i", whole, 4 * i)[0]) + whole[4 * i + 4:], ["model.bin"])
    wrong("heads that do not divide", header(heads=3) + whole[28:], ["divide"])
    wrong("odd head", header(dim=18, heads=2) + whole[28:], ["divide"])
    wrong("kv heads that do not divide", header(heads=4, kv_heads=3) + whole[28:], ["divide"])
    wrong("a number that is none", whole[:400] + b"\xff\xff\xff\x7f" + whole[404:], ["token_embedding_table", "finite"])
    wrong("the largest sizes", header(65536, 65536, 1024, 2, 1, 1 << 20, 65536), ["header needs"])
    wrong("tokenizer of another vocabulary", whole, ["tok.bin", "299", "300"], tokenizer_bytes(299))
    wrong("tokenizer with more", whole, ["tok.bin", "301"], tokenizer_bytes(301))
    wrong("tokenizer empty", whole, ["tok.bin"], b"")
    wrong("tokenizer truncated", whole, ["tok.bin"], pieces[:-1])
    wrong("piece longer than the file", whole, ["tok.bin"], pieces[:8] + b"\xff\xff\xff\x7f" + pieces[12:])
    wrong("piece of negative length", whole, ["tok.bin"], pieces[:8] + b"\xff\xff\xff\xff" + pieces[12:])
    wrong("score that is no number", whole, ["tok.bin", "score"], pieces[:4] + b"\x00\x00\xc0\x7f" + pieces[8:])
    wrong("prompt longer than the context", whole, ["prompt", "32"], arguments=["--prompt", "b " * 40])
    wrong("prompt very long", whole, ["prompt", "32"], arguments=["--prompt", "b" * 100000])
    wrong("-n beyond the context", whole, ["-n 33", "32"], arguments=["-n", "33"])
    wrong("-n and prompt beyond the context", whole, ["-n 30", "leaves"], arguments=["-n", "30", "--prompt", "b b b b"])
    for arguments in (["-n", "0"], ["-n", "x"], ["--temperature", "-1"], ["--temperature", "nan"], ["--top-p", "1.5"], ["--seed", "x"],
                      ["--weights", "int3"], ["--nonsense"], ["another"]):
        wrong(" ".join(arguments), whole, ["--help"], arguments=arguments, status=2)
    wrong("unknown target", whole, ["nowhere"], arguments=["--target", "nowhere"])
    refuse("no tokenizer", [model], ["--tokenizer"], 2)
    refuse("no checkpoint", [], ["CHECKPOINT"], 2)
    refuse("a checkpoint that is not there", [folder / "none.bin", "--tokenizer", tok], ["none.bin"])
    refuse("a tokenizer that is not there", [model, "--tokenizer", folder / "none.bin"], ["none.bin"])
    refuse("a folder as a checkpoint", [folder, "--tokenizer", tok], [str(folder)])
    refuse("report into nowhere", [*ok, "--report", folder / "no/where.json"], ["where.json"])
    refuse("image into nowhere", [*ok, "--image", folder / "no/where.talk"], ["where.talk"])
    refuse("image and logits", [*ok, "--image", out, "--logits", out], ["--image", "--logits"], 2)
    refuse("image without wide lanes", [*ok, "--image", out, "--config", "npu16"], ["wide"])
    given = folder / "tokens.bin"
    for what, data, words in (("a token beyond the vocabulary", struct.pack("<2i", 1, 300), ["300"]),
                              ("a negative token", struct.pack("<2i", 1, -1), ["-1"]), ("no tokens", b"", ["tokens.bin"]),
                              ("half a token", b"123456", ["tokens.bin"]), ("more tokens than context", bytes(4 * 33), ["33", "32"])):
        given.write_bytes(data)
        refuse(what, [model, "--tokens", given, "--logits", out], words)
    check("refused: nothing written", not out.exists(), f"{out} is there")
    model.write_bytes(checkpoint_bytes())
    fits = generate(*ok, "-n", "32")
    check("-n up to the context", fits.returncode == 0, fits.stderr)
    random = np.random.default_rng(3)
    broken = 0
    for _ in range(120):  # any byte of the header or tokenizer
        data, text = bytearray(whole), bytearray(pieces)
        (data if random.integers(2) else text)[random.integers(28 if random.integers(2) else 200)] = random.integers(256)
        model.write_bytes(data)
        tok.write_bytes(text)
        done = generate(*ok, "-n", "3", "--prompt", "ab")
        broken += done.returncode not in (0, 1) or (done.returncode == 1) != (len(done.stderr.splitlines()) == 1)
    check("damaged bytes", broken == 0, f"{broken} of 120 neither ran nor were refused in one line")
    for factor in (1e30, 1e-30, 0.0):
        body = (np.frombuffer(whole[28:], "<f4") * np.float32(factor)).astype("<f4").tobytes()
        model.write_bytes(whole[:28] + body)
        tok.write_bytes(pieces)
        for weights in ("int8", "int4"):
            done = generate(*ok, "-n", "5", "--weights", weights)
            check(f"weights times {factor} {weights}", done.returncode == 0 and done.stderr == b"", done.stderr[-300:])


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systole", default=ROOT / "build/asan/systole")
    parser.add_argument("--rtl", action="store_true")
    parser.add_argument("--soc", action="store_true")
    options = parser.parse_args()
    if not options.rtl and not options.soc:
        test_quality()
    with tempfile.TemporaryDirectory() as folder:
        if options.rtl or options.soc:
            (test_rtl if options.rtl else test_soc)(pathlib.Path(folder))
            print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
            return sums[1] != 0
        test_model(pathlib.Path(folder))
        test_text(pathlib.Path(folder))
        test_refused(pathlib.Path(folder))
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return sums[1] != 0


if __name__ == "__main__":
    sys.exit(main())

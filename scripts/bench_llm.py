#!/usr/bin/env python3
"""Language models: how near the integer decoder is to the float network, teacher-forced.

Synopsis: scripts/bench_llm.py [--systole build/systole] [--weights int8]... [--json F] [--timing] [--large] [--rtl]       (make bench-llm)

For each model (stories260K over its 200 reference tokens, where shared/models or $SYSTOLE_MODELS has it; the model of sw/examples/kjv over the
start of the verses held out from its training) the same tokens go through the float network, here in NumPy float32, and through
`systole generate --tokens --logits`; printed are the share of positions with the same most probable token, both perplexities
of the next token, and their ratio. With --timing also what a token costs on the NPU: cycles predicted by the C model (bench memory),
of stories260K and of random weights in the shape of a 15 M parameter model, and how busy prompts of it keep the array (--large: and of 110 M, 440 MB of them; --rtl: some of it
measured on the RTL too, after make rtl CONFIG=npu16w). SPDX-License-Identifier: Apache-2.0
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

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS", ROOT.parent / "shared" / "models"))
KJV = ROOT / "sw/examples/kjv"
UNIT = 2.0 ** -18  # of the integer logits
CONFIG, SIDE = "npu16w", 16  # of the array


class FloatModel:
    """llama2.c's forward pass over a whole sequence at once, float32."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        self.dim, hidden, self.layers, self.heads, self.kv_heads, vocab, self.context = struct.unpack("<7i", data[:28])
        weights, at = np.frombuffer(data, "<f4", offset=28), 0
        self.head_dim = self.dim // self.heads
        kv_dim, n, shared = self.head_dim * self.kv_heads, self.layers, vocab > 0
        self.vocab = vocab = abs(vocab)

        def take(*shape):
            nonlocal at
            size = int(np.prod(shape))
            at += size
            return weights[at - size:at].reshape(shape)
        self.embed, self.g1 = take(vocab, self.dim), take(n, self.dim)
        self.wq, self.wk, self.wv, self.wo = (take(n, rows, self.dim) for rows in (self.dim, kv_dim, kv_dim, self.dim))
        self.g2 = take(n, self.dim)
        self.w1, self.w2, self.w3 = take(n, hidden, self.dim), take(n, self.dim, hidden), take(n, hidden, self.dim)
        self.gf = take(self.dim)
        take(self.context, self.head_dim)
        self.classifier = self.embed if shared else take(vocab, self.dim)

    def logits(self, tokens):
        """(len(tokens), vocab)"""
        n, hd, group = len(tokens), self.head_dim, self.heads // self.kv_heads
        angle = np.arange(n)[:, None] / 10000.0 ** (np.arange(0, hd, 2) / hd)
        cos, sin = np.float32(np.cos(angle))[:, None], np.float32(np.sin(angle))[:, None]
        mask = np.triu(np.full((n, n), -np.inf, np.float32), 1)

        def norm(x, g):
            return (x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-5)) * g).astype(np.float32)

        def rotate(x):
            a, b = x[..., 0::2], x[..., 1::2]
            return np.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape)
        x = self.embed[tokens]
        for i in range(self.layers):
            h = norm(x, self.g1[i])
            q = rotate((h @ self.wq[i].T).reshape(n, self.heads, hd))
            k = rotate((h @ self.wk[i].T).reshape(n, self.kv_heads, hd)).repeat(group, 1)
            v = (h @ self.wv[i].T).reshape(n, self.kv_heads, hd).repeat(group, 1)
            s = np.einsum("shd,thd->hst", q, k) / np.float32(np.sqrt(hd)) + mask
            e = np.exp(s - s.max(-1, keepdims=True))
            x = x + np.einsum("hst,thd->shd", e / e.sum(-1, keepdims=True), v).reshape(n, -1) @ self.wo[i].T
            h = norm(x, self.g2[i])
            u = h @ self.w1[i].T
            x = x + (u / (1 + np.exp(-u)) * (h @ self.w3[i].T)) @ self.w2[i].T
        return norm(x, self.gf) @ self.classifier.T


def perplexity(logits, following):
    x = logits.astype(np.float64)
    x -= x.max(-1, keepdims=True)
    return float(np.exp((np.log(np.exp(x).sum(-1)) - x[np.arange(len(following)), following]).mean()))


def integer_logits(systole, checkpoint, tokens, weights, target="ref"):
    with tempfile.TemporaryDirectory() as folder:
        given, out = pathlib.Path(folder) / "tokens.bin", pathlib.Path(folder) / "logits.npy"
        np.asarray(tokens, "<i4").tofile(given)
        subprocess.run([str(systole), "generate", str(checkpoint), "--tokens", str(given), "--logits", str(out), "--weights", weights,
                        "--target", target], check=True, timeout=600)
        return np.load(out)


def measure(systole, checkpoint, tokens, following, weights):
    real = FloatModel(checkpoint).logits(tokens)
    got = integer_logits(systole, checkpoint, tokens, weights) * UNIT
    ours, theirs = perplexity(got, following), perplexity(real, following)
    return {"positions": len(tokens), "weights": weights, "agreement": float((got.argmax(-1) == real.argmax(-1)).mean()),
            "perplexity_float": theirs, "perplexity": ours, "ratio": ours / theirs,
            "rms_error": float(np.sqrt(((got - real - (got - real).mean(-1, keepdims=True)) ** 2).mean()))}


def cases():
    """(name, checkpoint, tokens, the tokens that follow them)"""
    stories = MODELS / "stories260K"
    if (stories / "stories260K.bin").exists():
        ids = np.load(stories / "greedy200_float32_reference.npz")["token_ids"]
        yield "stories260K", stories / "stories260K.bin", ids[:200], ids[1:201]
    if (KJV / "held_out_tokens.npy").exists():
        ids = np.load(KJV / "held_out_tokens.npy").astype(np.int32)
        yield "kjv260K", KJV / "kjv260K.bin", ids[:-1], ids[1:]


SHAPES = {"15M": (288, 768, 6, 6, 6, 32000, 256), "110M": (768, 2048, 12, 12, 12, 32000, 1024)}


def random_checkpoint(path, shape):
    """Weights that mean nothing, of a shape: for timing."""
    dim, hidden, layers, heads, kv_heads, vocab, context = shape
    floats = vocab * dim + 2 * layers * dim + layers * (2 * dim * dim + 2 * dim * dim // heads * kv_heads + 3 * dim * hidden) + dim
    rng = np.random.default_rng(1)
    with open(path, "wb") as f:
        f.write(struct.pack("<7i", *shape))
        for at in range(0, floats, 1 << 22):
            f.write((rng.standard_normal(min(1 << 22, floats - at), np.float32) * np.float32(0.05)).tobytes())
        f.write(bytes(4 * context * (dim // heads)))


def needed_bytes(shape, positions, weights):
    """Weights, factors of int4's groups of 16, scales of rows, and the caches up to each position; nothing padded, no commands."""
    dim, hidden, layers, heads, kv_heads, vocab, _ = shape
    kv = dim // heads * kv_heads
    rows = layers * (2 * dim + 2 * kv + 2 * hidden + dim) + vocab
    macs = layers * (2 * dim * dim + 2 * dim * kv + 3 * dim * hidden) + vocab * dim
    cache = layers * (2 * kv + 8 * kv_heads)
    return positions * ((macs if weights == "int8" else macs // 2 + macs // 32) + 4 * rows) + cache * positions * (positions + 1) // 2


def run(systole, checkpoint, count, config, target, weights, *options, logits=False):
    """The report of so many given tokens; with the logits of each, or of the last."""
    with tempfile.TemporaryDirectory() as folder:
        given, report = pathlib.Path(folder) / "tokens.bin", pathlib.Path(folder) / "report.json"
        (np.arange(count) % 300 + 3).astype("<i4").tofile(given)
        subprocess.run([str(systole), "generate", str(checkpoint), "--tokens", str(given), *(["--logits", f"{given}.npy"] if logits else []),
                        "--target", target, "--weights", weights, "--config", config, "--report", str(report), *options], check=True, timeout=3000)
        return json.loads(report.read_text())


def timing(systole, name, checkpoint, positions, config, prompt=False, target="model", weights="int8"):
    """Token by token, each with its logits; or as a prompt: many to a list, logits of the last. Prints a row; returns cycles a token."""
    shape = struct.unpack("<7i", open(checkpoint, "rb").read(28))
    r = run(systole, checkpoint, positions, config, target, weights, "--no-compare", logits=not prompt)
    cycles = r["cycles_total" if target == "rtl" else "cycles_predicted"] / positions
    at, share, ideal = f"prompt of {positions}", "", ""
    if not prompt:
        per_token = needed_bytes(shape, positions, weights) / 8 / positions
        at, share, ideal = f"0 to {positions - 1}", f"{100 * per_token / cycles:.1f} %", f"{per_token:.0f}"
    print(f"| {name} | {weights} | {config} | {at} | {ideal} | {cycles:.0f}{' measured on rtl' if target == 'rtl' else ''} | {share} |", flush=True)
    return cycles


def utilisation(systole, name, checkpoint, positions, config, target="model", weights="int8"):
    """Of the array, by a prompt: MACs that the network needs (nothing padded, of attention what each position sees) / cycles / SIDE^2.
    In two lists, whose first only fills the caches: of that one alone; and of a prompt of so many in one list, with the last one's logits."""
    shares = []
    for count in (2 * positions, positions):
        r = run(systole, checkpoint, count, config, target, weights, *(["--no-compare"] if target == "model" else []))
        fills = count > positions
        if fills and r.get("fill_tokens") != positions:
            raise SystemExit(f"{name}: {config} does not take {positions} positions in a list")
        cycles = r[("fill_" if fills else "") + ("cycles_predicted" if target == "model" else "cycles" if fills else "cycles_total")]
        macs = r["fill_macs" if fills else "macs"]
        shares.append((cycles, macs / SIDE ** 2 / cycles))
    (fill, share), (whole, share_whole) = shares
    print(f"| {name} | {weights} | {config} | {positions} | {fill} | {100 * share:.1f} % | {whole} | {100 * share_whole:.1f} % | "
          f"{'predicted' if target == 'model' else 'measured on rtl'} |", flush=True)
    return share


PROMPTS = ("\n| model | weights | configuration | prompt | cycles to fill the caches | of the array | cycles with the last token's logits | of the array | |\n"
           "|---|---|---|---:|---:|---:|---:|---:|---|")


def prompts(systole, rtl):
    print(PROMPTS)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        path = pathlib.Path(folder) / "15M.bin"
        random_checkpoint(path, SHAPES["15M"])
        for target in ["model", "rtl"] if rtl else ["model"]:
            for weights in ("int8", "int4"):
                utilisation(systole, "15M shape", path, 64, CONFIG, target, weights)


def timings(systole, large, rtl):
    print("\n| model | weights | configuration | positions | bytes / 8 a token | cycles a token, predicted | share |\n|---|---|---|---|---:|---:|---:|")
    ratios = []
    for name, checkpoint, *_ in cases():
        for positions in (16, 256):
            timing(systole, name, checkpoint, positions, CONFIG)
        timing(systole, name, checkpoint, 64, CONFIG, True)
        if rtl:
            timing(systole, name, checkpoint, 100, CONFIG, target="rtl")
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        for name in ["15M", "110M"] if large else ["15M"]:
            path = pathlib.Path(folder) / f"{name}.bin"
            random_checkpoint(path, SHAPES[name])
            int8, int4 = (timing(systole, f"{name} shape", path, 16, CONFIG, weights=w) for w in ("int8", "int4"))
            ratios.append((name, "predicted", 16, int4 / int8))
            timing(systole, f"{name} shape", path, 64, CONFIG, True)
            if rtl and name == "15M":
                int8, int4 = (timing(systole, f"{name} shape", path, 2, CONFIG, target="rtl", weights=w) for w in ("int8", "int4"))
                ratios.append((name, "on rtl", 2, int4 / int8))
            if large and name == "15M":
                timing(systole, f"{name} shape", path, 256, CONFIG)
            path.unlink()
    for name, how, positions, ratio in ratios:
        print(f"{name} shape, {positions} tokens, {how}: int4 takes {ratio:.3f} of int8's cycles", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systole", default=ROOT / "build/systole")
    parser.add_argument("--weights", action="append")
    parser.add_argument("--json")
    parser.add_argument("--timing", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--rtl", action="store_true")
    options = parser.parse_args()
    if options.json:
        out_file.check(options.json)
    rows = []
    print("| model | weights | positions | same best token | perplexity, float | integer | ratio |\n|---|---|---:|---:|---:|---:|---:|")
    for name, checkpoint, tokens, following in cases():
        for weights in options.weights or ["int8", "int4"]:
            r = measure(options.systole, checkpoint, tokens[:len(following)], following, weights)
            rows.append(dict(r, model=name))
            print(f"| {name} | {weights} | {r['positions']} | {100 * r['agreement']:.1f} % | {r['perplexity_float']:.4f} | "
                  f"{r['perplexity']:.4f} | {r['ratio']:.4f} |", flush=True)
    if not any(r["model"] == "stories260K" for r in rows):
        print(f"SKIP stories260K: not in {MODELS}")
    if options.timing or options.large or options.rtl:
        timings(options.systole, options.large, options.rtl)
        prompts(options.systole, options.rtl)
    if options.json:
        out_file.write(options.json, json.dumps(rows, indent=1))
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())

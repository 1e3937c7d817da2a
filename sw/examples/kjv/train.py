#!/usr/bin/env python3
"""Trains the small language model of `make demo-llm` on the King James Bible, minutes on one core.

Synopsis: sw/examples/kjv/train.py --text kjv.txt [--out FOLDER] [--minutes 15] [--seed 1] [--rate 0.004] [--from CHECKPOINT]
          (make train-kjv runs it)

Text:      one verse a line, `Ge1:1 In the beginning ...`, as `bible -f gen1:1-rev22:21` of Debian's bible-kjv prints it. The
           translation is of 1611; its copyright is expired (the package's copyright file says so too).
Tokenizer: byte-pair encoding within words, 512 pieces, in llama2.c's tokenizer format.
Model:     Llama form (RMS norm, rotary embedding, grouped queries, SiLU), in llama2.c's checkpoint format, version 0.
The last 5 % of the verses are held out; their loss is printed, and held_out_tokens.npy has the first of them for make bench-llm.
Time decides the number of steps, so a run is not repeated bit for bit. The committed checkpoint: text of bible-kjv-text 4.38; 500 steps of
`--minutes 15 --seed 1`, then 300 steps of `--from THAT --minutes 6 --rate 0.003 --seed 2`; 11 minutes of one core in all.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import os
import pathlib
import re
import struct
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax  # noqa: E402  (the flags must be there first)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT = 64, 160, 5, 8, 4, 512, 256
HEAD = DIM // HEADS
BATCH, WARMUP = 16, 50


def read_verses(path):
    """[(is the first of its chapter, text)]"""
    verses = []
    for line in open(path, encoding="ascii"):
        match = re.fullmatch(r"[0-9]?[A-Za-z]+\d+:(\d+) (.*?)\s*", line)
        verses.append((match.group(1) == "1", match.group(2)))
    return verses


def words_of(text):
    return re.findall(r" ?[A-Za-z']+|[^A-Za-z']", " " + text)


def train_pieces(verses):
    """Pieces behind the 259 special ones: merges in order of their making, then single characters."""
    counts = collections.Counter(word for _, text in verses for word in words_of(text))
    characters = sorted({c for word in counts for c in word})
    words = {word: list(word) for word in counts}
    merges = []
    while 259 + len(merges) + len(characters) < VOCAB:
        pairs = collections.Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merged = best[0] + best[1]
        if merged not in merges:
            merges.append(merged)
        for word, parts in words.items():
            i = 0
            while i < len(parts) - 1:
                if (parts[i], parts[i + 1]) == best:
                    parts[i:i + 2] = [merged]
                i += 1
    return merges + characters


class Tokenizer:
    def __init__(self, pieces):
        special = ["<unk>", "\n<s>\n", "\n</s>\n"] + [f"<0x{i:02X}>" for i in range(256)]
        self.pieces = special + pieces
        self.ids = {piece: 259 + i for i, piece in enumerate(pieces)}
        self.words = {}

    def score(self, i):
        return float(259 - i) if i >= 259 else 0.0

    def encode_word(self, word):
        """llama2.c's rule: the pair with the best score first."""
        if word not in self.words:
            parts = [self.ids.get(c, 3 + ord(c)) for c in word]
            while True:
                best = None
                for i in range(len(parts) - 1):
                    merged = self.ids.get(self.pieces[parts[i]] + self.pieces[parts[i + 1]])
                    if merged is not None and (best is None or merged < best[0]):
                        best = (merged, i)
                if best is None:
                    break
                parts[best[1]:best[1] + 2] = [best[0]]
            self.words[word] = parts
        return self.words[word]

    def encode(self, text):
        return [i for word in words_of(text) for i in self.encode_word(word)]

    def write(self, path):
        with open(path, "wb") as f:
            f.write(struct.pack("<i", max(len(p.encode()) for p in self.pieces)))
            for i, piece in enumerate(self.pieces):
                f.write(struct.pack("<fi", self.score(i), len(piece.encode())) + piece.encode())


def encode_all(tokenizer, verses):
    """Chapters: beginning-of-text, then the verses, each with a line end."""
    stream = []
    for first, text in verses:
        if first:
            stream.append(1)
        stream += tokenizer.encode(text)
        stream.append(3 + ord("\n"))
    return np.array(stream, np.int32)


def initial(key):
    shapes = {"emb": (VOCAB, DIM), "wq": (LAYERS, DIM, DIM), "wk": (LAYERS, KV_HEADS * HEAD, DIM),
              "wv": (LAYERS, KV_HEADS * HEAD, DIM), "wo": (LAYERS, DIM, DIM), "w1": (LAYERS, HIDDEN, DIM),
              "w2": (LAYERS, DIM, HIDDEN), "w3": (LAYERS, HIDDEN, DIM)}
    p = {}
    for i, (name, shape) in enumerate(shapes.items()):
        scale = 0.02 if name == "emb" else shape[-1] ** -0.5 * (0.3 if name in ("wo", "w2") else 0.7)
        p[name] = scale * jax.random.normal(jax.random.fold_in(key, i), shape)
    return dict(p, g1=jnp.ones((LAYERS, DIM)), g2=jnp.ones((LAYERS, DIM)), gf=jnp.ones(DIM))


ANGLE = np.arange(CONTEXT)[:, None] / 10000.0 ** (np.arange(0, HEAD, 2) / HEAD)
COS, SIN = (np.float32(f(ANGLE))[None, :, None] for f in (np.cos, np.sin))
MASK = np.triu(np.full((CONTEXT, CONTEXT), -1e9, np.float32), 1)


def norm(x, g):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * g


def rotate(x):
    a, b = x[..., 0::2], x[..., 1::2]
    return jnp.stack([a * COS - b * SIN, a * SIN + b * COS], -1).reshape(x.shape)


def loss(p, tokens):
    """Mean loss in nats of predicting tokens[:, 1:]; tokens (batch, CONTEXT + 1)."""
    x = p["emb"][tokens[:, :-1]]
    b, s, _ = x.shape
    for i in range(LAYERS):
        h = norm(x, p["g1"][i])
        q = rotate((h @ p["wq"][i].T).reshape(b, s, HEADS, HEAD))
        k = rotate((h @ p["wk"][i].T).reshape(b, s, KV_HEADS, HEAD))
        v = (h @ p["wv"][i].T).reshape(b, s, KV_HEADS, HEAD)
        q = q.reshape(b, s, KV_HEADS, HEADS // KV_HEADS, HEAD)
        a = jax.nn.softmax(jnp.einsum("bsgrd,btgd->bgrst", q, k) * HEAD ** -0.5 + MASK, -1)
        x = x + jnp.einsum("bgrst,btgd->bsgrd", a, v).reshape(b, s, DIM) @ p["wo"][i].T
        h = norm(x, p["g2"][i])
        x = x + (jax.nn.silu(h @ p["w1"][i].T) * (h @ p["w3"][i].T)) @ p["w2"][i].T
    logits = norm(x, p["gf"]) @ p["emb"].T
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[:, 1:, None], -1).mean()


@jax.jit
def step(p, m, v, t, rate, tokens):
    """AdamW."""
    value, g = jax.value_and_grad(loss)(p, tokens)
    size = jnp.sqrt(sum((x * x).sum() for x in g.values()))
    g = {k: x * jnp.minimum(1.0, 1.0 / size) for k, x in g.items()}
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in g}
    v = {k: 0.98 * v[k] + 0.02 * g[k] ** 2 for k in g}
    p = {k: p[k] - rate * (m[k] / (1 - 0.9 ** t) / (jnp.sqrt(v[k] / (1 - 0.98 ** t)) + 1e-8)
                           + (0.02 * p[k] if p[k].ndim > 1 and k[0] == "w" else 0)) for k in p}
    return p, m, v, value


NAMES = ("emb", "g1", "wq", "wk", "wv", "wo", "g2", "w1", "w2", "w3", "gf")  # in the file's order


def read_checkpoint(path):
    weights, at, p = np.fromfile(path, "<f4", offset=28), 0, {}
    shapes = initial(jax.random.key(0))
    for name in NAMES:
        size = shapes[name].size
        p[name] = jnp.array(weights[at:at + size].reshape(shapes[name].shape))
        at += size
    return p


def write_checkpoint(path, p):
    with open(path, "wb") as f:
        f.write(struct.pack("<7i", DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT))
        for name in NAMES:
            f.write(np.asarray(p[name], "<f4").tobytes())
        f.write(COS.astype("<f4").tobytes() + SIN.astype("<f4").tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=4e-3, help="of learning, at its highest")
    parser.add_argument("--from", dest="start", help="go on from this checkpoint, of the same shape")
    options = parser.parse_args()
    verses = read_verses(options.text)
    split = len(verses) * 95 // 100
    tokenizer = Tokenizer(train_pieces(verses))
    tokenizer.write(options.out / "kjv_tok512.bin")
    train, held_out = encode_all(tokenizer, verses[:split]), encode_all(tokenizer, verses[split:])
    print(f"{len(verses)} verses, {len(train)} tokens, {len(held_out)} held out", flush=True)
    p = read_checkpoint(options.start) if options.start else initial(jax.random.key(options.seed))
    print(f"{sum(x.size for x in p.values())} parameters", flush=True)
    m = v = {k: jnp.zeros_like(x) for k, x in p.items()}
    draw = np.random.default_rng(options.seed)
    start, t, mean = time.process_time(), 0, None
    while (spent := (time.process_time() - start) / (60 * options.minutes)) < 1:
        t += 1
        rate = options.rate * min(1, t / WARMUP) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * spent)))
        at = draw.integers(0, len(train) - CONTEXT - 1, BATCH)
        p, m, v, value = step(p, m, v, t, rate, np.stack([train[i:i + CONTEXT + 1] for i in at]))
        mean = float(value) if mean is None else 0.98 * mean + 0.02 * float(value)
        if t % 100 == 0:
            print(f"step {t}, {100 * spent:.0f} % of the time, loss {mean:.3f}", flush=True)
            write_checkpoint(options.out / "kjv260K.bin", p)
    write_checkpoint(options.out / "kjv260K.bin", p)
    np.save(options.out / "held_out_tokens.npy", held_out[:CONTEXT + 1].astype(np.int16))
    rows = (len(held_out) - 1) // CONTEXT
    parts = [float(loss(p, held_out[i * CONTEXT:(i + 1) * CONTEXT + 1][None])) for i in range(rows)]
    print(f"{t} steps; held-out loss {np.mean(parts):.3f} nats a token", flush=True)


if __name__ == "__main__":
    main()

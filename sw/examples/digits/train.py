"""Train the digits network and write digits.tflite (int8 in, int8 out) with ten held-out pictures beside it.

Synopsis: `make train-digits`, or `python train.py [--out DIR]` inside a venv with requirements-train.txt.
Takes about half a minute on one core. Seeds and versions are pinned; the float arithmetic of another CPU may still end
in other weights, so after a new training run `make digits-accuracy` and restate the figure.

The network (0.34 M MACs) uses every operator that a small image classifier needs:

    8x8x1 > CONV 3x3 x16 > [CONV 3x3, CONV 3x3] + skip (ADD) > DEPTHWISE 3x3 /2, CONV 1x1 x32
          > [DEPTHWISE 3x3, CONV 1x1] + skip (ADD) > AVERAGE_POOL 4x4 > FULLY_CONNECTED 10 > SOFTMAX

Output: DIR/digits.tflite, DIR/held_out/DIGIT.bin (64 bytes int8: the first held-out picture of each class, chosen by
position and not by result) and DIR/held_out/labels.txt.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # one kernel choice on every x86
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from digits_data import quantise, split  # noqa: E402

SEED = 20
EPOCHS = 60
BATCH = 32


def network(batch=None):
    """The float network; batch=1 gives the static shapes that the converter turns into plain operators."""
    layers = tf.keras.layers

    def norm(x, name, relu):
        x = layers.BatchNormalization(name=name + "_norm")(x)
        return layers.ReLU(6 if relu == "relu6" else None, name=name)(x) if relu else x

    def conv(x, name, channels, size, relu="relu"):
        return norm(layers.Conv2D(channels, size, padding="same", use_bias=False, name=name + "_conv")(x), name, relu)

    def depthwise(x, name, stride=1):
        return norm(
            layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=name + "_conv")(x), name, "relu6"
        )

    image = x = layers.Input((8, 8, 1), batch_size=batch, name="image")
    x = conv(x, "stem", 16, 3)
    y = conv(conv(x, "res1a", 16, 3), "res1b", 16, 3, None)
    x = layers.ReLU(name="res1")(layers.Add(name="res1_add")([x, y]))
    x = conv(depthwise(x, "down_dw", 2), "down_pw", 32, 1)
    y = conv(depthwise(x, "res2_dw"), "res2_pw", 32, 1)
    x = layers.Add(name="res2")([x, y])
    x = layers.Flatten(name="flat")(layers.AveragePooling2D(4, name="pool")(x))
    x = layers.Softmax(name="softmax")(layers.Dense(10, name="logits")(x))
    return tf.keras.Model(image, x, name="digits")


def shifted(pixels, rng):
    """The same pictures, each moved by up to one pixel in both directions."""
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    moves = rng.integers(0, 3, (len(pixels), 2))
    return np.stack([p[r : r + 8, c : c + 8] for p, (r, c) in zip(padded, moves)])


def train(pixels, labels):
    rng = np.random.default_rng(SEED)
    model = network()
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * (len(pixels) // BATCH))
    # Smoothed targets keep the softmax off its rails, so that the ten output bytes say something about every target.
    model.compile(tf.keras.optimizers.Adam(rate), tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    targets = np.eye(10, dtype=np.float32)[labels]
    for epoch in range(EPOCHS):
        moved = shifted(pixels, rng) if epoch < EPOCHS - 10 else pixels
        loss = model.fit(moved[..., None] / 16.0, targets, BATCH, verbose=0).history["loss"][0]
        print(f"\repoch {epoch + 1}/{EPOCHS}  loss {loss:.4f}", end="", flush=True)
    print()
    return model


def convert(model, pixels):
    """Full int8 post-training quantisation; the training pictures calibrate the ranges."""
    static = network(batch=1)
    static.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(static)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([p[None, ..., None].astype(np.float32) / 16] for p in pixels)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def accuracy(flatbuffer, pixels, labels):
    interpreter = tf.lite.Interpreter(model_content=flatbuffer)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = source["quantization"]
    assert zero == -128 and abs(scale * 255 - 1) < 1e-5, "digits_data.quantise assumes scale 1/255"
    right = 0
    for codes, label in zip(quantise(pixels), labels):
        interpreter.set_tensor(source["index"], codes[None])
        interpreter.invoke()
        right += int(interpreter.get_tensor(result["index"]).argmax()) == label
    return right / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out

    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    (px_train, y_train), (px_test, y_test) = split()
    model = train(px_train, y_train)
    flatbuffer = convert(model, px_train)

    held_out = out / "held_out"
    held_out.mkdir(parents=True, exist_ok=True)
    (out / "digits.tflite").write_bytes(flatbuffer)
    lines = ["# file label position-in-the-held-out-split"]
    for digit in range(10):
        position = int(np.flatnonzero(y_test == digit)[0])
        (held_out / f"{digit}.bin").write_bytes(quantise(px_test[position : position + 1]).tobytes())
        lines.append(f"{digit}.bin {digit} {position}")
    (held_out / "labels.txt").write_text("\n".join(lines) + "\n")

    float_accuracy = np.mean(model.predict(px_test[..., None] / 16.0, verbose=0).argmax(1) == y_test)
    print(f"held-out pictures {len(y_test)}: float {float_accuracy:.2%}, "
          f"int8 {accuracy(flatbuffer, px_test, y_test):.2%} (this interpreter; see make digits-accuracy)")
    print(f"wrote {out / 'digits.tflite'}: {len(flatbuffer)} bytes")


if __name__ == "__main__":
    main()

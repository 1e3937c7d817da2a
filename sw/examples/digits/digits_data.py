"""The UCI handwritten digits as this example uses them: one fixed split, one quantisation.

Synopsis: `train, test = split()`; each is (pixels (n, 8, 8) uint8 in 0..16, labels (n,) int).
`quantise(pixels)` gives the network's int8 input, (n, 8, 8, 1): pixel 0 is -128, pixel 16 is 127
(scale 1/255, zero point -128), halves rounded up.

The data come with scikit-learn: nothing is downloaded. The split is a pure function of scikit-learn's generator and
SPLIT_SEED, so that training and every later measurement mean the same 450 held-out pictures.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

SPLIT_SEED = 0
HELD_OUT = 0.25


def split():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    pixels, labels = data.images.astype(np.uint8), data.target
    px_train, px_test, y_train, y_test = train_test_split(
        pixels, labels, test_size=HELD_OUT, random_state=SPLIT_SEED, stratify=labels
    )
    return (px_train, y_train), (px_test, y_test)


def quantise(pixels):
    codes = (pixels.astype(np.int32) * 255 + 8) // 16 - 128
    return codes.astype(np.int8)[..., np.newaxis]

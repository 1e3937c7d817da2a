"""What scripts need of a compiled program; the format is sw/runtime/prog.h's.   SPDX-License-Identifier: Apache-2.0"""
import collections
import struct
import zlib

MAGIC = b"SYST"
IO_BYTES = 96
Tables = collections.namedtuple("Tables", "spec_hash arena_size scratch_size inputs outputs")  # of the last two: (offset, size) each


def tables(name, image):
    """Sizes and places in a program's bytes. ValueError with one line when they are not a program, or damaged."""
    if len(image) < 128 or image[:4] != MAGIC:
        raise ValueError(f"{name}: not a compiled program (systole compile MODEL -o {name})")
    words = struct.unpack_from("<29I", image)
    if words[3] != len(image) or zlib.crc32(image[20:]) != words[4]:
        raise ValueError(f"{name}: damaged: size or CRC differ; compile it again")
    entries = [struct.unpack_from("<2I", image, words[26] + IO_BYTES * i) for i in range(words[27] + words[28])]
    return Tables(words[2], words[13], words[14], entries[:words[27]], entries[words[27]:])

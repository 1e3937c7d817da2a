"""Files that scripts write: whole or not at all; one line and exit status 1 when that cannot be.   SPDX-License-Identifier: Apache-2.0

A file appears under its name when all of it is on the disk: no failure leaves half of one or damages the one that was there.
"""
import errno
import os
import pathlib
import sys


def stop(path, error):
    sys.exit(f"{path}: cannot be written: {error.strerror}")


def write(path, data):
    """data: bytes, or text. What is no plain file (/dev/null, a pipe) is written to as it is."""
    path = pathlib.Path(path)
    data = data.encode() if isinstance(data, str) else data
    if path.exists() and not path.is_file():
        try:
            with open(path, "wb") as f:
                f.write(data)
        except OSError as error:
            stop(path, error)
        return
    part = path.parent / (path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        if part.is_file():
            part.unlink()
        stop(path, error)


def check(path):
    """Before long work: stops where write(path) could only fail."""
    path = pathlib.Path(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        os.stat(f"{path.parent}/.")
        if not os.access(path if path.exists() and not path.is_file() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        stop(path, error)


def folder(path):
    """Makes a folder and those above it."""
    try:
        pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(path, error)

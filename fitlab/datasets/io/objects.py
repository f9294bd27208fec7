"""Dictionaries in ``.npz`` files, as pose networks publish their data: pickles, read so that no code can run."""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from fitlab.plain_files import printable, reason

#: What a dictionary of arrays is pickled with, under the names of NumPy 1 and 2; nothing else is called.
_ALLOWED = {
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *(f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")),
    *("numpy.ndarray", "numpy.dtype", "_codecs.encode"),
}

#: Larger dictionaries are refused before they are unpacked; that of all joints of Human3.6M has a tenth.
MAX_BYTES = 4_000_000_000
#: What a damaged archive raises.
_DAMAGED = (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, zlib.error)
#: What a damaged pickle raises.
_NO_PICKLE = (
    *(pickle.UnpicklingError, ValueError, EOFError, LookupError, AttributeError),
    *(TypeError, OverflowError, MemoryError),
)


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in _ALLOWED:
            raise pickle.UnpicklingError(f"it would call {module}.{name}")
        return super().find_class(module, name)


def read_dictionary(file: Path, key: str) -> dict:
    """The dictionary under ``key`` of an ``.npz`` file.

    Parameters
    ----------
    file
        Written by ``numpy.savez`` with ``key=dictionary``.
    key
        Its name in the file.

    Raises
    ------
    ValueError
        For another format, a key that is not there, and anything in it beyond dictionaries, lists, texts and arrays.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            if key not in names:
                raise ValueError(f"{file} has no {key}; it has {printable(', '.join(names)) or 'nothing'}")
            size = archive.getinfo(f"{key}.npy").file_size
            if size > MAX_BYTES:
                raise ValueError(f"{file}: {key} has {size / 1e6:,.0f} MB; at most {MAX_BYTES // 10**6:,} MB are read")
            content = archive.read(f"{key}.npy")
    except _DAMAGED as error:
        raise ValueError(f"{file} is damaged or not an .npz file: {reason(error)}") from None
    try:
        found = _unpickled(content)
    except _NO_PICKLE as error:
        raise ValueError(
            f"{file}: {key} is damaged, or holds more than arrays and was not opened: {reason(error)}"
        ) from None
    if not isinstance(found, dict):
        raise ValueError(f"{file}: {key} should be a dictionary, but is {type(found).__name__}")
    return found


def _unpickled(content: bytes) -> Any:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = read_header[version](stream) if version in read_header else ((1,), False, np.dtype(float))
    if not dtype.hasobject or shape:
        return None
    array = _PlainUnpickler(stream, encoding="latin1").load()
    return array.item()

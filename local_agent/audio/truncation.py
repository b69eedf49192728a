"""Files that were cut off, told from their own headers: the decoder reads such files without a word.

WAV says how many bytes of samples follow; Ogg marks its last page. FLAC says how many samples there are,
which the reader compares (sources.py). A cut MP3 cannot be told from a short one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_UNKNOWN_SIZES = (
    0,
    0x7FFFFFFF,
    0xFFFFFFFF,
    0x7FFFF000,
    0xFFFFF000,
)  # what writers to a pipe leave in the header
_OGG_PAGE_BYTES = 65_307  # the longest page there is (RFC 3533)
_OGG_LAST_PAGE = 0x04


def refuse_truncated(path: Path) -> None:
    """Raise UnusableInput where a WAV or Ogg file ends before its own header says."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        magic = stream.read(4)
        if magic == b"RIFF":
            _refuse_short_wav(path, stream, size)
        elif magic == b"OggS":
            _refuse_open_ogg(path, stream, size)


def _refuse_short_wav(path: Path, stream: BinaryIO, size: int) -> None:
    stream.seek(12)
    while len(head := stream.read(8)) == 8:  # noqa: PLR2004 - chunk id and length
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            here = size - stream.tell()
            if length not in _UNKNOWN_SIZES and here < length:
                raise UnusableInput(
                    f"{path}: truncated: {here} of {length} bytes of samples are there",
                    help="export or copy the file again",
                )
            return
        stream.seek(length + length % 2, 1)
    raise UnusableInput(f"{path}: a WAV file without samples", help="export or copy the file again")


def _refuse_open_ogg(path: Path, stream: BinaryIO, size: int) -> None:
    stream.seek(max(0, size - _OGG_PAGE_BYTES))
    tail = stream.read()
    at = tail.rfind(b"OggS")
    if at < 0 or at + 5 >= len(tail) or not tail[at + 5] & _OGG_LAST_PAGE:
        raise UnusableInput(
            f"{path}: truncated: its last page is missing", help="export or copy the file again"
        )

"""What a picture is, told by its first bytes: kind and size of PNG, JPEG and WebP, and nothing else."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG markers that hold the size


@dataclass(frozen=True)
class Picture:
    """Media type and size in pixels."""

    kind: str
    width: int
    height: int


def picture_of(content: bytes) -> Picture | None:
    """Return what a picture is; ``None`` where it is not a whole one of the three kinds.

    >>> picture_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None
    True
    """
    try:
        if content.startswith(PNG):
            return _png(content)
        if content.startswith(b"\xff\xd8\xff"):
            return _jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
    except (struct.error, IndexError):
        return None
    return None


def _png(content: bytes) -> Picture | None:
    width, height = struct.unpack(">II", content[16:24])
    is_whole = content[12:16] == b"IHDR" and b"IEND" in content[-16:]
    return Picture("image/png", width, height) if is_whole else None


def _jpeg(content: bytes) -> Picture | None:
    place = 2
    while place + 9 < len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker in FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Picture("image/jpeg", width, height)
        place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
    return None


def _webp(content: bytes) -> Picture | None:
    if struct.unpack("<I", content[4:8])[0] + 8 > len(content):
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        size = [int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27)]
    elif kind == b"VP8L" and content[20] == 0x2F:
        bits = struct.unpack("<I", content[21:25])[0]
        size = [(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1]
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        size = [number & 0x3FFF for number in struct.unpack("<HH", content[26:30])]
    else:
        return None
    return Picture("image/webp", *size)

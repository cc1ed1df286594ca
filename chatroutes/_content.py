"""Bounded decoding of response bodies: gzip and deflate, one content encoding, and a size limit.

A few kilobytes of compressed data can expand to gigabytes. The decoder decompresses step by step and
stops at the limit. The SDK asks for `gzip, deflate` only, so a server has no reason to use another
encoding. A gzip body may consist of several members, each with its own header.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final, cast

_GZIP: Final = ("gzip", "x-gzip")
_AUTOMATIC: Final = zlib.MAX_WBITS | 32  # gzip or zlib, by the header of the data
_RAW: Final = -zlib.MAX_WBITS  # deflate without a header, which some servers send

# The largest piece of `iter_decoded`. The usual reads of text expand to less.
_PIECE_SIZE: Final = 1_048_576

# A list of many small pieces would be larger than the body, so they are joined.
_SMALL_PIECE_SIZE: Final = 256
_MIN_PIECES: Final = 1000


class ContentError(ValueError):
    """The body cannot be decoded, or is too large."""


class ContentDecoder:
    """Decodes the body of one response, piece by piece.

    Args:
        encoding: The value of the `Content-Encoding` header, or an empty string.
        max_size: The largest result of one `decode`, in bytes.

    Raises:
        ContentError: If the encoding is not supported.
    """

    def __init__(self, encoding: str, max_size: int) -> None:
        names = [each.strip().lower() for each in encoding.split(",")]
        names = [each for each in names if each not in ("", "identity")]
        if len(names) > 1:
            raise ContentError(f"more than one content encoding, {encoding[:100]!r}")
        if names and names[0] not in (*_GZIP, "deflate"):
            raise ContentError(f"the unsupported content encoding {names[0][:100]!r}")
        self._name = names[0] if names else ""
        self.is_encoded = bool(names)
        self._max_size = max_size
        self._decompressor: Any = None
        self._is_first = True

    def decode(self, data: bytes) -> bytes:
        """Return the decoded form of the next bytes.

        Raises:
            ContentError: If the bytes are invalid, or their decoded form is larger than the limit.
        """
        if not self._name and len(data) <= self._max_size:
            return data
        return b"".join(self.iter_decoded(data))

    def iter_decoded(self, data: bytes) -> Iterator[bytes]:
        """Iterate over the pieces of the decoded form of the next bytes, each of at most 1 MiB.

        Raises:
            ContentError: As for `decode`, after the pieces before and the one that exceeds the limit.
        """
        if not self._name:
            yield data[: self._max_size]
            if len(data) > self._max_size:
                raise self._too_large()
            return
        size = 0
        piece = b""
        # After a piece of the largest size, more may follow even if all bytes were consumed.
        while data or len(piece) >= _PIECE_SIZE:
            if self._decompressor is None:
                self._decompressor = zlib.decompressobj(_AUTOMATIC)
            try:
                piece = self._decompress(data, _PIECE_SIZE)
            except zlib.error as error:
                raise ContentError(
                    f"a body that cannot be decompressed as {self._name} ({error})"
                ) from error
            yield piece
            size += len(piece)
            if size > self._max_size:
                raise self._too_large()
            data = self._decompressor.unconsumed_tail
            if self._decompressor.eof:
                data = self._decompressor.unused_data.lstrip(b"\0")  # padding between members
                self._decompressor = None
                piece = b""
                if self._name not in _GZIP:
                    break  # only gzip has members; other data after the end is ignored

    def _decompress(self, data: bytes, max_length: int) -> bytes:
        is_first, self._is_first = self._is_first, False
        try:
            return cast("bytes", self._decompressor.decompress(data, max_length))
        except zlib.error:
            if not is_first or self._name != "deflate":
                raise
        self._decompressor = zlib.decompressobj(_RAW)
        return cast("bytes", self._decompressor.decompress(data, max_length))

    def _too_large(self) -> ContentError:
        return ContentError(f"more than {self._max_size} bytes")


class BodyReader:
    """Collects and decodes a whole body, up to a limit.

    Args:
        encoding: As for `ContentDecoder`.
        max_size: The largest body, in bytes, before and after it is decoded.
    """

    def __init__(self, encoding: str, max_size: int) -> None:
        self._decoder = ContentDecoder(encoding, max_size)
        self._max_size = max_size
        self._pieces: list[bytes] = []
        self._size = self._raw_size = 0

    def feed(self, data: bytes) -> None:
        """Add the next bytes.

        Raises:
            ContentError: If they cannot be decoded, or the body is too large.
        """
        self._raw_size += len(data)
        for piece in self._decoder.iter_decoded(data):
            self._pieces.append(piece)
            self._size += len(piece)
        if max(self._size, self._raw_size) > self._max_size:
            raise ContentError(f"more than {self._max_size} bytes")
        if len(self._pieces) > _MIN_PIECES + self._size // _SMALL_PIECE_SIZE:
            self._pieces = [self.content]

    @property
    def content(self) -> bytes:
        """The decoded body so far, also after a ContentError."""
        return b"".join(self._pieces)

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conformance.wire import pictures
from conformance.wire.exchange import Picture
from conformance.wire.pictures import inspect


def drawn(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


GOOD = {kind: drawn(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")}


@pytest.mark.parametrize("kind", GOOD)
def test_a_picture_is_described(kind: str) -> None:
    body = GOOD[kind]
    assert inspect(body) == Picture(
        format=kind.lower(),
        width=40,
        height=30,
        body_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
    )


@pytest.mark.parametrize("kind", GOOD)
def test_half_a_picture_is_a_problem(kind: str) -> None:
    half = GOOD[kind][: len(GOOD[kind]) // 2]
    assert "cannot be decoded" in (inspect(half).problem or "")


def test_a_changed_pixel_stream_is_a_problem_and_the_size_still_known() -> None:
    body = bytearray(GOOD["PNG"])
    body[body.index(b"IDAT") + 20] ^= 0xFF
    picture = inspect(bytes(body))
    assert (picture.format, picture.width, picture.height) == ("png", 40, 30)
    assert "the PNG picture cannot be decoded" in (picture.problem or "")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "there is nothing in it"),
        (b"\n<!DOCTYPE html><title>502</title>", "it is a page of HTML, not a picture"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "it is XML, not a"),
        (b'{"code": 404}', "it is JSON, not a picture"),
        (b"BM" + bytes(100), "it is not a PNG, JPEG, WEBP or GIF picture"),
        (b"%PDF-1.7", "it is not a PNG, JPEG, WEBP or GIF picture"),
        (GOOD["PNG"][:20], "the picture cannot be decoded"),
    ],
    ids=["nothing", "HTML", "XML", "JSON", "another format", "PDF", "a header alone"],
)
def test_what_is_no_picture_is_named(body: bytes, problem: str) -> None:
    assert (inspect(body).problem or "").startswith(problem)


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((10_000, 10_000), "it has 10000x10000 pixels, more than 50000000"),
        ((60_000, 60_000), "it has more pixels than can be opened safely"),
        ((2**31 - 1, 2**31 - 1), "it has more pixels than can be opened safely"),
    ],
    ids=["beyond our bound", "beyond Pillow's", "beyond any"],
)
def test_a_decompression_bomb_is_told_before_it_is_decoded(
    size: tuple[int, int], problem: str
) -> None:
    assert inspect(png_of(*size)).problem == problem


def test_the_bound_on_pixels_is_inclusive() -> None:
    assert inspect(GOOD["PNG"], max_pixels=1200).problem is None
    assert "more than 1199" in (inspect(GOOD["PNG"], max_pixels=1199).problem or "")


@pytest.mark.parametrize("after_pixels", [False, True])
@pytest.mark.parametrize(
    ("name", "head"), [(b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0"), (b"iCCP", b"k\0\0")]
)
def test_a_bomb_in_a_text_chunk_is_not_unpacked(
    name: bytes, head: bytes, after_pixels: bool
) -> None:
    bomb = chunk(name, head + zlib.compress(bytes(30_000_000)))
    at = GOOD["PNG"].index(b"IEND") - 4 if after_pixels else 33
    picture = inspect(GOOD["PNG"][:at] + bomb + GOOD["PNG"][at:])
    assert (picture.problem, picture.bounded) == ("its texts are longer than are read", True)


@pytest.mark.parametrize("kind", GOOD)
@given(data=st.data())
def test_hostile_bytes_never_raise(kind: str, data: st.DataObject) -> None:
    body = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    picture = inspect(bytes(body))
    assert picture.problem or picture.width


@given(st.binary(max_size=200))
def test_any_bytes_never_raise(body: bytes) -> None:
    assert inspect(body).body_bytes == len(body)


def test_the_same_picture_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    body = drawn(size=(11, 13))
    first = inspect(body)
    monkeypatch.setattr(pictures, "_decoded", None)
    assert inspect(bytes(bytearray(body))) is first


def test_what_is_remembered_is_bounded() -> None:
    for number in range(pictures._REMEMBERED + 10):
        inspect(b"{%d" % number)
    assert len(pictures._seen) == pictures._REMEMBERED

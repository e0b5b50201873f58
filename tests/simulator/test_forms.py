"""What a multipart form holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.model import Field
from conformance.simulator.forms import Part, files_violations, form_of, parts_of

TYPE = "multipart/form-data; boundary=B"
PNG = b"\x89PNG\r\n\x1a\n rest"
FIELDS = {
    "file": Field(path="file", schema={"type": "file"}, accepts=("image/png",)),
    "keep": Field(path="keep", schema={"type": "integer"}),
}


def form(*parts: tuple[str, bytes], end: bytes = b"--B--\r\n") -> bytes:
    """A form of parts with these headers and contents."""
    return (
        b"".join(f"--B\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts) + end
    )


def file_part(content: bytes = PNG, kind: str = "image/png") -> tuple[str, bytes]:
    head = f'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: {kind}'
    return head, content


def text_part(name: str, text: str) -> tuple[str, bytes]:
    return f'content-disposition: form-data; name="{name}"', text.encode()


def test_files_and_texts_are_told_apart() -> None:
    found = parts_of(TYPE, form(text_part("keep", "7"), file_part(b"a\r\n--b")))
    assert found == (
        Part(name="keep", filename=None, media_type="", content=b"7"),
        Part(name="file", filename="a.png", media_type="image/png", content=b"a\r\n--b"),
    )


def test_a_text_has_the_type_of_its_field() -> None:
    parts = parts_of(TYPE, form(text_part("keep", "7"), text_part("more", "7"), file_part()))
    document = form_of(parts, FIELDS)
    assert (document["keep"], document["more"]) == (7, "7")
    assert document["file"] == {"filename": "a.png", "media_type": "image/png", "bytes": len(PNG)}


@pytest.mark.parametrize(
    ("part", "keywords"),
    [
        (file_part(), []),
        (file_part(kind="text/plain"), []),  # the content is a picture, whatever it is called
        (file_part(b"words", "text/plain"), ["accepts"]),
        (file_part(b"\xff\xd8\xff", "image/png"), ["accepts"]),
        (text_part("file", "words"), ["type"]),
        (text_part("other", "words"), []),
    ],
)
def test_a_file_is_of_a_documented_type(part: tuple[str, bytes], keywords: list[str]) -> None:
    document = form_of(parts_of(TYPE, form(part)), FIELDS)
    assert [v.keyword for v in files_violations(document, FIELDS)] == keywords


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", form(file_part())),
        ("multipart/form-data", form(file_part())),
        (TYPE, b""),
        (TYPE, b"{}"),
        (TYPE, form(file_part(), end=b"")),
        (TYPE, b"--B\r\nno headers--B--"),
        (TYPE, form(("content-disposition: form-data", b"x"))),
        (TYPE, b"--B\r\n\r\nx\r\n" * 300 + b"--B--"),
    ],
    ids=["json", "no boundary", "empty", "no parts", "unclosed", "headless", "nameless", "many"],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"form|part"):
        parts_of(content_type, body)


@given(st.text(max_size=40), st.binary(max_size=80), st.text(max_size=30))
def test_nothing_else_is_ever_raised(kind: str, body: bytes, head: str) -> None:
    sent: list[tuple[str, Any]] = [(f"multipart/form-data{kind}", body), (TYPE, b"--B\r\n" + body)]
    sent.append((TYPE, form((head.encode("ascii", "replace").decode(), body))))
    for content_type, content in sent:
        try:
            form_of(parts_of(content_type, content), FIELDS)
        except ValueError:
            continue

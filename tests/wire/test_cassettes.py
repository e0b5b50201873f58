"""Cassettes are vcrpy's, and nothing in a file can hurt whoever reads it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
import yaml
from hypothesis import given
from hypothesis import strategies as st
from vcr.request import Request as VcrRequest
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from conformance.errors import CassetteInvalid, ConformanceError
from conformance.wire import cassettes as cassettes_module
from conformance.wire.cassettes import cassette_text, read_cassette, write_cassette
from conformance.wire.exchange import Exchange, Picture, Reply, Request
from conformance.wire.recordings import Cassette, Recording
from conformance.wire.redaction import Redactor

NO_SECRETS = Redactor({})
CREATE = Request(
    method="POST",
    url="https://api.example/v1/make",
    headers=(("Content-Type", "application/json"),),
    body=b'{"prompt": "a kite"}',
)
TAKEN = Reply(
    status=200, headers=(("Content-Type", "application/json"),), body=b'{"id": "t-1", "no": "1:1"}'
)


def exchange(**changes: Any) -> Exchange:
    usual = {"id": "e0001", "case": "c1", "phase": "create", "request": CREATE, "reply": TAKEN}
    return Exchange(**{**usual, **changes})


def cassette(*exchanges: Exchange, **words: Any) -> Cassette:
    return Cassette(recordings=tuple(Recording(exchange=e) for e in exchanges), **words)


def saved(tmp_path: Path, what: Cassette) -> Path:
    path = tmp_path / "folder" / "one.yaml"
    write_cassette(path, what, redactor=NO_SECRETS)
    return path


def there_and_back(tmp_path: Path, what: Cassette) -> Cassette:
    return replace(read_cassette(saved(tmp_path, what)), file=what.file)


@pytest.fixture(params=["libyaml", "pure Python"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = yaml.SafeLoader if request.param == "pure Python" else cassettes_module._LOADER
    monkeypatch.setattr(cassettes_module, "_LOADER", loader)


class TestOurs:
    def test_everything_comes_back(self, tmp_path: Path) -> None:
        picture = Picture(format="png", width=4, height=2, body_bytes=70, sha256="ab" * 32)
        whole = Cassette(
            vendor="acme",
            kind="simulator",
            date="2026-11-21",
            contract="0f" * 32,
            tool="image-api-conformance 0.1.0",
            seed=0,
            label="made up by the simulator",
            recordings=(
                Recording(exchange=exchange()),
                Recording(
                    exchange=exchange(
                        id="e0002", reply=None, failure="connect", sent=False, elapsed_s=1.5
                    )
                ),
                Recording(
                    exchange=exchange(
                        id="e0003", phase="download", picture=picture, started_s=0.25
                    ),
                    shows="reply",
                    document="guide",
                    section="Results",
                    label="a finished task",
                ),
                Recording(
                    exchange=exchange(id="e0004", reply=replace(TAKEN, body=b"[1,", truncated=True))
                ),
            ),
        )
        assert there_and_back(tmp_path, whole) == whole

    def test_a_body_that_is_no_utf8_comes_back(self, tmp_path: Path) -> None:
        one = exchange(
            request=replace(CREATE, body=b"\x00\xff\xfe"),
            reply=replace(TAKEN, body=b"\x89PNG\r\n\x1a\n"),
        )
        assert there_and_back(tmp_path, cassette(one)).exchanges == (one,)

    @given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
    def test_any_text_comes_back(self, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
        path = tmp_path_factory.mktemp("any")
        one = exchange(reply=replace(TAKEN, body=text.encode(), headers=(("X-Text", text),)))
        assert there_and_back(path, cassette(one)).exchanges == (one,)

    @given(body=st.binary())
    def test_any_body_is_the_same_to_vcrpy(
        self, body: bytes, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("any")
        _, responses = loaded_by_vcrpy(
            saved(path, cassette(exchange(reply=replace(TAKEN, body=body))))
        )
        assert responses[0]["body"]["string"] == body

    def test_several_headers_of_one_name_come_back(self, tmp_path: Path) -> None:
        one = exchange(reply=replace(TAKEN, headers=(("Set-Thing", "a"), ("Set-Thing", "b"))))
        assert there_and_back(tmp_path, cassette(one)).exchanges == (one,)

    def test_json_over_several_lines_can_be_read_by_people(self) -> None:
        one = exchange(reply=replace(TAKEN, body=b'{\n  "id": "t-1"\n}'))
        assert 'string: |-\n        {\n          "id": "t-1"\n        }\n' in cassette_text(
            cassette(one), redactor=NO_SECRETS
        )

    def test_a_key_is_never_written(self) -> None:
        one = exchange(
            request=replace(CREATE, headers=(("Authorization", "Bearer sk-very-secret"),)),
            reply=replace(TAKEN, body=b'{"you sent": "sk-very-secret"}'),
        )
        text = cassette_text(cassette(one), redactor=Redactor({"key": "sk-very-secret"}))
        assert "sk-very-secret" not in text
        assert text.count("[redacted:key]") == 2

    def test_headers_about_compression_go_with_it(self, tmp_path: Path) -> None:
        headers = (("Content-Encoding", "gzip"), ("Content-Length", "9"), ("X-Kept", "yes"))
        one = exchange(reply=replace(TAKEN, headers=headers))
        assert there_and_back(tmp_path, cassette(one)).exchanges[0].reply == replace(
            TAKEN, headers=(("X-Kept", "yes"),)
        )

    def test_what_cannot_be_written_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "one.yaml").mkdir()
        with pytest.raises(ConformanceError, match=r"one\.yaml: cannot write this cassette"):
            write_cassette(tmp_path / "one.yaml", cassette(exchange()), redactor=NO_SECRETS)
        assert [path.name for path in tmp_path.iterdir()] == ["one.yaml"]


def loaded_by_vcrpy(path: Path) -> tuple[Any, Any]:
    held = vcr.cassette.Cassette.load(path=str(path), record_mode=vcr.mode.NONE)
    return held.requests, held.responses


class TestTheirs:
    def test_plain_vcrpy_replays_ours(self, tmp_path: Path) -> None:
        lost = exchange(id="e0000", reply=None, failure="reset")
        path = saved(tmp_path, cassette(lost, exchange(), vendor="acme", kind="documented"))
        with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]):
            got = httpx.post(
                CREATE.url, content=CREATE.body, headers={"Content-Type": "application/json"}
            )
        assert (got.status_code, got.content) == (TAKEN.status, TAKEN.body)

    def test_what_vcrpy_adds_to_leaves_our_words_there(self, tmp_path: Path) -> None:
        path = saved(tmp_path, cassette(exchange(), vendor="acme", kind="simulator", label="one"))
        held = vcr.cassette.Cassette.load(path=str(path), record_mode=vcr.mode.NEW_EPISODES)
        held.append(VcrRequest("GET", "https://api.example/v1/t-1", None, {}), RESPONSE)
        held._save(force=True)
        again = read_cassette(path)
        assert (again.vendor, again.kind, again.label) == ("acme", "simulator", "one")
        assert [e.request.method for e in again.exchanges] == ["POST", "GET"]

    def test_what_vcrpy_recorded_is_read(self, tmp_path: Path) -> None:
        path = recorded(tmp_path, RESPONSE)
        assert read_cassette(path) == Cassette(
            file=str(path),
            recordings=(
                Recording(
                    exchange=Exchange(
                        id="e0001",
                        case="",
                        phase="",
                        request=Request(
                            method="GET",
                            url="https://api.example/v1/t-1",
                            headers=(("Accept", "*/*"),),
                        ),
                        reply=Reply(
                            status=200, headers=(("X-Two", "a"), ("X-Two", "b")), body=b"{}"
                        ),
                    )
                ),
            ),
        )

    def test_a_picture_that_vcrpy_recorded_is_read(self, tmp_path: Path) -> None:
        png = b"\x89PNG\r\n\x1a\n\x00\xff"
        path = recorded(tmp_path, {**RESPONSE, "body": {"string": png}})
        assert "!!binary" in path.read_text("utf-8")
        assert read_cassette(path).exchanges[0].reply == Reply(
            status=200, headers=(("X-Two", "a"), ("X-Two", "b")), body=png
        )

    def test_a_compressed_body_that_vcrpy_recorded_is_decoded(self, tmp_path: Path) -> None:
        import gzip

        response = {**RESPONSE, "headers": {"Content-Encoding": ["gzip"]}}
        path = recorded(tmp_path, {**response, "body": {"string": gzip.compress(b'{"a": 1}')}})
        reply = read_cassette(path).exchanges[0].reply
        assert reply is not None
        assert reply.body == b'{"a": 1}'

    def test_what_vcrpy_repeats_by_alias_is_read(self, tmp_path: Path) -> None:
        shared = {"Accept": ["*/*"]}
        data = {
            "version": 1,
            "interactions": [
                {
                    "request": {"method": "GET", "uri": "https://a.example/", "headers": shared},
                    "response": {"status": {"code": 204, "message": "No"}, "headers": shared},
                }
            ],
        }
        path = tmp_path / "aliased.yaml"
        path.write_text(yaml.dump(data), "utf-8")
        assert "*id001" in path.read_text("utf-8")
        reply = read_cassette(path).exchanges[0].reply
        assert reply is not None
        assert reply.headers == (("Accept", "*/*"),)


RESPONSE: dict[str, Any] = {
    "status": {"code": 200, "message": "OK"},
    "headers": {"X-Two": ["a", "b"]},
    "body": {"string": b"{}"},
}


def recorded(tmp_path: Path, response: Any) -> Path:
    request = VcrRequest("GET", "https://api.example/v1/t-1", None, {"Accept": "*/*"})
    path = tmp_path / "theirs.yaml"
    data = {"requests": [request], "responses": [response]}
    path.write_text(serialize(data, yamlserializer), "utf-8")
    return path


INTERACTION = "interactions: [{request: {method: GET, uri: u}, response: {status: {code: %s}%s}}]\n"


@pytest.mark.usefixtures("either_parser")
class TestRefused:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "1:1: found an empty file, expected a cassette"),
            ("- 1\n", "1:1: found a list, expected a cassette as a mapping"),
            ("a: [\n", "this is not YAML"),
            ("version: 1\n", "found no 'interactions' here"),
            ("version: 2\ninteractions: []\n", "1:10: found version '2', expected 1"),
            ("interactions: {}\n", "found a mapping, expected 'interactions' as a list"),
            ("interactions: [{}]\n", "found no 'request' here"),
            ("interactions: [{request: {}, response: {}}]\n", "found no 'method' here"),
            (INTERACTION % ("ok", ""), "found 'ok', expected a whole number"),
            (INTERACTION % ("200", ", body: {string: [1]}"), "found a list, expected text"),
            (INTERACTION % ("200", ", headers: [1]"), "found a list, expected headers"),
            ("a: !!python/name:os.system x\n", "found the tag '!!python/name:os.system'"),
            ("a: !!python/object/apply:os.system [x]\n", "found the tag"),
            ("a: !!binary '%%%'\n", "1:4: found !!binary that is no Base64"),
            ("a: 1\na: 2\n", "2:1: found the key 'a' twice"),
            ("? [a]\n: 1\n", "found something else as a key"),
            ("a: &x [*x]\n", "found the alias '.x' before or inside its anchor"),
            ("a: 1\n---\nb: 1\n", "found a second document"),
            ("[" * 40 + "]" * 40, "found more than 12 levels of nesting"),
            ('a: "\x1b[31m"\n', "this is not YAML"),
            ("metadata: {conformance: {}}\ninteractions: []\n", "found no 'format' here"),
            (
                "metadata: {conformance: {format: other}}\ninteractions: []\n",
                "found 'other', expected conformance/cassette@1",
            ),
            (
                "metadata: {conformance: {format: conformance/cassette@1, vendro: a}}\ninteractions: []\n",
                "1:66: found unknown key 'vendro', expected one of .*did you mean 'vendor'",
            ),
            (
                "metadata: {conformance: {format: conformance/cassette@1, kind: odd}}\ninteractions: []\n",
                "found 'odd', expected one of documented, simulator, url, live",
            ),
        ],
        ids=lambda value: value[:40] if isinstance(value, str) else None,
    )
    def test_what_is_no_cassette(self, text: str, message: str, tmp_path: Path) -> None:
        path = tmp_path / "bad.yaml"
        path.write_text(text, "utf-8")
        with pytest.raises(CassetteInvalid, match=message) as caught:
            read_cassette(path, shown_as="bad.yaml")
        assert str(caught.value).startswith("bad.yaml:")
        assert caught.value.exit_code == 3

    def test_many_small_aliases_of_much(self, tmp_path: Path) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        self._refused_soon(tmp_path, "\n".join(lines).encode())

    def test_a_long_text_behind_many_aliases(self, tmp_path: Path) -> None:
        self._refused_soon(
            tmp_path, b"a: &a " + b"x" * 1_000_000 + b"\nb: [" + b"*a, " * 500 + b"]"
        )

    @pytest.mark.parametrize(
        ("data", "message"), [(b"\xff\xfe\x00", "UTF-8"), (b"a: \x00", "not YAML")]
    )
    def test_what_is_no_text(self, data: bytes, message: str, tmp_path: Path) -> None:
        path = tmp_path / "bad.yaml"
        path.write_bytes(data)
        with pytest.raises(CassetteInvalid, match=message):
            read_cassette(path)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CassetteInvalid, match="found no such file"):
            read_cassette(tmp_path / "none.yaml")

    def test_a_file_that_is_too_large(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cassettes_module, "_MAX_BYTES", 1000)
        self._refused_soon(tmp_path, b"#" * 1001, "found more than 1,000 bytes")

    def _refused_soon(
        self, tmp_path: Path, data: bytes, message: str = "more than a cassette can hold"
    ) -> None:
        path = tmp_path / "bomb.yaml"
        path.write_bytes(data)
        begun = time.perf_counter()
        with pytest.raises(CassetteInvalid, match=message):
            read_cassette(path)
        assert time.perf_counter() - begun < 10


def test_an_error_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text('interactions: "\\e[31m"\n', "utf-8")
    with pytest.raises(CassetteInvalid) as caught:
        read_cassette(path)
    assert "\x1b" not in str(caught.value)


def test_a_bomb_in_a_body_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    from conformance.wire import recordings

    monkeypatch.setattr(recordings, "_MAX_BODY_BYTES", 1000)
    response = {**RESPONSE, "headers": {"Content-Encoding": ["deflate"]}}
    path = recorded(tmp_path, {**response, "body": {"string": zlib.compress(bytes(1_000_000))}})
    reply = read_cassette(path).exchanges[0].reply
    assert reply is not None
    assert (len(reply.body), reply.truncated) == (1000, True)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "one.yaml"
    path.write_bytes(data)
    with contextlib.suppress(CassetteInvalid):
        read_cassette(path)


WHOLE = cassette_text(
    cassette(exchange(), exchange(id="e0002", reply=None, failure="reset"), kind="url", seed=1),
    redactor=NO_SECRETS,
)


@given(
    at=st.integers(0, len(WHOLE)),
    length=st.integers(0, 30),
    instead=st.sampled_from(
        ["", "[", "{", "&a ", "*a", "!!binary ", "null", "- ", ": ", "\n", "~"]
    ),
)
def test_a_damaged_cassette_is_read_or_refused(
    at: int, length: int, instead: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "one.yaml"
    path.write_text(WHOLE[:at] + instead + WHOLE[at + length :], "utf-8")
    with contextlib.suppress(CassetteInvalid):
        read_cassette(path)

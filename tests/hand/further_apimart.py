"""More variants of APIMart, added to those of `variants_apimart`: uploads, disputes one by one, money, repeated keys."""

from __future__ import annotations

from typing import Any

from tests.hand import variants_apimart as first
from tests.hand.apimart import Apimart

permitted, broken = first.permitted, first.broken
BROKEN, PERMITTED = first.BROKEN, first.PERMITTED


def _refusing(*kinds: str) -> Any:
    """Uploads in which pictures of these types are not known as such."""

    def kind_of(self: Any, content: bytes) -> str:
        kind = Apimart.kind_of(self, content)
        return "" if kind in kinds else kind

    return kind_of


# --- uploads ---

for _kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
    broken(f"{_kind} is not taken", "upload.file.accepts", kind_of=_refusing(_kind))
broken("only PNG is taken", "upload.file.accepts", kind_of=_refusing("image/jpeg", "image/gif"))
broken(
    "no upload works at all",
    "upload.status.200",
    kind_of=_refusing("image/png", "image/jpeg", "image/webp", "image/gif"),
)

# --- what the copies of the page disagree about, each by itself ---

BOTH = ("gpt-image-2", "gpt-image-2-ext")


def _no_quality(self: Any, body: dict[str, Any]) -> str:
    return "quality is unknown" if "quality" in body else ""


for _models in (("gpt-image-2",), BOTH):
    for _most in (1, 10):
        for _strict in (False, True):
            _other = {"other_problem": _no_quality} if _strict else {}
            permitted(
                f"{len(_models)} models, {_most} pictures, quality {'refused' if _strict else 'ignored'}",
                models=_models,
                most_images=_most,
                **_other,
            )
broken(
    "five pictures at most",
    "create.n.maximum",
    most_images=5,
    models=BOTH,
    n_problem=lambda s, n: "" if n is None or n in (2, 3, 4, 5) else "between 2 and 5",
)

# --- superseded pages ---


def _as_of_old(self: Any, problem: str) -> None:
    self.refuse(500 if problem.startswith("invalid size") else 400, problem)


permitted("500 for a bad size, as the oldest page has it", refuse_parameter=_as_of_old)
broken(
    "500 for a bad resolution",
    "create.error.400",
    refuse_parameter=lambda s, p: s.refuse(500 if p.startswith("invalid res") else 400, p),
)

# --- money and repeated keys ---

for _name, _value in (("nothing", None), ("zero", 0), ("0.0", 0.0)):
    permitted(
        f"a failed task cost {_name}",
        **first._with(
            "record",
            lambda s, r, t, v=_value: {**r, "credits_cost": v} if r["status"] == "failed" else r,
        ),
    )
broken(
    "a failed task is charged",
    "status.charge.refund",
    **first._with(
        "record", lambda s, r, t: {**r, "credits_cost": 0.5} if r["status"] == "failed" else r
    ),
)


class Replies(Apimart):
    """Answers a repeated key in a way of its own."""

    def repeated(self, task_id: str) -> None:
        raise NotImplementedError

    def create(self, headers: dict[str, str], raw: bytes) -> None:
        key = headers.get("idempotency-key", "")
        if key in self.by_key:
            self.repeated(self.by_key[key])
        super().create(headers, raw)


permitted(
    "a repeated key is in conflict",
    Replies,
    repeated=lambda s, t: s.refuse(409, "a request with this key is under way"),
)
broken(
    "a repeated key is a bad request",
    "create.idempotency.same-request",
    Replies,
    repeated=lambda s, t: s.refuse(400, "the key was used before"),
)

# --- languages, second paths, what an upload says of its file ---


class Languages(Apimart):
    """Answers in the language that is asked for."""

    known: tuple[str, ...] = ("zh", "en", "ko", "ja")

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> None:
        asked = query.get("language", "en")
        if asked not in self.known:
            self.refuse(400, "unknown language")
        super().handle(method, path, query, headers, raw)


permitted("four languages", Languages)
for _language in ("zh", "en", "ko", "ja"):
    broken(
        f"{_language} is not known",
        "status.language.enum",
        Languages,
        known=tuple(k for k in ("zh", "en", "ko", "ja", "") if k != _language),
        handle=lambda s, m, p, q, h, r: Languages.handle(
            s, m, p, {"language": q.get("language", ""), **q}, h, r
        ),
    )
broken("one path for the balance", "balance.alias.balance-second-path", balances=("/v1/balance",))
broken("the other path for the balance", "balance.path", balances=("/balance",))
broken(
    "uploads under a name of their own",
    "upload.reply.filename.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "filename": "0001.bin"}),
)
broken(
    "uploads are twice as large",
    "upload.reply.bytes.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "bytes": r["bytes"] * 2}),
)
broken(
    "uploads are all called PNG",
    "upload.reply.content_type.echo",
    **first._with("uploaded", lambda s, r, *_: {**r, "content_type": "image/png"}),
)

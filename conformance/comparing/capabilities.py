"""What can a vendor do, and how much of it at once?"""

from __future__ import annotations

from conformance.comparing.reading import Fact, Question, Reading, listed
from conformance.contract.model import Field

__all__ = ["CAPABILITIES"]


def _models(said: Reading) -> Fact | None:
    if not said.contract.models:
        return None
    return Fact.of(", ".join(sorted(said.contract.models)), said.named("create.model.enum"))


def _text_to_image(said: Reading) -> Fact | None:
    images, prompts = said.fields("images"), said.fields("prompt")
    values = {
        m: "yes" for m in said.models if m in prompts and not (m in images and images[m].required)
    }
    clauses = [c for m in values for c in said.about(prompts[m], "required", "type")]
    return _of_models(said, values, clauses)


def _image_to_image(said: Reading) -> Fact | None:
    images = said.fields("images")
    clauses = [c for f in images.values() for c in said.about(f, "required", "type")]
    return _of_models(said, dict.fromkeys(images, "yes"), clauses)


def _of_models(said: Reading, values: dict[str, str], clauses: list) -> Fact | None:  # type: ignore[type-arg]
    if not values:
        return None
    if set(values) != set(said.models):
        # Which models there are is part of the answer where some of them cannot.
        clauses = [*clauses, *said.named("create.model.enum")]
    return Fact(values=values, clauses=tuple(clauses))


def _pictures(said: Reading) -> Fact | None:
    return said.each("count", _count, "minimum", "maximum", "default", "type")


def _count(field: Field) -> str:
    low, high = field.schema.get("minimum", 1), field.schema.get("maximum")
    if high is None:
        return "several; no limit is named"
    return f"{low} only" if low == high else f"{low} to {high}"


def _choice(role: str, said: Reading) -> Fact | None:
    """What may be chosen in an optional field; that it is ignored is a no."""
    fields = said.fields(role)
    if fields and all(f.ignored for f in fields.values()):
        return said.each(role, lambda _: "accepted and ignored", "ignored", no=True)
    return said.each(role, _choice_words)


def _choice_words(field: Field) -> str:
    if field.passthrough:
        return "passed on unchecked"
    values = field.schema.get("enum", ())
    return listed(values) if values else "any value"


def _quality(said: Reading) -> Fact | None:
    return _choice("quality", said)


def _output_format(said: Reading) -> Fact | None:
    return _choice("output_format", said)


def _transparent(said: Reading) -> Fact | None:
    fields = said.fields("background")
    values = [v for f in fields.values() for v in f.schema.get("enum", ())]
    if values and "transparent" not in values:
        return said.each("background", lambda f: listed(f.schema.get("enum", ())), "enum", no=True)
    return _choice("background", said)


def _base64(said: Reading) -> Fact | None:
    values = [v for f in said.fields("response_format").values() for v in f.schema.get("enum", ())]
    if values and not any("64" in str(v) for v in values):
        return said.each("response_format", lambda _: "always a URL", "enum", no=True)
    return _choice("response_format", said)


def _takes(role: str, said: Reading) -> Fact | None:
    """Whether there is a field for it, and how much it may hold."""

    def words(field: Field) -> str:
        longest = field.schema.get("maxLength")
        return f"yes, at most {longest} characters" if longest else "yes"

    return said.each(role, words)


def _seed(said: Reading) -> Fact | None:
    return _takes("seed", said)


def _negative_prompt(said: Reading) -> Fact | None:
    return _takes("negative_prompt", said)


def _mask(said: Reading) -> Fact | None:
    return _takes("mask", said)


def _callbacks(said: Reading) -> Fact | None:
    return said.each("callback_url", lambda f: f.path)


def _operation(name: str, said: Reading) -> Fact | None:
    op = said.contract.operation(name)
    if op is None or not op.method:
        return None
    return Fact.of(f"{op.method} {op.path}", said.named(f"{name}.path"))


def _batch(said: Reading) -> Fact | None:
    return _operation("batch", said)


def _balance(said: Reading) -> Fact | None:
    return _operation("balance", said)


def _upload(said: Reading) -> Fact | None:
    found = _operation("upload", said)
    op = said.contract.operation("upload")
    files = [f for f in op.fields if f.role == "file"] if op else []
    if found is None or not files or not files[0].accepts:
        return found
    types = ", ".join(t.rpartition("/")[2] for t in files[0].accepts)
    clauses = [*found.clauses, *said.about(files[0], "accepts", operation="upload")]
    return Fact.of(f"{found.values['']} ({types})", clauses)


CAPABILITIES = (
    Question(id="models", asks="Which models are there?", read=_models),
    Question(id="text-to-image", asks="Can a picture be made from text?", read=_text_to_image),
    Question(id="image-to-image", asks="Can pictures be edited or used as references?", read=_image_to_image),
    Question(id="pictures-per-request", asks="How many pictures does one request make?", read=_pictures, about=("how many pictures", "many pictures", "a value above 1")),
    Question(id="transparent-background", asks="Can the background be transparent?", read=_transparent),
    Question(id="quality", asks="Can the quality be chosen?", read=_quality, about=("quality",)),
    Question(id="output-format", asks="Can the type of the picture be chosen?", read=_output_format, about=("picture type", "which type", "output_format")),
    Question(id="base64-results", asks="Can the picture come as base64 in place of a URL?", read=_base64, about=("response_format",)),
    Question(id="seed", asks="Can a result be repeated with a seed?", read=_seed),
    Question(id="negative-prompt", asks="Can it be said what the picture shall not show?", read=_negative_prompt),
    Question(id="mask", asks="Can a mask limit what is edited?", read=_mask),
    Question(id="batch-query", asks="Can several tasks be asked for at once?", read=_batch, about=("batch",)),
    Question(id="upload", asks="Can reference images be uploaded?", read=_upload),
    Question(id="upload-size", asks="How large may an uploaded file be?", about=("megabyte", "20 mb")),
    Question(id="callbacks", asks="Is the caller called back when a task ends?", read=_callbacks, about=("callback", "webhook")),
    Question(id="callback-signature", asks="Are such calls signed?", about=("signed",)),
    Question(id="balance-query", asks="Can the balance be asked for?", read=_balance, about=("balance",)),
)  # fmt: skip

"""Which command is meant, and what exit code does it leave?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

import conformance
from conformance.cli.output import complain, forgive_characters
from conformance.cli.parsing import Parser, did_you_mean
from conformance.errors import ConformanceError, UsageError

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "check": "ask a target everything its contract says, and judge the answers",
    "plan": "show what a check would send, prove and cost; sends nothing",
    "probe": "ask a target what its documents leave open; observed, never judged",
    "vendors": "list the contracts, one line a vendor",
    "clauses": "list what a contract says, contradicts and leaves open",
    "explain": "say what one clause means, how it is tried and what would break it",
    "compare": "put vendors side by side, from their documents alone",
    "report": "draw records of runs as Markdown, JSON, JUnit XML, SARIF or a badge",
    "diff": "say what changed between two contracts, or two records, and why",
    "lint": "hold the contracts against the documents that they are made from",
    "import": "make the skeleton of a contract from an OpenAPI document",
    "export": "write a contract as OpenAPI, Arazzo or JSON Schema, for other tools",
    "mutate": "break each clause in a simulator: would a check notice?",
    "generate": "make a picture at any vendor, or see what it would cost",
    "audit": "run a client, in any language, against a simulator, and judge the client",
    "serve": "run a simulator of each vendor as an HTTP server on this machine",
    "completion": "print a script that completes words in bash, zsh or fish",
}

_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
_BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command and give its exit code.

    What is expected to go wrong is one sentence on stderr; what is not keeps its traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    forgive_characters(sys.stdout, sys.stderr)
    try:
        code = _run(words)
        sys.stdout.flush()
    except ConformanceError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing may be flushed into the pipe at exit, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return code


def _run(words: Sequence[str]) -> int:
    try:
        run, rest = _command(words)
        return run(rest)
    except SystemExit as done:  # argparse leaves this way once it has shown a help
        return done.code if isinstance(done.code, int) else 0


def _command(words: Sequence[str]) -> tuple[Callable[[Sequence[str]], int], Sequence[str]]:
    """The function of the command that is meant, and the words for it."""
    if words and words[0] in COMMANDS:
        # Only the module of this command is imported: the others' libraries cost a second.
        module = import_module(f"conformance.cli.{words[0]}")
        run: Callable[[Sequence[str]], int] = module.run
        return run, words[1:]
    if words and words[0] == "--version":
        return _version, words[1:]
    if words and words[0] in ("-h", "--help", "help"):
        return _help, words[1:]
    if not words:
        raise UsageError(f"which command? One of {', '.join(COMMANDS)}; see `conformance --help`")
    kind = "flag" if words[0].startswith("-") else "command"
    known = ("--help", "--version") if kind == "flag" else COMMANDS
    listed = f"; commands are {', '.join(COMMANDS)}" if kind == "command" else ""
    near = did_you_mean(words[0], known)
    raise UsageError(f"unknown {kind} {words[0]!r}{near}{listed}; see `conformance --help`")


def _help(words: Sequence[str]) -> int:
    if words and words[0] in COMMANDS:
        run, _ = _command(words[:1])
        return run(["--help"])
    print(_top().format_help(), end="")
    return 0


def _top() -> Parser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    parser = Parser(
        "",
        description="Holds gateways that resell image models to their own documentation.\n\n"
        f"commands:\n{listed}\n\nEach command explains itself: conformance COMMAND --help",
        examples="  conformance check                 the contracts against the embedded simulator\n"
        "  conformance plan aigptimage       what would be sent, proven and spent\n"
        "  conformance clauses aigptimage    what its documents say",
    )
    parser.usage = "conformance COMMAND [ARGUMENTS]"
    parser.add_argument("--version", action="store_true", help="show the version and leave")
    return parser


def _version(words: Sequence[str]) -> int:
    if words:
        raise UsageError(f"--version takes no arguments, found {words[0]!r}")
    print(f"conformance {conformance.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What of a project's settings applies to this check, where its flags say nothing?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import say
from conformance.cli.parsing import did_you_mean
from conformance.errors import ConfigInvalid, UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.results.baseline import Config, Ratchet
    from conformance.results.outcome import RunResult

__all__ = ["arguments_for", "check_known", "config_of", "held", "with_defaults"]

_TARGETS = ("--base-url", "--live", "--replay", "--resume")


def config_of(arguments: argparse.Namespace) -> Config | None:
    """
    The settings of `--baseline FILE`, else those in the working directory; says on stderr which were read.

    Raises:
        UsageError: The file cannot be read.
        ConfigInvalid: It is not what it should be.
    """
    from conformance.cli.config import find_config, read_config

    if arguments.baseline and arguments.no_baseline:
        raise UsageError("--baseline and --no-baseline contradict each other: give one of them")
    if arguments.no_baseline:
        return None
    path = Path(arguments.baseline) if arguments.baseline else find_config(Path())
    if path is None:
        return None
    config = read_config(path)
    say(f"settings and known deviations are read from {path} (--no-baseline leaves them out)")
    return config


def with_defaults(
    arguments: argparse.Namespace, config: Config | None, words: Sequence[str]
) -> argparse.Namespace:
    """The arguments, with what the settings say of all vendors where no flag does."""
    made = argparse.Namespace(**vars(arguments))
    if config is None:
        return made
    if not made.vendors and not made.resume:
        _check_vendors(config)
        made.vendors = list(config.vendors)
    if config.fail_on and not _is_given("--fail-on", words):
        made.fail_on = config.fail_on
    return made


def _check_vendors(config: Config) -> None:
    from conformance.contract.loading import contract_names

    for name in config.vendors:
        if name not in contract_names() and not Path(name).is_file():
            raise ConfigInvalid(
                f"found vendor {name!r}, expected a name or the path of a contract"
                f"{did_you_mean(name, contract_names())}",
                file=config.file,
                line=config.vendors_line,
            )


def arguments_for(
    contract: Contract, arguments: argparse.Namespace, config: Config | None, words: Sequence[str]
) -> argparse.Namespace:
    """The arguments for one vendor: its own target and caps, where no flag names any."""
    made = argparse.Namespace(**vars(arguments))
    if config is None:
        return made
    own = config.targets.get(contract.vendor)
    if own is not None and not any(_is_given(flag, words) for flag in _TARGETS):
        made.base_url, made.live, made.replay = own.base_url, own.live, own.replay
        if own.image_urls and not _is_given("--image-url", words):
            made.image_url = list(own.image_urls)
    if made.replay:
        return made  # a cassette has the caps that it was recorded with
    for word, flag in (("max_billed", "--max-billed"), ("budget", "--budget")):
        value = getattr(own.caps, word) if own else None
        value = getattr(config.caps, word) if value is None else value
        if value is not None and not _is_given(flag, words) and (word == "max_billed" or contract.charging.cells):  # fmt: skip
            setattr(made, word, value)
    return made


def _is_given(flag: str, words: Sequence[str]) -> bool:
    return any(word == flag or word.startswith(f"{flag}=") for word in words)


# --- known deviations


def check_known(
    config: Config | None, contracts: Sequence[Contract], *, chosen: bool = False
) -> None:
    """
    Refuse what names nothing: a deviation whose clause there is not would be kept for ever.

    Args:
        chosen: The user named the vendors, so that the file may speak of others.

    Raises:
        ConfigInvalid: A deviation, or a target, is about a vendor or a clause that there is not; says where.
    """
    if config is None:
        return
    from conformance.contract.clauses import derive_clauses
    from conformance.contract.loading import contract_names
    from conformance.contract.picking import picks

    ids = {c.vendor: [clause.id for clause in derive_clauses(c)] for c in contracts}
    everywhere = {*ids, *contract_names(), *config.targets}
    for name, target in config.targets.items():
        if not chosen and name not in {*ids, *contract_names()}:
            near = did_you_mean(name, [*ids, *contract_names()])
            raise ConfigInvalid(
                f"found [targets.{name}], which is no vendor that is asked{near}",
                file=config.file,
                line=target.line,
            )
    for deviation in config.known:
        if any(picks(deviation.clause, name) for names in ids.values() for name in names):
            continue
        vendor = deviation.clause.partition(".")[0]
        if vendor in everywhere - ids.keys() or set(vendor) & set("*?["):
            continue  # about somebody who is not asked this time
        known = [name for names in ids.values() for name in names]
        near = did_you_mean(deviation.clause, known)
        raise ConfigInvalid(
            f"found clause {deviation.clause!r}, which picks no clause{near}; `conformance clauses` lists them",
            file=config.file,
            line=deviation.line,
        )


def held(config: Config | None, results: Sequence[RunResult]) -> Ratchet | None:
    """What the known deviations make of the results; None where there are no settings."""
    from conformance.comparing.ratchet import hold

    if config is None:
        return None
    return hold(results, config.known, today=datetime.now(UTC).date(), file=config.file)

"""Which target does a command line mean?"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.run.targets import Endpoint

__all__ = ["check_targets", "endpoint_of"]

_TEST_KEY = "test-key"

_LAST_PORT = 65_535


def check_targets(arguments: argparse.Namespace) -> None:
    """
    Refuse more than one target, and more or fewer vendors than it takes.

    Raises:
        UsageError: There are.
    """
    if arguments.live and arguments.base_url:
        raise UsageError("--live and --base-url are two targets: give one of them")
    if arguments.resume and arguments.replay:
        raise UsageError("--resume and --replay are two targets: give one of them")
    names = list(dict.fromkeys(arguments.vendors))
    if arguments.resume:
        return  # the record has both
    if arguments.base_url and len(names) != 1:
        found = ", ".join(names) if names else "none"
        raise UsageError(f"--base-url takes exactly one vendor, found {found}")
    if arguments.live and not (names or arguments.replay):
        raise UsageError(
            "--live takes the vendors to ask by their names, for each of them costs money"
        )


def endpoint_of(
    contract: Contract, arguments: argparse.Namespace, *, start_s: float | None = None
) -> Endpoint:
    """
    The target that one vendor's contract is held against.

    Args:
        start_s: What its clock shows at first, where a run goes on.

    Raises:
        UsageError: The variable with the key is not set, or flags do not go together.
    """
    from conformance.run.targets import embedded_target, url_target

    _check_callbacks(arguments)
    key = os.environ.get(contract.key_variable, "")
    if not (arguments.base_url or arguments.live):
        return embedded_target(contract, key=key or _TEST_KEY)
    flag = "--live" if arguments.live else "--base-url"
    if not key:
        raise UsageError(
            f"{contract.key_variable} is not set: {flag} needs the key of {contract.vendor} in it"
        )
    return url_target(
        contract.base_url if arguments.live else arguments.base_url,
        key,
        live=arguments.live,
        start_s=start_s,
        callback_url=arguments.callback_url or "",
        callback_port=arguments.callback_port or 0,
    )


def _check_callbacks(arguments: argparse.Namespace) -> None:
    """
    Refuse what would be ignored.

    Raises:
        UsageError: A flag about callbacks lacks the one that it needs.
    """
    if arguments.callback_url and not arguments.callback_port:
        raise UsageError(
            "--callback-url needs --callback-port: the port on this machine that the address leads to"
        )
    if (arguments.callback_port or 0) > _LAST_PORT:
        raise UsageError(
            f"--callback-port is {arguments.callback_port}, expected a port from 1 to {_LAST_PORT}"
        )
    asked = arguments.base_url or arguments.live
    if (arguments.callback_url or arguments.callback_port) and not asked:
        raise UsageError(
            "--callback-url and --callback-port need --base-url or --live: the embedded simulator calls back in"
            " process"
        )

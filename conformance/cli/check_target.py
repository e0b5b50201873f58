"""Which target does a command line mean?"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract.model import Contract
    from conformance.run.targets import Endpoint

__all__ = ["endpoint_of"]

_TEST_KEY = "test-key"

_LAST_PORT = 65_535


def endpoint_of(contract: Contract, arguments: argparse.Namespace) -> Endpoint:
    """
    The target that one vendor's contract is held against.

    Raises:
        UsageError: The variable with the key is not set, or flags do not go together.
    """
    from conformance.run.targets import embedded_target, url_target

    _check_callbacks(arguments)
    key = os.environ.get(contract.key_variable, "")
    if not arguments.base_url:
        return embedded_target(contract, key=key or _TEST_KEY)
    if not key:
        raise UsageError(
            f"{contract.key_variable} is not set: --base-url needs the key of {contract.vendor} in it"
        )
    return url_target(
        arguments.base_url,
        key,
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
    if (arguments.callback_url or arguments.callback_port) and not arguments.base_url:
        raise UsageError(
            "--callback-url and --callback-port need --base-url: the embedded simulator calls back in process"
        )

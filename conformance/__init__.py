"""
Holds image-generation gateways to their own documentation.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.client.aio import AsyncClient
    from conformance.client.sync import Client
    from conformance.client.webhooks import Webhooks
    from conformance.contract.loading import load_contract
    from conformance.contract.model import Contract
    from conformance.errors import ConformanceError, ContractViolation
    from conformance.library import check, judge, load, plan
    from conformance.results.outcome import RunResult
    from conformance.run.options import RunOptions
    from conformance.simulator.app import simulate

    __version__: str

__all__ = [
    "AsyncClient",
    "Client",
    "ConformanceError",
    "Contract",
    "ContractViolation",
    "RunOptions",
    "RunResult",
    "Webhooks",
    "__version__",
    "check",
    "judge",
    "load",
    "load_contract",
    "plan",
    "simulate",
]

_WHERE = {
    "AsyncClient": ("conformance.client.aio", "AsyncClient"),
    "Client": ("conformance.client.sync", "Client"),
    "ConformanceError": ("conformance.errors", "ConformanceError"),
    "Contract": ("conformance.contract.model", "Contract"),
    "ContractViolation": ("conformance.errors", "ContractViolation"),
    "RunOptions": ("conformance.run.options", "RunOptions"),
    "RunResult": ("conformance.results.outcome", "RunResult"),
    "Webhooks": ("conformance.client.webhooks", "Webhooks"),
    "check": ("conformance.library", "check"),
    "judge": ("conformance.library", "judge"),
    "load": ("conformance.library", "load"),
    "load_contract": ("conformance.contract.loading", "load_contract"),
    "plan": ("conformance.library", "plan"),
    "simulate": ("conformance.simulator.app", "simulate"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _WHERE[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    """The version installed; of a checkout that is not installed it is unknown."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("image-api-conformance")
    except PackageNotFoundError:
        return "0+unknown"

"""What does the vendor say is left on the account, before a run and after it?"""

from __future__ import annotations

from conformance.contract.paths import find
from conformance.contract.resolution import conditions_hold
from conformance.judging.outcomes import body_of_reply, classify
from conformance.results.cases import Case, Send
from conformance.run.session import Session
from conformance.wire.exchange import Exchange

__all__ = ["Balance"]


class Balance:
    """
    The balance before and after a run, where the documents have a way to ask for it and the run can cost money.

    It says what was really spent, in the vendor's own unit, by whoever uses the key; so it is told and judges nobody.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: float | None = None

    async def begin(self) -> None:
        """Ask before the first creation."""
        self._before = await self._asked("before")

    async def end(self) -> None:
        """Ask once more, and write down what is gone."""
        if self._before is None:
            return
        after = await self._asked("after")
        if after is None:
            return
        session = self._session
        unit = session.contract.charging.unit
        metered = f"{session.purse.cost:g} {unit}".strip()
        session.note(
            f"the balance was {self._before:g} before the run and is {after:g} after it: {self._before - after:g} less,"
            f" where the replies and prices add up to {metered}"
        )

    async def _asked(self, when: str) -> float | None:
        """The balance in the vendor's unit; None where it is not known, or has no bound."""
        session = self._session
        operation = session.contract.operation("balance")
        target = session.endpoint.target
        if operation is None or target.loopback or session.endpoint.tape is not None:
            return None
        if not any(field.role == "balance" for field in operation.reply):
            return None
        send = Send(operation="balance", method=operation.method, path=operation.path)
        case = Case(
            id=f"balance:{when}",
            operation="balance",
            send=send,
            expect="answered",
            title=f"the balance {when} the run",
        )
        session.journal.write(case)
        exchange = await session.asker.ask(case.id, "balance", session.request(send, case=case.id))
        session.tell(case, classify(session.contract, "balance", exchange), {})
        return self._shown(exchange)

    def _shown(self, exchange: Exchange) -> float | None:
        body = body_of_reply(exchange)
        operation = self._session.contract.operation("balance")
        for field in operation.reply if operation else ():
            if field.role == "balance" and conditions_hold(field.when, body):
                for value in find(body, field.path):
                    if (
                        isinstance(value, int | float)
                        and not isinstance(value, bool)
                        and value >= 0
                    ):
                        return float(value)
        return None

from __future__ import annotations

from typing import Any

import pytest


class FakeResolver:
    """Gives one answer after another, whatever it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def resolveHostName(self, receiver: Any, name: str, port: int = 0, *_: Any) -> None:  # noqa: N802
        from twisted.internet.address import IPv4Address, IPv6Address

        receiver.resolutionBegan(None)
        for text in self.answers[self.asked % len(self.answers)]:
            kind = IPv6Address if ":" in text else IPv4Address
            receiver.addressResolved(kind("TCP", text, port))
        self.asked += 1
        receiver.resolutionComplete()


def dialled(*answers: list[str], allowed: tuple[str, ...] = (), times: int = 4) -> tuple[list[str], int]:
    """What Twisted dials for `flip.example`, asked `times`, and how many look-ups it took."""
    from twisted.internet.endpoints import HostnameEndpoint
    from twisted.internet.protocol import Factory, Protocol
    from twisted.internet.testing import MemoryReactorClock

    from groundup.crawl.resolver import GuardedResolver

    reactor = MemoryReactorClock()
    inner = FakeResolver(*answers)
    guard = GuardedResolver(inner, allowed)
    reactor.nameResolver = guard
    for _ in range(times):
        HostnameEndpoint(reactor, "flip.example", 80).connect(Factory.forProtocol(Protocol)).addErrback(lambda _: None)
        reactor.advance(1)
    return [client[0] for client in reactor.tcpClients], inner.asked


def test_what_is_dialled_is_what_was_checked() -> None:
    clients, asked = dialled(["93.184.216.34"], ["127.0.0.1"])
    assert clients == ["93.184.216.34"] * 2
    assert asked == 4, "one look-up a connection: there is no second one to lie in"


def test_of_a_mixed_answer_only_the_public_part_is_dialled() -> None:
    clients, _ = dialled(["10.0.0.1", "93.184.216.34", "::1", "169.254.169.254"], times=1)
    assert clients == ["93.184.216.34"]


def test_an_allowed_host_is_dialled_wherever_it_is() -> None:
    clients, _ = dialled(["127.0.0.1"], allowed=("flip.example",), times=1)
    assert clients == ["127.0.0.1"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "100.64.0.1", "0.0.0.0", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_private_answer_is_not_dialled(address) -> None:
    assert dialled([address])[0] == []

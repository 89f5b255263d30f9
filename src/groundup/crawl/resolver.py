"""Names become addresses here, and nowhere else: each is looked up once, checked, and what was checked is dialled.

Twisted asks the reactor's resolver before every new connection and dials what it is given, so a name that means a
public machine when it is checked and a private one when it is dialled (DNS rebinding) has no second chance. Addresses
written as numbers come this way too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from groundup.crawl.safety import is_public


@implementer(IResolutionReceiver)
class _Checked:
    """Passes on the addresses that may be dialled."""

    def __init__(self, receiver: Any, host: str, refused: dict[str, str]) -> None:
        self._receiver = receiver
        self._host = host
        self._refused = refused

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if is_public(getattr(address, "host", "")):
            self._receiver.addressResolved(address)
        else:
            self._refused[self._host] = str(getattr(address, "host", address))

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted's resolver without the addresses of private networks, but for the hosts in `allowed`."""

    def __init__(self, resolver: Any, allowed: Collection[str]) -> None:
        self._resolver = resolver
        self._allowed = frozenset(allowed)
        self._refused: dict[str, str] = {}

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803  # Twisted passes them by name
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[Any] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Look a name up; a name all of whose addresses are private has none."""
        host = hostName.lower().rstrip(".").strip("[]")
        receiver = resolutionReceiver
        if host not in self._allowed:
            self._refused.pop(host, None)
            receiver = _Checked(resolutionReceiver, host, self._refused)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)

    def private_address_of(self, host: str) -> str:
        """The private address that a host had when it was last looked up, or ""."""
        return self._refused.get(host, "")

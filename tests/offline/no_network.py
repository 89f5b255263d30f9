"""No test may reach another machine (promise S12): any try is refused where Python itself opens connections.

An audit hook sees every connection and name look-up of the process, whichever Python library asks for it; it does
not see what compiled libraries open by themselves. conftest.py imports this for the suite and puts the folder on
PYTHONPATH, where Python processes started by tests find `sitecustomize`, which imports it too.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

WATCHED = {
    "socket.connect": 1,  # event: where its host, or address, stands among the arguments
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


class NetworkReachedError(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no code can take it for a bad connection."""


def is_here(host: Any, *, is_lookup: bool) -> bool:
    """Whether `host` is this machine; looking up what is a number already asks nobody."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return is_lookup or address.is_loopback or address.is_unspecified


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook."""
    if event not in WATCHED:
        return
    place = arguments[WATCHED[event]]
    is_lookup = event.startswith("socket.get")
    if not is_lookup:
        if not isinstance(place, tuple):  # a Unix socket's path, or a socket that is connected already
            return
        place = place[0]
    if not is_here(place, is_lookup=is_lookup):
        raise NetworkReachedError(f"{event} to {place!r}: tests talk to this machine only.")


sys.addaudithook(refuse)  # From the first import to the end of the process: a hook cannot be taken off.

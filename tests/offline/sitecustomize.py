"""Python imports a module of this name as it starts: it keeps processes started by tests off the network."""

import no_network  # noqa: F401 - importing it is what it is for.

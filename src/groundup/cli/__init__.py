"""The command line: one small module a command. Each parses, calls and prints; none has logic of its own."""

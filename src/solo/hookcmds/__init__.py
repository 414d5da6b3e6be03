"""The hook commands: their table, their handlers and the tiny client that charms call."""

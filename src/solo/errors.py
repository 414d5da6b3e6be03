"""The errors that people and programs see, in Juju's words."""

from __future__ import annotations


class Error(Exception):
    """Say what failed, to what, and what to do.

    Args:
        message: One sentence without a full stop, in Juju's words where Juju has them.
        code: Juju's machine code, such as ``not found``; the command line prints it in
            parentheses behind the message. Empty: none.

    Source: juju: rpc/client.go.
    """

    exit_code = 1

    def __init__(self, message: str, code: str = '') -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return f'{self.message} ({self.code})' if self.code else self.message


class UsageError(Error):
    """Say that a command was asked wrongly: exit code 2."""

    exit_code = 2


def not_found(kind: str, name: object) -> Error:
    """Return Juju's error for *kind* *name* that isn't there, with code ``not found``."""
    return Error(f'{kind} "{name}" not found', 'not found')


def no_container(placement: str) -> Error:
    """Return the refusal of a place in a container, such as ``lxd:0``."""
    return Error(
        f'placement "{placement}" asks for a container, and machines here have none: without '
        '"--to" the unit gets a machine of its own, which costs nothing; "--to 0" shares one'
    )

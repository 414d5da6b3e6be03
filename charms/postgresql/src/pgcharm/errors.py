"""The errors of the charm that somebody handles differently."""

from __future__ import annotations


class Error(Exception):
    """Something went wrong in a way that we foresaw; the message says what to do."""


class UnreachableError(Error):
    """A service of this unit does not answer: it starts, or it has just died. Worth a retry."""


class OperatorError(Error):
    """Only an operator can mend it: the unit is blocked, and the message is its status."""


class ServicesError(Error):
    """The supervisor of this unit's services refused something, or does not start."""

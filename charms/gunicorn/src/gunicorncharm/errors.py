"""The errors of the charm."""


class Error(Exception):
    """Something that an operator can mend; the message is for the status."""

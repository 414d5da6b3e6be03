"""What ``add-secret`` and ``update-secret`` share: flags, and the content that they name."""

from __future__ import annotations

from .. import flags, secretdata
from ..hookcmds import call
from . import arguments

OPTIONS = (
    flags.Flag(('info',), help='The secret description'),
    flags.Flag(('file',), help='A YAML file containing secret key values'),
)
DETAILS = """\
Content is key=value; key#base64=value is decoded, and key#file=path takes the file's content. A
key has three characters or more, of lowercase letters, digits and hyphens."""


def content(parsed: flags.Parsed, pairs: tuple[str, ...]) -> dict[str, str]:
    """Return keys and values of the file and of the arguments, which win.

    Raises:
        UsageError: If one is no good.
    """
    found: dict[str, str] = {}
    if parsed.flags['file']:
        for key, value in call.scalars(_read(parsed.flags['file'])).items():
            found.update((secretdata.entry(key, value or '', _read),))
    for key, value in map(arguments.pair, pairs):
        found.update((secretdata.entry(key, value, _read),))
    return found


def _read(path: str) -> bytes:
    return arguments.read_file(path).encode()

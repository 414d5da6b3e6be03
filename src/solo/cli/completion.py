"""``completion``: scripts that let a shell complete verbs, flags and names.

The scripts hold the verbs and their flags; names of applications and units are asked for when
they are needed, with ``solo completion names``, which starts no controller.
"""

from __future__ import annotations

from .. import errors, folders, wire
from . import main, session, table

COMMAND = table.command(
    'completion',
    'bash|zsh',
    """\
    source <(solo completion bash)
    source <(solo completion zsh)""",
    model=False,
)
_BASH = """\
# Completion of solo for bash: source <(solo completion bash)
_solo() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} flags
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{verbs}" -- "$current"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{cases}
    esac
    case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    .*|/*) COMPREPLY=($(compgen -f -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$(solo completion names 2>/dev/null)" -- "$current")) ;;
    esac
}}
complete -o default -F _solo solo ./solo
"""
_ZSH = """\
#compdef solo
# Completion of solo for zsh: source <(solo completion zsh)
_solo() {{
    local -a verbs flags
    verbs=(
{verbs}
    )
    if (( CURRENT == 2 )); then
        _describe command verbs
        return
    fi
    case $words[2] in
{cases}
    esac
    case $PREFIX in
    -*) compadd -- $flags ;;
    .*|/*) _files ;;
    *) compadd -- ${{(f)"$(solo completion names 2>/dev/null)"}} ;;
    esac
}}
compdef _solo solo
"""


def run(session: session.Session) -> int:
    """Print the script, or the names that there are."""
    shell, *_ = session.parsed.at_most(1)
    if shell == 'names':
        session.write(''.join(f'{name}\n' for name in _names(session)))
    elif shell in ('bash', 'zsh'):
        session.write(script(shell))
    else:
        raise errors.UsageError(f'no completion for "{shell}": there are bash and zsh')
    return 0


def script(shell: str) -> str:
    """Return the script for *shell*: ``bash`` or ``zsh``."""
    verbs = sorted([*table.VERBS, *table.ALIASES])
    if shell == 'bash':
        cases = '\n'.join(f'    {verb}) flags="{" ".join(_flags(verb))}" ;;' for verb in verbs)
        return _BASH.format(verbs=' '.join(verbs), cases=cases)
    cases = '\n'.join(f'    {verb}) flags=({" ".join(_flags(verb))}) ;;' for verb in verbs)
    described = '\n'.join(f"        '{verb}:{_summary(verb)}'" for verb in verbs)
    return _ZSH.format(verbs=described, cases=cases)


def _flags(verb: str) -> list[str]:
    module = main.verb(verb)
    assert module is not None, 'every verb of the table has a module'
    return sorted(
        f'-{name}' if len(name) == 1 else f'--{name}'
        for flag in module.COMMAND.flags
        for name in flag.names
    )


def _summary(verb: str) -> str:
    summary = table.VERBS[table.ALIASES.get(verb, verb)]
    return summary.rstrip('.').replace("'", "'\\''").replace(':', '\\:')


def _names(session: session.Session) -> list[str]:
    """Return the names of applications and units; none when no controller answers."""
    try:
        status = wire.call(folders.socket(folders.data()), 'status', {'model': session.model})
    except errors.Error:
        return []
    found: list[str] = []
    for name, application in status['applications'].items():
        found += [name, *application.get('units', {})]
    return found

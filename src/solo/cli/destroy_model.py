"""``destroy-model``: end a model and all that is in it."""

from __future__ import annotations

from .. import errors, flags
from . import arguments, session, table
from .session import model_name

COMMAND = table.command(
    'destroy-model',
    '<model name>',
    """\
Waits until the model is gone. With persistent storage in the model, say whether to destroy it or
to release it: released data stay where they are.""",
    table.NO_PROMPT,
    table.DESTROY_STORAGE,
    flags.Flag(('release-storage',), 'bool', help='Release all storage from the model, keep data'),
    table.FORCE,
    table.NO_WAIT,
    flags.Flag(('t', 'timeout'), help='With --force: the longest wait for hooks, such as 5s'),
    model=False,
)


def run(session: session.Session) -> int:
    """Destroy the model, and tell how it goes."""
    asked, *_ = session.parsed.at_most(1)
    if not asked:
        raise errors.UsageError('no model specified')
    if session.flags['destroy-storage'] and session.flags['release-storage']:
        raise errors.UsageError('--destroy-storage and --release-storage cannot both be specified')
    arguments.check_no_wait(session.parsed)
    timeout = arguments.seconds(session.parsed, 'timeout', -1.0)
    if session.flags['timeout'] and timeout < 0:
        raise errors.UsageError('--timeout must be zero or greater')
    if session.flags['timeout'] and not session.flags['force']:
        raise errors.UsageError('--timeout can only be used with --force (dangerous)')
    name = model_name(asked)
    if not arguments.is_confirmed(session.parsed):
        arguments.confirm(
            f'WARNING This command will destroy the "{name}" model and affect the following '
            f'resources. It cannot be stopped.\n{_affected(session, name)}\n\n'
            'To continue, enter the name of the model to be destroyed: ',
            'model destruction',
            name,
        )
    session.call(
        'destroy_model',
        session.progress,
        name=name,
        destroy_storage=session.flags['destroy-storage'],
        release_storage=session.flags['release-storage'],
        force=session.flags['force'],
        no_wait=session.flags['no-wait'],
        timeout=timeout,
    )
    session.say('Model destroyed.')
    return 0


def _affected(session: session.Session, name: str) -> str:
    """Return what goes with the model, a line each. Source: juju: cmd/juju/model/destroy.go."""
    status = session.call('status', model=name)
    lines: list[str] = []
    machines = [f'"{key} ({each["instance-id"]})"' for key, each in status['machines'].items()]
    if machines:
        lines.append(f' - {_count(machines, "machine")} will be destroyed')
        lines.append(f'  - machine list: {" ".join(machines)}')
    applications = [f'"{key}"' for key in status['applications']]
    lines.append(f' - {_count(applications, "application")} will be removed')
    if applications:
        lines.append(f'  - application list: {" ".join(applications)}')
    found = list(status.get('storage', {}).get('filesystems', {}))
    fate = 'released' if session.flags['release-storage'] else 'destroyed'
    lines.append(f' - {_count(found, "filesystem")} and 0 volume will be {fate}')
    return '\n'.join(lines)


def _count(items: list[str], noun: str) -> str:
    return f'{len(items)} {noun}{"s" if len(items) > 1 else ""}'

"""The hook commands: name, flags and handler of each. To add one, add an entry.

Source of flags and texts: juju 3.6: worker/uniter/runner/jujuc/.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .. import errors, flags
from . import (
    action,
    config,
    goal,
    leader,
    log,
    network,
    payload,
    port,
    reboot,
    relation,
    resource,
    secret,
    state,
    status,
    storage,
)
from .call import Call, output_flags
from .context import Context

logger = logging.getLogger(__name__)

Handler = Callable[[Context, Call], None]
_OUTPUT = output_flags()
_YAML_OUTPUT = output_flags('yaml')


class Tool(NamedTuple):
    """One hook command."""

    command: flags.Command
    handler: Handler


class Answer(NamedTuple):
    """What a hook command printed, and its exit code."""

    code: int
    out: bytes = b''
    err: bytes = b''


def _tool(
    name: str, handler: Handler, summary: str, args: str = '', *given: flags.Flag
) -> tuple[str, Tool]:
    return name, Tool(flags.Command(name, args, summary, flags=given), handler)


def _bool(name: str, text: str) -> flags.Flag:
    return flags.Flag((name,), 'bool', help=text)


_RELATION = relation.RELATION_FLAG
_FILE = flags.Flag(('file',), help='file containing key-value pairs')
_APP_BAG = _bool('app', 'pick whether you are setting "application" settings or "unit" settings')
_APPLICATION = _bool('application', 'the status of the application, if this unit is the leader')
_ENDPOINTS = flags.Flag(('endpoints',), help='a comma-delimited list of application endpoints')

TOOLS: dict[str, Tool] = dict(
    (
        _tool('action-fail', action.fail, 'Set action fail status with message.', '["<message>"]'),
        _tool('action-get', action.get, 'Get action parameters.', '[<key>[.<key>...]]', *_OUTPUT),
        _tool('action-log', action.log, 'Record a progress message.', '<message>'),
        _tool(
            'action-set', action.set_, 'Set action results.', '<key>=<value> [<key>=<value> ...]'
        ),
        _tool('add-metric', payload.add_metric, 'Add metrics.', '<key>=<value> [...]'),
        _tool(
            'application-version-set',
            status.version_set,
            'Specify which version of the application is deployed.',
            '<new-version>',
        ),
        _tool(
            'close-port',
            port.close,
            'Register a request to close a port or port range.',
            '<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp',
            _ENDPOINTS,
        ),
        _tool(
            'config-get',
            config.get,
            'Print application configuration.',
            '[<key>]',
            flags.Flag(('a', 'all'), 'bool', help='Print all keys'),
            *_OUTPUT,
        ),
        _tool('credential-get', goal.credential, 'Access cloud credentials.', '', *_OUTPUT),
        _tool(
            'goal-state',
            goal.state,
            "Print the status of the charm's peers and related units.",
            '',
            *_YAML_OUTPUT,
        ),
        _tool('is-leader', leader.is_leader, 'Print application leadership status.', '', *_OUTPUT),
        _tool(
            'juju-log',
            log.log,
            'Write a message to the juju log.',
            '<message>',
            _bool('debug', 'log at debug level'),
            flags.Flag(
                ('l', 'log-level'), default='INFO', help='Send log message at the given level'
            ),
        ),
        _tool(
            'juju-reboot',
            reboot.reboot,
            'Reboot the host machine.',
            '',
            _bool('now', 'reboot immediately, killing the invoking process'),
        ),
        _tool(
            'leader-get', leader.get, 'Print application leadership settings.', '[<key>]', *_OUTPUT
        ),
        _tool(
            'leader-set',
            leader.set_,
            'Write application leadership settings.',
            '<key>=<value> [...]',
        ),
        _tool(
            'network-get',
            network.get,
            'Get network config.',
            '<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]',
            _bool(
                'bind-address', 'get the address for the binding on which the unit should listen'
            ),
            _bool('egress-subnets', 'get the egress subnets for the binding'),
            _bool('ingress-address', 'get the ingress address for the binding'),
            _bool('primary-address', '(deprecated) get the primary address for the binding'),
            _RELATION,
            *_OUTPUT,
        ),
        _tool(
            'open-port',
            port.open_,
            'Register a request to open a port or port range.',
            '<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp',
            _ENDPOINTS,
        ),
        _tool(
            'opened-ports',
            port.opened,
            'List all ports or port ranges opened by the unit.',
            '',
            _bool(
                'endpoints', 'display the list of target application endpoints for each port range'
            ),
            *_OUTPUT,
        ),
        _tool(
            'payload-register',
            payload.register,
            'Register a charm payload with Juju.',
            '<type> <class> <id> [tags...]',
        ),
        _tool(
            'payload-status-set',
            payload.status_set,
            'Update the status of a payload.',
            '<class> <id> <status>',
        ),
        _tool(
            'payload-unregister',
            payload.unregister,
            'Stop tracking a payload.',
            '<class> <id>',
        ),
        _tool(
            'relation-get',
            relation.get,
            'Get relation settings.',
            '<key> <unit id>',
            _bool('app', 'Get the relation data for the overall application, not just a unit'),
            _RELATION,
            *_OUTPUT,
        ),
        _tool(
            'relation-ids',
            relation.ids,
            'List all relation IDs for the given endpoint.',
            '<name>',
            *_OUTPUT,
        ),
        _tool(
            'relation-list',
            relation.list_,
            'List relation units.',
            '',
            _bool('app', 'List remote application instead of participating units'),
            _RELATION,
            *_OUTPUT,
        ),
        _tool(
            'relation-model-get',
            relation.model_get,
            'Get details about the model hosting a related application.',
            '',
            _RELATION,
            *_OUTPUT,
        ),
        _tool(
            'relation-set',
            relation.set_,
            'Set relation settings.',
            '<key>=<value> [<key>=<value> ...]',
            _APP_BAG,
            _FILE,
            flags.Flag(('format',), help='deprecated format flag'),
            _RELATION,
        ),
        _tool(
            'resource-get',
            resource.get,
            'Get the path to the locally cached resource file.',
            '<name>',
        ),
        _tool(
            'secret-add', secret.add, 'Add a new secret.', '[key=value...]', *secret.UPDATE_FLAGS
        ),
        _tool(
            'secret-get',
            secret.get,
            'Get the content of a secret.',
            '<ID> [key[#base64]]',
            flags.Flag(('label',), help='a label used to identify the secret in hooks'),
            _bool('peek', 'get the latest revision just this time'),
            _bool('refresh', 'get the latest revision and also get this same revision next time'),
            _bool('update', '(deprecated) as --refresh'),
            *_YAML_OUTPUT,
        ),
        _tool(
            'secret-grant',
            secret.grant,
            'Grant access to a secret.',
            '<ID>',
            _RELATION,
            flags.Flag(('unit',), help='the unit to grant access'),
        ),
        _tool('secret-ids', secret.ids, 'Print secret IDs.', '', *_OUTPUT),
        _tool(
            'secret-info-get',
            secret.info_get,
            "Get a secret's metadata info.",
            '<ID>',
            flags.Flag(('label',), help='a label used to identify the secret'),
            *_YAML_OUTPUT,
        ),
        _tool(
            'secret-remove',
            secret.remove,
            'Remove an existing secret.',
            '<ID>',
            flags.Flag(('revision',), 'int', help='remove the specified revision'),
        ),
        _tool(
            'secret-revoke',
            secret.revoke,
            'Revoke access to a secret.',
            '<ID>',
            flags.Flag(('app', 'application'), help='the application to revoke access'),
            _RELATION,
            flags.Flag(('unit',), help='the unit to revoke access'),
        ),
        _tool(
            'secret-set',
            secret.set_,
            'Update an existing secret.',
            '<ID> [key[#base64]=value...]',
            *secret.UPDATE_FLAGS,
        ),
        _tool('state-delete', state.delete, 'Delete server-side-state key value pair.', '<key>'),
        _tool(
            'state-get',
            state.get,
            'Print server-side-state value.',
            '[<key>]',
            _bool('strict', 'Return an error if the requested key does not exist'),
            *_OUTPUT,
        ),
        _tool(
            'state-set', state.set_, 'Set server-side-state values.', '<key>=<value> [...]', _FILE
        ),
        _tool(
            'status-get',
            status.get,
            'Print status information.',
            '',
            _APPLICATION,
            _bool('include-data', 'print all status data'),
            *_OUTPUT,
        ),
        _tool(
            'status-set',
            status.set_,
            'Set status information.',
            '<maintenance | blocked | waiting | active> [message]',
            _APPLICATION,
        ),
        _tool(
            'storage-add',
            storage.add,
            'Add storage instances.',
            '<charm storage name>[=count] ...',
        ),
        _tool(
            'storage-get',
            storage.get,
            'Print information for the storage instance with the specified ID.',
            '[<key>]',
            flags.Flag(('s',), help='specify a storage instance by id'),
            *_OUTPUT,
        ),
        _tool(
            'storage-list',
            storage.list_,
            'List storage attached to the unit.',
            '[<name>]',
            *_OUTPUT,
        ),
        _tool(
            'unit-get',
            network.unit_get,
            'Print public-address or private-address.',
            '<setting>',
            *_OUTPUT,
        ),
    )
)


def run(
    context: Context,
    name: str,
    args: Sequence[str],
    folder: str,
    ask_stdin: Callable[[], bytes],
    root: str = '',
) -> Answer:
    """Run one hook command in *context* as its process would.

    Args:
        context: The running hook.
        name: The command's name.
        args: Its arguments.
        folder: The caller's working directory.
        ask_stdin: Fetches the caller's standard input.
        root: The folder that is the caller's ``/``, when its files aren't ours.
    """
    tool = TOOLS.get(name)
    if tool is None:
        return Answer(1, err=f'ERROR bad request: unknown command: {name}\n'.encode())
    try:
        call = Call(flags.parse(tool.command, args), folder, ask_stdin, root)
    except flags.HelpAsked:
        return Answer(0, flags.help_text(tool.command).encode())
    except errors.UsageError as error:
        return Answer(2, err=_failure(error))
    try:
        tool.handler(context, call)
    except errors.Error as error:
        return Answer(error.exit_code, bytes(call.out), bytes(call.err) + _failure(error))
    except Exception:
        # Whatever is wrong with us, the charm gets an answer and the operator the traceback.
        logger.exception('the hook command %s of %s had a fault', name, context.unit.name)
        fault = errors.Error(f'cannot run {name}: a fault of solo, see the log of its controller')
        return Answer(1, bytes(call.out), _failure(fault))
    return Answer(0, bytes(call.out), bytes(call.err))


def _failure(error: errors.Error) -> bytes:
    return f'ERROR {error.message}\n'.encode('utf-8', 'surrogateescape')

"""The verbs and the flags that many of them share: parser, help, completion and docs read them."""

from __future__ import annotations

from .. import flags

VERBS = {
    'actions': 'List actions defined for an application.',
    'add-machine': 'Provision a new machine and assign it to the model.',
    'add-model': 'Add a workload model.',
    'add-secret': 'Add a new secret.',
    'add-ssh-key': 'Add a public SSH key to a model.',
    'add-storage': 'Add storage to a unit after it has been deployed.',
    'add-unit': 'Add one or more units to a deployed application.',
    'alias': 'Install another name for solo, such as juju.',
    'attach-resource': 'Update a resource for an application.',
    'attach-storage': 'Attach existing storage to a unit.',
    'bind': 'Change bindings for a deployed application.',
    'bootstrap': 'Initialise the controller of this machine.',
    'cancel-task': 'Cancel pending or running tasks.',
    'clouds': 'List all clouds available.',
    'completion': 'Print the completion script of a shell.',
    'config': 'Get, set, or reset configuration for a deployed application.',
    'constraints': 'Display machine constraints for an application.',
    'consume': 'Add a remote offer to the model.',
    'controller': 'Run, stop, look at or enable the controller process.',
    'controllers': 'List all controllers.',
    'create-storage-pool': 'Create or define a storage pool.',
    'debug-code': 'Launch a tmux session to debug hooks and/or actions.',
    'debug-hooks': 'Launch a tmux session to debug hooks and/or actions.',
    'debug-log': 'Display log messages for a model.',
    'deploy': 'Deploy a new application.',
    'destroy-controller': 'Destroy the controller and all that it keeps.',
    'destroy-model': 'Terminate all machines and resources of a model.',
    'detach-storage': 'Detach storage from units.',
    'diff-bundle': 'Compare a bundle with a model and report any differences.',
    'doctor': 'Tell what this machine is missing, and the command that mends it.',
    'exec': 'Run the commands on the remote targets specified.',
    'export-bundle': 'Export the current model configuration as a reusable bundle.',
    'expose': 'Make an application publicly available over the network.',
    'find-offers': 'Find offered application endpoints.',
    'grant-secret': 'Grant access to a secret.',
    'help': 'Show help on a command or other topic.',
    'help-hook-commands': 'Show help on a hook command.',
    'import-filesystem': 'Import a filesystem into the model.',
    'integrate': 'Integrate two applications.',
    'kill-controller': 'Forcibly terminate all machines and the controller.',
    'machine': 'Switch the power of machines, and cut and heal their cables.',
    'machines': 'List machines in a model.',
    'model-config': 'Display or set configuration values of a model.',
    'model-constraints': 'Display machine constraints for a model.',
    'models': 'List the models of the controller.',
    'offer': 'Offer application endpoints for use in other models.',
    'offers': 'List shared endpoints.',
    'operations': 'List pending, running, or completed operations.',
    'pack': 'Pack a charm folder into a file that Juju accepts.',
    'refresh': "Refresh an application's charm.",
    'remove-application': 'Remove applications from the model.',
    'remove-machine': 'Remove one or more machines from a model.',
    'remove-offer': 'Remove one or more offers specified by their URL.',
    'remove-relation': 'Remove an existing relation between two applications.',
    'remove-saas': 'Remove consumed applications (SAAS) from the model.',
    'remove-secret': 'Remove an existing secret.',
    'remove-ssh-key': 'Remove a public SSH key (or keys) from a model.',
    'remove-storage': 'Remove storage from the model.',
    'remove-storage-pool': 'Remove an existing storage pool.',
    'remove-unit': 'Remove application units from the model.',
    'resolved': 'Mark unit errors resolved and re-execute failed hooks.',
    'resources': 'Show the resources for an application or unit.',
    'resume-relation': 'Resume a suspended relation to an application offer.',
    'retry-provisioning': 'Retry provisioning for failed machines.',
    'revoke-secret': 'Revoke access to a secret.',
    'run': 'Run an action on a specified unit.',
    'scp': 'Securely transfer files within a model.',
    'secrets': 'List secrets available in the model.',
    'set-constraints': 'Set machine constraints for an application.',
    'set-model-constraints': 'Set machine constraints on a model.',
    'show-action': 'Show detailed information about an action.',
    'show-application': 'Display information about an application.',
    'show-controller': 'Show detailed information of a controller.',
    'show-machine': "Show a machine's status.",
    'show-model': 'Show information about the current or specified model.',
    'show-offer': 'Show extended information about the offered application.',
    'show-operation': 'Show results of an operation.',
    'show-secret': 'Show details for a specific secret.',
    'show-status-log': 'Output past statuses for the specified entity.',
    'show-storage': 'Show storage instance information.',
    'show-task': 'Show results of a task by ID.',
    'show-unit': 'Display information about a unit.',
    'spaces': 'List known spaces, including associated subnets.',
    'ssh': "Open a shell or run a command in a unit's machine.",
    'ssh-keys': 'List the currently known SSH keys for the model.',
    'status': 'Report the status of the model, its machines, applications and units.',
    'storage': 'List storage details.',
    'storage-pools': 'List storage pools.',
    'suspend-relation': 'Suspend a relation to an application offer.',
    'switch': 'Select or identify the current model.',
    'trust': 'Set the trust status of a deployed application to true.',
    'unexpose': 'Remove public availability over the network for an application.',
    'update-secret': 'Update an existing secret.',
    'users': 'List users who can connect to the controller.',
    'version': 'Print the Juju version that is spoken here.',
    'wait-for': 'Wait for an entity to reach a specified state.',
    'whoami': 'Print the current controller, model, and logged in user name.',
}
# What Juju has for clouds, users and its shop, and why it isn't here.
_SHOP = 'charms come from files here, not from Charmhub; yours is a path such as "./mycharm"'
_CLOUD = 'the only cloud is this machine'
_USERS = 'there is one user, admin'
ABSENT = {
    **dict.fromkeys(('download', 'find', 'info', 'charm-resources'), _SHOP),
    **dict.fromkeys(
        ('add-cloud', 'add-credential', 'credentials', 'autoload-credentials'), _CLOUD
    ),
    **dict.fromkeys(('show-cloud', 'regions', 'show-credential', 'update-credential'), _CLOUD),
    **dict.fromkeys(('show-user', 'change-user-password', 'unregister'), _USERS),
    'controller-config': 'the controller has no settings; a model has, see "model-config"',
    'create-backup': 'stop the controller and copy its data directory',
    'import-ssh-key': 'no key is fetched; "add-ssh-key" takes the key itself',
    'payloads': 'what "payload-register" says is only checked',
    **dict.fromkeys(('add-k8s', 'remove-cloud', 'remove-credential', 'update-cloud'), _CLOUD),
    **dict.fromkeys(('add-user', 'remove-user', 'grant', 'revoke', 'login', 'logout'), _USERS),
    **dict.fromkeys(('add-space', 'move-to-space', 'rename-space'), 'there is one space, alpha'),
    'model-defaults': '"bootstrap --model-default" and "add-model --config" say it',
    **dict.fromkeys(
        ('disable-command', 'disabled-commands', 'enable-command'),
        'there is one operator; "model-config mode=requires-prompts" asks before removals',
    ),
    **dict.fromkeys(('enable-ha', 'migrate', 'register'), 'there is one controller'),
    **dict.fromkeys(
        ('upgrade-controller', 'upgrade-model', 'sync-agent-binary'),
        'a newer solo takes the place of the running one by itself',
    ),
}
ALIASES = {
    'add-relation': 'integrate',
    'attach': 'attach-resource',
    'debug-hook': 'debug-hooks',
    'help-action-commands': 'help-hook-commands',
    'get-constraints': 'constraints',
    'get-model-constraints': 'model-constraints',
    'list-actions': 'actions',
    'list-clouds': 'clouds',
    'list-controllers': 'controllers',
    'list-machines': 'machines',
    'list-models': 'models',
    'list-offers': 'offers',
    'list-operations': 'operations',
    'list-resources': 'resources',
    'list-secrets': 'secrets',
    'list-spaces': 'spaces',
    'list-ssh-keys': 'ssh-keys',
    'list-storage': 'storage',
    'list-storage-pools': 'storage-pools',
    'list-users': 'users',
    'relate': 'integrate',
    'remove-consumed-application': 'remove-saas',
    'resolve': 'resolved',
    'show-status': 'status',
    'show-status-history': 'show-status-log',
    'upgrade-charm': 'refresh',
}

COMMON = (
    flags.Flag(('debug',), 'bool', help='Show the traceback of a failure'),
    flags.Flag(('q', 'quiet'), 'bool', help='Show no informational output'),
    flags.Flag(('v', 'verbose'), 'bool', help='Show more verbose output'),
    flags.Flag(('show-log',), 'bool', help='Accepted for Juju: what a command says is on stderr'),
    flags.Flag(('logging-config',), help='Accepted for Juju, without effect'),
    flags.Flag(('B', 'no-browser-login'), 'bool', help='Accepted for Juju: nobody logs in'),
)
MODEL = flags.Flag(
    ('m', 'model'), help='Model to operate in. Accepts [<controller name>:]<model name>'
)
WAIT = flags.Flag(
    ('wait',), 'bool', help='Show the progress, and end when the applications have settled'
)
NO_PROMPT = flags.Flag(('y', 'yes', 'no-prompt'), 'bool', help='Do not ask for confirmation')
FORCE = flags.Flag(('force',), 'bool', help='Go on when something fails on the way')
NO_WAIT = flags.Flag(
    ('no-wait',), 'bool', help='With --force: do not wait for each step to complete'
)
# Where the hooks decide when it ends, and nothing is waited for.
FORCE_IGNORED = flags.Flag(('force',), 'bool', help='Accepted for Juju: without effect')
NO_WAIT_IGNORED = flags.Flag(('no-wait',), 'bool', help='Accepted for Juju: without effect')
UTC = flags.Flag(('utc',), 'bool', help='Display timestamps in the UTC timezone')
COLOR = flags.Flag(('color',), 'bool', help='Use ANSI color codes in output')
NO_COLOR = flags.Flag(('no-color',), 'bool', help='Disable ANSI color codes in output')
COLORS = (COLOR, NO_COLOR)
# What ssh and its relatives have in Juju.
REMOTE = (
    flags.Flag(('container',), help='Accepted for Juju: for Kubernetes only'),
    flags.Flag(('no-host-key-checks',), 'bool', help='Accepted for Juju: no keys are involved'),
    flags.Flag(('proxy',), 'bool', help='Accepted for Juju: there is no network between'),
    flags.Flag(('remote',), 'bool', help='Accepted for Juju: for Kubernetes only'),
)
PTY = flags.Flag(('pty',), help='Accepted for Juju: the terminal is handed on')
OUTPUT = flags.Flag(('o', 'output'), help='Specify an output file')
TO = flags.Flag(('to',), help='Place units on these machines, separated by commas')
ATTACH_STORAGE = flags.Flag(
    ('attach-storage',), 'list', help='Existing storage to attach to the unit'
)
DESTROY_STORAGE = flags.Flag(
    ('destroy-storage',), 'bool', help='Destroy the storage as well, with its data'
)


def command(
    name: str,
    args: str = '',
    details: str = '',
    *options: flags.Flag,
    model: bool = True,
) -> flags.Command:
    """Return the table of verb *name*: its own flags, and those that every verb has."""
    return flags.Command(
        name,
        args,
        VERBS[name],
        details,
        (*options, *((MODEL,) if model else ()), *COMMON),
        tuple(alias for alias, verb in ALIASES.items() if verb == name),
    )


def formats(*names: str) -> tuple[flags.Flag, flags.Flag]:
    """Return the flags ``--format``, with the first of *names* as default, and ``--output``."""
    listed = '|'.join(sorted(names))
    return (
        flags.Flag(
            ('format',), default=names[0], help=f'Specify output format ({listed})', choices=names
        ),
        OUTPUT,
    )

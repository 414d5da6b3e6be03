"""A database whose tables belong to one role, so that all clients who share it see all of them.

A client's user makes a table in its own name, with the rights that it was given; an event trigger
then hands it over to the database's owner role, which every client of the database is a member
of. (``SET ROLE`` at login would do that too, but takes away the roles that a client asked for.)

Source: PostgreSQL manual, "Event Triggers", "Event Trigger Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

_SCHEMA = 'juju'

LOCK_TIMEOUT = '1000'
"""Milliseconds to wait for a client's transaction: no hook may take long."""

_OURSELVES = {
    'role': 'none',
    'search_path': 'pg_catalog',
    'statement_timeout': '0',
    'lock_timeout': LOCK_TIMEOUT,
    'idle_in_transaction_session_timeout': '0',
    'row_security': 'off',
    'check_function_bodies': 'on',
}

# Tables go first: the sequences of their columns follow them, and can't go alone.
_ADOPT = """
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT classid, objid, object_type, object_identity
        FROM pg_event_trigger_ddl_commands()
        WHERE NOT in_extension AND schema_name IS DISTINCT FROM 'pg_temp'
            AND object_type IN ('table', 'view', 'materialized view', 'foreign table', 'sequence',
                'schema', 'function', 'procedure', 'aggregate', 'type', 'domain')
        ORDER BY object_type = 'sequence'
    LOOP
        IF EXISTS (
            SELECT FROM pg_shdepend AS owned
            JOIN pg_database AS here ON here.oid = owned.dbid
            JOIN pg_auth_members AS client ON client.member = owned.refobjid
            JOIN pg_roles AS family ON family.oid = client.roleid
            WHERE owned.classid = made.classid AND owned.objid = made.objid
                AND owned.deptype = 'o' AND here.datname = current_database()
                AND family.rolname = {owner}
        ) THEN
            EXECUTE format('ALTER %s %s OWNER TO %I',
                made.object_type, made.object_identity, {owner});
        END IF;
    END LOOP;
END
"""


def be_ourselves(inside: Connection[Any]) -> None:
    """Undo for this transaction what a client made its database set for whoever enters it."""
    inside.execute('SET TRANSACTION READ WRITE')
    for name, value in _OURSELVES.items():
        inside.execute(f'SET LOCAL {name} = {value}'.encode())


def share(inside: Connection[Any], database: str, owner: str, *, is_ours: bool) -> None:
    """Give *owner*'s members the use of a database, and *owner* what they make there.

    All of it is done or nothing, and it may be done again.

    Args:
        inside: A superuser's connection to that database.
        database: Its name.
        owner: The role that the clients are members of.
        is_ours: Whether we made the database; from one made by hand nothing is taken away.
    """
    from psycopg import sql

    names = {
        'database': sql.Identifier(database),
        'owner': sql.Identifier(owner),
        'schema': sql.Identifier(_SCHEMA),
        'function': sql.Identifier(_SCHEMA, 'adopt'),
        'trigger': sql.Identifier('juju_adopt'),
    }
    body = sql.SQL(_ADOPT).format(owner=sql.Literal(owner)).as_string(inside)

    def run(text: sql.SQL) -> None:
        inside.execute(text.format(**names, body=sql.Literal(body)))

    with inside.transaction():
        be_ourselves(inside)
        if is_ours:
            run(sql.SQL('REVOKE ALL ON DATABASE {database} FROM PUBLIC'))
        run(sql.SQL('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {owner}'))
        if _has(inside, "SELECT FROM pg_namespace WHERE nspname = 'public'"):
            run(sql.SQL('GRANT ALL ON SCHEMA public TO {owner}'))
            if is_ours:  # before PostgreSQL 15 everybody could make tables there
                run(sql.SQL('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
        # A client may have entered before us, and made them.
        run(sql.SQL('CREATE SCHEMA IF NOT EXISTS {schema}'))
        run(sql.SQL('ALTER SCHEMA {schema} OWNER TO SESSION_USER'))
        run(
            sql.SQL(
                'CREATE OR REPLACE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql'
                ' SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {body}'
            )
        )
        run(sql.SQL('ALTER FUNCTION {function}() OWNER TO SESSION_USER'))
        if not _has(inside, "SELECT FROM pg_event_trigger WHERE evtname = 'juju_adopt'"):
            run(
                sql.SQL(
                    'CREATE EVENT TRIGGER {trigger} ON ddl_command_end'
                    ' EXECUTE FUNCTION {function}()'
                )
            )


def _has(inside: Connection[Any], query: str) -> bool:
    return bool(inside.execute(query.encode()).rowcount)

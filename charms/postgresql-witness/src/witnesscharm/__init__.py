"""A third voter in etcd, without data, for PostgreSQL applications of two units.

:mod:`witnesscharm.app` is what Juju sees, :mod:`witnesscharm.voter` one member of etcd. How etcd
is run and asked comes from the PostgreSQL charm's own source.
"""

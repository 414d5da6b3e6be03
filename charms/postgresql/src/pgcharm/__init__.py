"""The PostgreSQL charm: what it wants, what it sees, what it does about the difference.

``reconcile`` is where to start reading. Imports go one way:
``charm`` → ``reconcile`` → ``desired | observed | plan | steps | status`` →
``patroni | etcd | postgres | services`` → ``config | peers | layout``.
"""

"""Clients over ``db`` and ``db-admin``: the only package that knows the wire format.

``wire`` reads requests and renders bags, ``names`` and ``passwords`` say who a client is,
``grants`` makes roles and databases, ``rules`` lets its units in. Source: the seed, "Interacting
with the Postgresql Service".
"""

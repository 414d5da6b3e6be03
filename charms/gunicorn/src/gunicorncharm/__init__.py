"""The gunicorn charm.

Every event ends in one ``reconcile`` (:mod:`.app`): read what is to be served (:mod:`.wanted`),
try it, and keep it running (:mod:`.server`) under whoever keeps services here (:mod:`.keeping`).
"""

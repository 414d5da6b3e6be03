"""The Django charm.

Every event ends in one ``reconcile`` (:mod:`.app`): read what is wanted (:mod:`.options`,
:mod:`.database`), make the code ready (:mod:`.environment`, :mod:`.project`), look at the site and
migrate it (:mod:`.site`), tell the server (:mod:`.wsgi`), and say how it is (:mod:`.status`).
"""

"""A folder for Patroni's search path, not for ours: see :mod:`pgcharm.patroni_daemon`."""

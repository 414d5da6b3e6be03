"""A folder for Patroni's search path, not a package to import: see :mod:`pgcharm.patroni_daemon`."""

"""The embedded single-machine Juju: runs any machine charm, without a controller in a cloud."""

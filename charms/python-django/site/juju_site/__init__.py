"""What the charm adds to a Django project: settings, the database's comings and goings, health."""

"""Where units live: the provider interface and what is behind it."""

#!/usr/bin/env python3
"""Django's commands for the guest book: without a charm around it, ``python manage.py check``."""

import os
import sys

if __name__ == '__main__':
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'guestbook.settings')
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)

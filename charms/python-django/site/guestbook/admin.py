"""The guest book in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from . import models

admin.site.register(models.Entry, list_display=('who', 'what', 'when', 'served_by', 'written_to'))
admin.site.register(models.Master, list_display=('unit', 'timeline', 'since'))

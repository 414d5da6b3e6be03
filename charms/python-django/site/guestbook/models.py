"""What the guest book keeps: entries, and each PostgreSQL unit that was seen taking writes."""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One visitor's words."""

    who = models.CharField(max_length=60)
    what = models.TextField(max_length=500)
    when = models.DateTimeField(auto_now_add=True)
    served_by = models.CharField(max_length=80, editable=False)
    written_to = models.CharField(max_length=120, editable=False)

    class Meta:
        """Newest first."""

        ordering = ('-id',)
        verbose_name_plural = 'entries'

    def __str__(self) -> str:
        return f'{self.who}: {self.what[:40]}'


class Master(models.Model):
    """A PostgreSQL unit that was seen as the master; a new timeline is a failover."""

    timeline = models.PositiveIntegerField(primary_key=True)
    unit = models.CharField(max_length=120)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first."""

        ordering = ('-timeline',)

    def __str__(self) -> str:
        return f'{self.unit} (timeline {self.timeline})'

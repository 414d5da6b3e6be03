"""The guest book's one page: sign, read, and see who did the work."""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeArgument=false

from __future__ import annotations

from django import forms, http, shortcuts

from juju_site import databases, facts

from . import masters, models

SHOWN = 20


class EntryForm(forms.ModelForm):
    """Who and what; when is the database's."""

    class Meta:
        """The form's fields."""

        model = models.Entry
        fields = ('who', 'what')
        widgets = {  # noqa: RUF012 - Django's own way
            'who': forms.TextInput(attrs={'placeholder': 'Your name', 'autocomplete': 'name'}),
            'what': forms.Textarea(
                attrs={'rows': 3, 'placeholder': 'What would you like to say?'}
            ),
        }


def page(request: http.HttpRequest) -> http.HttpResponse:
    """Show the page; with POST, sign the book first."""
    form = EntryForm(request.POST or None)
    if request.method == 'POST' and form.is_valid():
        databases.Router().db_for_write()
        unit, _ = databases.place()
        entry = form.save(commit=False)
        entry.served_by = facts.current().unit
        entry.written_to = unit
        entry.save()
        return shortcuts.redirect('page')
    can_write = databases.Router().db_for_read() == 'default'
    unit, where = databases.place()
    if can_write and unit:
        masters.notice(unit)
    seen = masters.seen()
    now = facts.current()
    context = {
        'form': form,
        'entries': models.Entry.objects.all()[:SHOWN],
        'count': models.Entry.objects.count(),
        'can_write': can_write,
        'served_by': now.unit,
        'database': unit,
        'where': where,
        'states': sorted(now.states.items()),
        'masters': seen,
        'failovers': max(len(seen) - 1, 0),
    }
    return shortcuts.render(request, 'guestbook/page.html', context)

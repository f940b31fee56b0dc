"""`{{ text|spoken }}`: a text that is kept in English, in the language of who reads the page."""

from django import template

from commands.engine.spoken import spoken

register = template.Library()
register.filter("spoken", spoken)

"""`{{ text|spoken }}`: a text that is kept in English, in the language of who reads the page."""

from django import template

from commands.engine import readable

register = template.Library()
register.filter("spoken", readable.spoken)

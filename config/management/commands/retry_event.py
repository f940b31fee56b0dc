"""Let a read table or a listener try again the event that stopped it."""

from django.core.management.base import CommandParser

from config.steering import EventCommand


class Command(EventCommand):
    help = (
        "Let a read table or a listener try again the event that stopped it, or one that was "
        "skipped. The worker does it within a second; if the event fails again, it stops there "
        "again. Who did it and why is kept.\n\n"
        "Examples:\n"
        "  python manage.py retry_event daily_totals\n"
        '  python manage.py retry_event sweep --reason "The defect is mended" --as ann'
    )
    action = "retry"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--reason", default="Tried again by hand", help="why; it is kept (%(default)s)"
        )

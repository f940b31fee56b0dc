"""Leave out an event that a read table or a listener cannot handle."""

from django.core.management.base import CommandParser

from config.steering import EventCommand


class Command(EventCommand):
    help = (
        "Let a read table or a listener go on without the event that stopped it. The event "
        "stays in the log; what it would have done is left out, also when all is made anew, until "
        "`retry_event` takes it up again. Who did it and why is kept.\n\n"
        "Examples:\n"
        '  python manage.py skip_event daily_totals --reason "Posted by a bug"\n'
        '  python manage.py skip_event sweep --position 812 --reason "A known defect" --as ann'
    )
    action = "skip"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", required=True, help="why; it is kept")

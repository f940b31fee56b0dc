#!/usr/bin/env python
"""Start Django's management commands; what keeps them from starting is told in a sentence."""

import os
import signal
import sys


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.get("NO_COLOR"):
        os.environ["DJANGO_COLORS"] = "nocolor"
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    from config.home import CannotStart

    # So that what was started is stopped; those who end in their own way say so later.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # Whoever read the output has enough; the interpreter would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except EOFError:
        sys.exit("An answer was needed, and the input ended before it.")
    except (CannotStart, ImproperlyConfigured) as error:
        sys.exit(str(error))
    except UnicodeEncodeError as error:
        # An argument that is no UTF-8 travels as lone surrogates, which nothing can keep.
        if not any(argument in error.object for argument in sys.argv if not _is_text(argument)):
            raise
        sys.exit(f"This is not UTF-8: {error.object!a}")
    except ProgrammingError as error:
        if not str(error).startswith("relation"):
            raise
        sys.exit("The database lacks tables: run `manage.py migrate`.")
    except OperationalError as error:
        sys.exit(f"The database does not answer: {str(error).splitlines()[0]}")


def _is_text(argument: str) -> bool:
    return argument.encode(errors="replace").decode() == argument


if __name__ == "__main__":
    main()

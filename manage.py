#!/usr/bin/env python
"""The project's command line. `manage.py up` brings its own servers; everything else is Django's."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["up"]:
        # Before Django: settings cannot be loaded until the servers run.
        from oms.embedded.up import main as up

        sys.exit(up(sys.argv[2:]))
    if sys.argv[1:2] == ["fakegateway"]:
        # Without Django: it has books of its own, and is not to wait for ours.
        from payments.fakegateway.running import main as fakegateway

        return fakegateway(sys.argv[2:])

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except (
        ImproperlyConfigured
    ) as problem:  # a setting is wrong, and is named: where it was found out tells nobody more
        sys.exit(str(problem))


if __name__ == "__main__":
    main()

"""`python -m stepladder`: the same as the command `stepladder`."""

from stepladder.cli import main

raise SystemExit(main())

"""``python -m dedup``."""

import sys

from dedup.cli.main import main

sys.exit(main())

"""``python -m cds_service.cli``."""

from cds_service.cli.main import main

main()

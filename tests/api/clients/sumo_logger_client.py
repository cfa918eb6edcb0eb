"""Logs two messages by sumo-logger; given: the upload address."""

import sys

from sumo_logger import setup_sumo_logger

logger = setup_sumo_logger(sys.argv[1], "billing")
logger.info("first %s", 1)
logger.error("second é")

"""Logs two messages by OpenTelemetry's exporter; given: its endpoint."""

import logging
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

resource = Resource.create({"service.name": "shop", "host.name": "web-1"})
provider = LoggerProvider(resource)
exporter = OTLPLogExporter(endpoint=sys.argv[1], compression=Compression.Gzip)
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
logger = logging.getLogger("shop.cart")
logger.addHandler(LoggingHandler(logger_provider=provider))
logger.error("it broke", extra={"order": 7})
logger.warning("second é")
provider.shutdown()

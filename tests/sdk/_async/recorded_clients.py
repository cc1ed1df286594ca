"""Clients of a fault server whose telemetry is recorded."""

from __future__ import annotations

from typing import Any

from chatroutes import AsyncChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.telemetry_recorder import TelemetryRecorder

from .clients import make_client


def make_recorded_client(
    fault_server: FaultServer, recorder: TelemetryRecorder, **options: Any
) -> AsyncChatRoutes:
    return make_client(fault_server, telemetry=recorder.telemetry, **options)

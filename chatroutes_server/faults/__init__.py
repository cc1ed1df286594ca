"""Fault injection: failures that a test asks for."""

from chatroutes_server.faults.spec import Fault as Fault
from chatroutes_server.faults.spec import Faults as Faults

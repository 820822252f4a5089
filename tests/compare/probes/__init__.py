"""What each of Courier's files is seen to do. To add a probe: a function that returns what was seen, and an entry in the list of its area."""
from . import body, programs, queue, receiving, reports, sending, services

PROBES = [*queue.PROBES, *sending.PROBES, *reports.PROBES, *receiving.PROBES, *body.PROBES, *services.PROBES, *programs.PROBES]

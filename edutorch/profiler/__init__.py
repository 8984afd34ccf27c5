"""Where the time goes: which operators run, how often, for how long, and what they compute and keep.

    with torch.profiler.profile() as prof:
        train_one_step()
    print(prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=10))

Read `watch.py` first: how a function comes to be watched. Then `recorder.py` (what is noted of a call), `probes.py`
(which functions), `events.py` and `table.py` (what is made of it).
"""

from .events import DeviceType
from .profile import ProfilerActivity, _ExperimentalConfig, kineto_available, profile, supported_activities
from .schedule import ProfilerAction, schedule
from .session import record_function
from .trace import tensorboard_trace_handler

__all__ = [
    "profile",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "DeviceType",
    "record_function",
]

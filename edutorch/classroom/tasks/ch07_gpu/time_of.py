r"""Take the time of somebody who works behind your back

To start work on a GPU means to put it into a line, the *stream*; the program goes on at once. Whoever looks at the
clock before and after has timed the putting. `device.synchronize()` waits until the line is empty. And the first time
is never like the others: kernels are compiled, memory is asked for (lesson 7, section 3).

Write `time_of(device, work, repeats)`: how many milliseconds does one `work()` take, if `repeats` of them stand in line
one behind the other, as in a training loop? `device` is a model of a GPU, with a clock of its own:

- `device.now()`: what time it is for the program, in milliseconds;
- `device.synchronize()`: wait until everything in the line is done;
- `work()`: puts a piece of work into the line. The first call also compiles.

There may be work in the line already, of somebody else. Let `work` run once before you begin to measure; then measure
`repeats` of them together, and return the mean.

A work that takes 3 ms, and 0.5 ms to put in line: without waiting at the end you would measure 0.5 ms.
"""

from edutorch.classroom import Task


def time_of(device, work, repeats):
    """Return the milliseconds of one work, the mean of several that stand in line."""
    work()
    device.synchronize()
    start = device.now()
    for _ in range(repeats):
        work()
    device.synchronize()
    return (device.now() - start) / repeats


class Device:
    """A GPU in numbers: the program's clock, and the moment at which the line will be empty."""

    def __init__(self, queued):
        self.clock, self.empty_at = 0.0, queued

    def now(self):
        """Return the program's time in milliseconds."""
        return self.clock

    def synchronize(self):
        """Wait until the line is empty; to ask takes a little, too."""
        self.clock = max(self.clock, self.empty_at) + 0.25

    def put(self, to_put, to_do):
        """Put work into the line."""
        self.clock += to_put
        self.empty_at = max(self.empty_at, self.clock) + to_do


def cases(draw):
    """Long work; with others before it; short work, which the program cannot bring fast enough; many repeats."""

    def case(to_put, to_do, queued, repeats):
        return to_put, to_do, draw.randint(100, 900), queued, repeats

    yield case(0.5, float(draw.randint(2, 5)), 0, draw.randint(2, 4))
    yield case(0.5, float(draw.randint(6, 9)), draw.randint(20, 50), draw.randint(5, 9))
    yield case(1.0, 0.25, 0, draw.randint(4, 8))
    yield case(0.5, draw.randint(20, 40) / 8, 2000 + draw.randint(20, 50), draw.randint(20, 40))


def probe(time_of, ms_to_put, ms_to_do, ms_to_compile, ms_queued, repeats):
    """Give it a device, and work that takes so long."""
    device, called = Device(ms_queued), [0]

    def work():
        if not called[0]:
            device.clock += ms_to_compile
        called[0] += 1
        device.put(ms_to_put, ms_to_do)

    return time_of(device, work, repeats)


task = Task(
    time_of,
    cases=cases,
    probe=probe,
    minutes=10,
    points=2,
    hints=(
        "At which two moments do you look at the clock, and what is in the line at those moments?",
        "Nothing must be in the line when the clock starts, nothing when it stops. Who sees to that? And the compiling"
        " must be over.",
        "Work once, and wait. Look at the clock. Work `repeats` times, and wait *once*. Look again, and divide.",
    ),
)


def measured(device, work, repeats, before=None, after=None, each=None):
    """Measure with other things done before, after, and in each round."""
    if before:
        before()
    start = device.now()
    for _ in range(repeats):
        work()
        if each:
            each()
    if after:
        after()
    return device.now() - start


@task.wrong(
    "You timed how long it takes to *put* the work into the line. When you looked at the clock for the second time, the"
    " device had hardly begun: wait for it first."
)
def no_wait_at_the_end(device, work, repeats):
    work()
    device.synchronize()
    return measured(device, work, repeats) / repeats


@task.wrong(
    "The clock was started while work was still in the line: the warming up, or somebody else's. You waited for that as"
    " well. Wait *before* you look at the clock for the first time, too."
)
def no_wait_before(device, work, repeats):
    work()
    return measured(device, work, repeats, after=device.synchronize) / repeats


@task.wrong(
    "The first call is in your time, and it compiles: that happens once, not in every step. Let `work` run once before"
    " the clock starts."
)
def no_warming_up(device, work, repeats):
    return measured(device, work, repeats, before=device.synchronize, after=device.synchronize) / repeats


@task.wrong(
    "You waited after *every* work. So the line is always empty, the device has to wait for the program, and the"
    " program for the device, in turn: it is slower than it would be in a loop. Wait once, after all of them."
)
def waits_each_time(device, work, repeats):
    work()
    device.synchronize()
    return measured(device, work, repeats, each=device.synchronize) / repeats


@task.wrong("This is the time of all the repeats together; asked for is the time of one.")
def all_together(device, work, repeats):
    work()
    device.synchronize()
    return measured(device, work, repeats, after=device.synchronize)


@task.wrong(
    "You waited before the warming up, and not after it: when the clock starts, the warming up is still in the line."
)
def waits_before_warming_up(device, work, repeats):
    device.synchronize()
    work()
    return measured(device, work, repeats, after=device.synchronize) / repeats


@task.wrong("This is in seconds: the device's clock counts milliseconds, and those are asked for.")
def in_seconds(device, work, repeats):
    return time_of(device, work, repeats) / 1000


@task.wrong(
    "Nobody waited for the device, neither before nor after: what you timed is the program, putting work into a line."
)
def never_waits(device, work, repeats):
    start = device.now()
    for _ in range(repeats):
        work()
    return (device.now() - start) / repeats


@task.wrong(
    "The warming up is in the time as well as in the number of runs. Leave it out of both: it is not like the others."
)
def warming_up_counted(device, work, repeats):
    device.synchronize()
    start = device.now()
    for _ in range(repeats + 1):
        work()
    device.synchronize()
    return (device.now() - start) / (repeats + 1)


@task.wrong(
    "You do wait for the warming up, but the clock runs already: look at it *after* waiting, when the line is empty."
)
def clock_before_the_wait(device, work, repeats):
    work()
    start = device.now()
    device.synchronize()
    for _ in range(repeats):
        work()
    device.synchronize()
    return (device.now() - start) / repeats

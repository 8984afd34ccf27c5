"""The exercises: a folder a chapter, a file a task (see `classroom/task.py`)."""

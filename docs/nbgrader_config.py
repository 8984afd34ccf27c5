"""For teachers who grade with nbgrader: copy this file to where you call it, beside `solutions/` and `exercises/`."""

c = get_config()  # noqa: F821, nbgrader puts it here
c.CourseDirectory.course_id = "edutorch"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grades/submitted"
c.CourseDirectory.autograded_directory = "grades/autograded"
c.CourseDirectory.feedback_directory = "grades/feedback"
c.CourseDirectory.db_url = "sqlite:///grades/gradebook.db"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.OverwriteCells.add_missing_cells = True
c.Execute.timeout = 60  # seconds for each cell
c.NbGrader.logfile = ""

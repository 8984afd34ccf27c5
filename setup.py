"""The one step that pyproject.toml has no words for: the wheel takes the course along, from where it lies."""

import shutil
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COURSE = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["edutorch"]["course"]


class BuildWithCourse(build_py):
    """Copies the course to `edutorch/course_files/`. An editable install reads it in the repository itself."""

    def course(self):
        """Return {file in the repository: file in the wheel}."""
        files = sorted(path for pattern in COURSE for path in Path().glob(pattern) if path.is_file())
        return {str(path): str(Path(self.build_lib, "edutorch", "course_files", path)) for path in files}

    def run(self):
        super().run()
        if not self.editable_mode:
            for source, target in self.course().items():
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode=True):
        return super().get_outputs(include_bytecode) + ([] if self.editable_mode else list(self.course().values()))

    def get_source_files(self):
        """What `sdist` packs: a wheel is built from it as well."""
        return super().get_source_files() + list(self.course())


setup(cmdclass={"build_py": BuildWithCourse})

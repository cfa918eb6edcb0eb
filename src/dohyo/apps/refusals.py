"""What the app catalog and the life cycle refuse, with a code and the HTTP status."""

from __future__ import annotations

from dohyo.base.problem import Problem, ProblemError


class AppRefused(ProblemError):
    """A call that cannot be done. `code` is stable, `status` what the API answers."""

    def __init__(self, status: int, code: str, message: str, *hints: str) -> None:
        super().__init__([Problem(code, message, hints=hints)])
        self.status = status

    @property
    def code(self) -> str:
        return self.problems[0].code


def no_app(uuid: str) -> AppRefused:
    return AppRefused(404, "apps:app_not_found", f"the catalog has no app {uuid}")


def no_version(name: str, version: str, known: list[str]) -> AppRefused:
    hint = f"versions are {', '.join(known)}"
    return AppRefused(404, "apps:version_not_found", f"{name} has no version {version} in the catalog", hint)


def no_instance(instance_id: str) -> AppRefused:
    return AppRefused(404, "apps:instance_not_found", f"no installed app has the id {instance_id}")


def no_job(job_id: str) -> AppRefused:
    return AppRefused(404, "apps:job_not_found", f"there is no app job {job_id}")


def conflict(code: str, message: str, *hints: str) -> AppRefused:
    return AppRefused(409, code, message, *hints)

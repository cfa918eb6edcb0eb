"""The refusals of this package, each its own class so that a caller can tell them apart."""

from __future__ import annotations

from dohyo.base.problem import Problem, ProblemError


class AccessRefused(ProblemError):
    """Something about accounts that is not allowed or not there; `code` is stable."""

    def __init__(self, code: str, message: str, *hints: str) -> None:
        super().__init__([Problem(code, message, hints=hints)])

    @property
    def code(self) -> str:
        return self.problems[0].code


class SignInRefused(AccessRefused):
    """Wrong e-mail, password or one-time token. Never says which."""


class SignInThrottled(AccessRefused):
    """Too many wrong passwords; worth another try after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "sign-in-throttled",
            f"too many wrong passwords; the next try is possible in {retry_after_s} s",
            "an administrator can make a one-time sign-in link",
        )
        self.retry_after_s = retry_after_s

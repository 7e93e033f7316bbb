"""The one exception that this package raises for what a server answers or a link does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._messages import RETRYABLE_CODES


class MyoServeError(RuntimeError):
    """A coded error: one sentence that states rule, value and remedy.

    `code` is one of the codes of protocol/SPEC.md, e.g. ``BAD_ACTION`` or ``SESSION_LOST``.
    `retryable` tells whether the same call may succeed later without being changed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        retryable: bool | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = code in RETRYABLE_CODES if retryable is None else retryable
        self.data: Mapping[str, Any] = {} if data is None else data

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return MyoServeError, (self.code, self.message, self.retryable, dict(self.data))

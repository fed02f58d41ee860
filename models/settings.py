"""Settings of a deployment, read once from the environment (and nothing else)."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.errors import ConfigurationError

#: A list in an environment variable is separated by commas.
CommaList = Annotated[list[str], NoDecode]

#: What is written for `REDIS_URL` where the doorbell lives inside the process.
EMBEDDED_REDIS = "fakeredis://"


class Settings(BaseSettings):
    """What an operator may choose; every name is the environment variable in upper case."""

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=False, extra="ignore")

    database_url: str = Field(description="postgresql://…, postgres://… or sqlite:///path")
    redis_url: str = Field(description="redis://…, rediss://… or fakeredis:// for one process")
    redis_tls_verify: bool = Field(
        True, description="false accepts the self-signed chain of a rediss:// plan"
    )

    secret_key: CommaList = Field(description="signs JWTs; the first signs, the others are still accepted")
    key_peppers: CommaList = Field(
        description="HMAC peppers of API key secrets; the first is used for new keys"
    )
    encryption_keys: CommaList = Field(description="encrypt secrets at rest; the first encrypts, all decrypt")

    queues: CommaList = Field(default=["default"], description="Dramatiq queues that a flow may name")
    task_modules: CommaList = Field(default=[], description="Python modules that register tasks")
    allowed_private_hosts: CommaList = Field(
        default=[], description="host:port pairs in private networks that HTTP nodes may call"
    )

    max_body_bytes: int = Field(1024 * 1024, description="the largest request body, in bytes")
    max_response_bytes: int = Field(
        1024 * 1024, description="the largest answer an HTTP node reads, in bytes"
    )
    access_token_minutes: int = Field(15, description="life of a JWT access token")
    refresh_token_days: int = Field(14, description="life of a JWT refresh token")

    database_pool: int = Field(10, description="connections to PostgreSQL that one process may hold")
    redis_pool: int = Field(10, description="connections to Redis that one process may hold")

    lease_seconds: float = Field(
        60.0, description="how long a claimed node is its worker's without a heartbeat"
    )
    sweep_seconds: float = Field(0.5, description="pause between two rounds of the sweeper")
    resend_seconds: float = Field(10.0, description="after this long without an answer a token is sent again")
    shutdown_seconds: float = Field(20.0, description="after SIGTERM nodes may run on for this long")
    clock_shift_seconds: float = Field(0.0, description="added to the database's clock; for tests only")

    log_format: str = Field("console", description="console or json")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator(
        "secret_key",
        "key_peppers",
        "encryption_keys",
        "queues",
        "task_modules",
        "allowed_private_hosts",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("secret_key", "key_peppers", "encryption_keys")
    @classmethod
    def _long_enough(cls, value: list[str]) -> list[str]:
        if not value or any(len(part.encode()) < 32 for part in value):
            raise ValueError("at least one value, each of 32 bytes or more")
        return value

    @field_validator("queues")
    @classmethod
    def _default_queue(cls, value: list[str]) -> list[str]:
        return value if "default" in value else ["default", *value]

    @cached_property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @cached_property
    def clock_shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift_seconds)

    @property
    def embedded(self) -> bool:
        """Whether one process is the whole deployment (SQLite, no Redis)."""
        return self.redis_url.startswith(EMBEDDED_REDIS)

    @property
    def sqlite_path(self) -> Path | None:
        """Where the SQLite file lies, or None with PostgreSQL."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None


def load_settings(**overrides: object) -> Settings:
    """Reads the environment.

    Raises:
        ConfigurationError: names every variable that is missing or wrong.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"{_variable(each)}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors()]
        raise ConfigurationError("the environment is not complete:\n  " + "\n  ".join(lines)) from None


def _variable(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]).upper()

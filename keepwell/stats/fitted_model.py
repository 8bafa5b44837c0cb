"""What all fitted models share: parameters with standard errors, draws, and saving."""

from __future__ import annotations

import copy
import json
import os
from abc import ABC
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.maximum_likelihood import LOG_BOUND, Convergence, Maximum
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
FORMAT = 1


class FittedModel(ABC):
    """A model with positive parameters, fitted by maximum likelihood.

    After ``fit``: ``parameters_`` (shape (p,)), ``log_covariance_`` (of their logarithms, shape (p, p)),
    ``log_likelihood_`` (on the paper's scale), ``customers_`` and ``convergence_``.
    """

    parameter_names: ClassVar[tuple[str, ...]]
    setting_names: ClassVar[tuple[str, ...]] = ()  # arguments of __init__
    fitted_names: ClassVar[tuple[str, ...]] = ()  # plain values beside the parameters that are saved too

    parameters_: Floats
    log_covariance_: Floats
    log_likelihood_: float
    customers_: int
    convergence_: Convergence

    @property
    def is_fitted(self) -> bool:
        """Whether ``fit`` has been called."""
        return hasattr(self, "parameters_")

    def parameters(self) -> dict[str, float]:
        """Return the parameters by name, in the model's own unit of time."""
        self._must_be_fitted()
        return dict(zip(self.parameter_names, map(float, self.parameters_), strict=True))

    def standard_errors(self) -> dict[str, float]:
        """Return the standard error of each parameter, from the observed information (delta method on logarithms)."""
        self._must_be_fitted()
        errors = self.parameters_ * np.sqrt(np.diag(self.log_covariance_))
        return dict(zip(self.parameter_names, map(float, errors), strict=True))

    def draws(self, count: int, seed: int) -> Floats:
        """Return parameters drawn from their sampling distribution, shape (count, p), all above 0.

        Normal on the logarithms with the covariance of the fit; directions the data leave open are not varied.
        """
        self._must_be_fitted()
        values, vectors = np.linalg.eigh(self.log_covariance_)
        root = vectors * np.sqrt(np.clip(values, 0.0, None))
        noise = np.random.default_rng(seed).standard_normal((count, len(self.parameters_)))
        logs = np.clip(np.log(self.parameters_) + noise @ root.T, -LOG_BOUND, LOG_BOUND)
        return np.asarray(np.exp(logs), dtype=np.float64)

    def at(self, parameters: Floats) -> Self:
        """Return the same fitted model with other parameters, as when going through draws."""
        self._must_be_fitted()
        other = copy.copy(self)
        other.parameters_ = np.asarray(parameters, dtype=np.float64)
        return other

    def save(self, path: str | Path) -> None:
        """Write the fitted model as JSON; a file that was there is replaced whole or not at all."""
        self._must_be_fitted()
        content: dict[str, Any] = {
            "format": FORMAT,
            "model": type(self).__name__,
            "settings": {name: getattr(self, name) for name in self.setting_names},
            "fitted": {name: getattr(self, name) for name in self.fitted_names},
            "parameters": self.parameters(),
            "log_covariance": self.log_covariance_.tolist(),
            "log_likelihood": self.log_likelihood_,
            "customers": self.customers_,
            "convergence": {
                "is_converged": self.convergence_.is_converged,
                "iterations": self.convergence_.iterations,
                "gradient": self.convergence_.gradient,
                "note": self.convergence_.note,
            },
        }
        target = Path(path)
        beside = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            beside.replace(target)
        except OSError as error:
            raise _cannot("write", path, error) from error

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that ``save`` wrote.

        Raises:
            InputError: the file holds another model, another format, or no model.

        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls._read(content, str(path))
        except OSError as error:
            raise _cannot("read", path, error) from error
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                "model.unreadable", "This is not a saved model.", where=str(path), advice="Fit and save it again."
            ) from error

    @classmethod
    def _read(cls, content: dict[str, Any], where: str) -> Self:
        if content["format"] != FORMAT or content["model"] != cls.__name__:
            raise InputError(
                "model.other",
                f"The file holds a {content['model']} of format {content['format']}, not a {cls.__name__}.",
                where=where,
                value=content["model"],
                advice=f"Load it with {content['model']}.load.",
            )
        model = cls(**content["settings"])
        parameters = np.array([content["parameters"][name] for name in cls.parameter_names], dtype=np.float64)
        covariance = np.array(content["log_covariance"], dtype=np.float64)
        if not (np.isfinite(parameters).all() and (parameters > 0).all() and np.isfinite(covariance).all()):
            raise ValueError("parameters must be finite and above 0")
        for name in cls.fitted_names:
            setattr(model, name, content["fitted"][name])
        maximum = Maximum(
            parameters, float(content["log_likelihood"]), covariance, Convergence(**content["convergence"])
        )
        return model._keep(maximum, int(content["customers"]))

    def _keep(self, maximum: Maximum, customers: int) -> Self:
        self.parameters_ = maximum.parameters
        self.log_covariance_ = maximum.log_covariance
        self.log_likelihood_ = maximum.log_likelihood
        self.convergence_ = maximum.convergence
        self.customers_ = customers
        return self

    def _must_be_fitted(self) -> None:
        if not self.is_fitted:
            name = type(self).__name__
            raise InputError("model.not_fitted", f"{name} has not been fitted.", advice=f"Call {name}().fit(…) first.")

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self.is_fitted:
            settings = ", ".join(f"{key}={getattr(self, key)!r}" for key in self.setting_names)
            return f"{name}({settings})"
        inside = ", ".join(f"{key}={value:.4g}" for key, value in self.parameters().items())
        return f"<{name} of {self.customers_:,} customers: {inside}; log-likelihood {self.log_likelihood_:.2f}>"


def _cannot(verb: str, path: str | Path, error: OSError) -> InputError:
    return InputError(
        "model.file",
        f"Cannot {verb} the file: {error.strerror or error}.",
        where=str(path),
        advice="Check the folder and the file's name.",
    )

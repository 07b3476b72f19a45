"""What is used of scikit-learn, or what to install where it is missing."""

from __future__ import annotations

import sys
from typing import Any

MISSING = "pcapframe.features needs scikit-learn 1.6 or later: pip install 'pcapframe[ml]'"

try:
    from sklearn.base import BaseEstimator, OneToOneFeatureMixin, OutlierMixin, TransformerMixin
    from sklearn.utils._set_output import _get_output_config
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise ImportError(MISSING) from sys.exception()

__all__ = [
    "BaseEstimator",
    "OneToOneFeatureMixin",
    "OutlierMixin",
    "TransformerMixin",
    "check_is_fitted",
    "gives_pandas",
    "validate_data",
]


def gives_pandas(transformer: Any) -> bool:
    """Whether ``set_output`` or the configuration asks for DataFrames of pandas."""
    return bool(_get_output_config("transform", transformer)["dense"] == "pandas")

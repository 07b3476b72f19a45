"""Features for models, with scikit-learn's conventions.

Needs scikit-learn 1.6 or later: ``pip install 'pcapframe[ml]'``. `docs/features.md` defines each feature.
"""

from ._windows import Windows
from .baseline import BaselineDetector, Deviation
from .flow import FlowFeatures
from .window import WindowFeatures

__all__ = ["BaselineDetector", "Deviation", "FlowFeatures", "WindowFeatures", "Windows"]

"""The Python that the specs of this repository name as ``module:function``."""

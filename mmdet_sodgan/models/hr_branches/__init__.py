from .hr_branch import HRBranch

__all__ = ['HRBranch']

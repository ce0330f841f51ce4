from .atrous_hr_branch import AtrousHRBranch
from .hr_branch import HRBranch

__all__ = ['AtrousHRBranch', 'HRBranch']

from .atrous_teacher import AtrousTeacher
from .teacher import Teacher, build_teacher

__all__ = ['AtrousTeacher', 'Teacher', 'build_teacher']

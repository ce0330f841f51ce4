"""In yapf's place in all processes of the tests.

mmengine has it break the lines of a config seven times a training, which takes two
thirds of a short training's time.
"""

__version__ = '0.40.2'

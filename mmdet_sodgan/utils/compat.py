"""All that differs between OpenMMLab's stack and its fork OneDL."""

from importlib import metadata

from packaging.version import Version

# Distribution, first supported version, first unsupported one.
SUPPORTED = {
    'openmmlab': (
        ('mmengine', '0.10.7', '0.11'),
        ('mmcv', '2.1.0', '2.2'),
        ('mmdet', '3.3.0', '3.4'),
    ),
    'onedl': (
        ('onedl-mmengine', '0.10.12', '0.11'),
        ('onedl-mmcv', '2.3.6', '2.4'),
        ('onedl-mmdetection', '3.5.1', '3.6'),
    ),
}


def installed_version(distribution):
    """Look up the version of an installed distribution.

    Args:
        distribution (str): Its name in the package index.

    Returns:
        str | None: The version, None where it is not installed.
    """
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def stack_name():
    """Name the installed stack.

    Returns:
        str: ``onedl`` where a distribution of the fork is installed, else
        ``openmmlab``.
    """
    fork = any(installed_version(name) for name, *_ in SUPPORTED['onedl'])
    return 'onedl' if fork else 'openmmlab'


def check_stack():
    """Check that a supported version of each part of the stack is installed.

    Raises:
        ImportError: If one is missing or outside of the supported range; names
            it, the version found and the command that installs it.
    """
    stack = stack_name()
    for name, first, end in SUPPORTED[stack]:
        found = installed_version(name)
        if found is None or not Version(first) <= Version(found) < Version(end):
            raise ImportError(
                f'mmdet_sodgan needs {name}>={first},<{end} but '
                f'{found or "no version of it"} is installed: `make test '
                f'STACK={stack}` in a clone of the project makes an environment '
                f'that has it.'
            )

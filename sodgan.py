"""Entry of the command ``sodgan``.

It stands outside of the package, whose import fails where the stack is broken:
what is broken then, ``sodgan doctor`` has to say.
"""

import importlib.util
import sys


def main() -> None:
    """Run the command.

    Raises:
        SystemExit: As :func:`mmdet_sodgan.cli.main.main`; 1 with a sentence if the
            package cannot be imported and another subcommand than ``doctor`` is
            asked for.
    """
    try:
        from mmdet_sodgan.cli.main import main as run
    # Libraries of the stack check their neighbours with assert.
    except Exception as error:
        _report(error)
    else:
        run()


def _report(error: Exception) -> None:
    if sys.argv[1:2] != ['doctor']:
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SystemExit(
            f'mmdet_sodgan cannot be imported ({reason}): `sodgan doctor` says what '
            'to do.'
        ) from None
    # The package without its __init__, so that its modules can be imported which
    # need nothing of the stack.
    spec = importlib.util.find_spec('mmdet_sodgan')
    sys.modules['mmdet_sodgan'] = importlib.util.module_from_spec(spec)
    from mmdet_sodgan.cli import doctor

    doctor.main(doctor.make_parser().parse_args(sys.argv[2:]), import_error=error)


if __name__ == '__main__':
    main()

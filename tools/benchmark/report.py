def write_report(benchmark, preset): pass

"""The parts of tools/make_golden.py, one file each; every part has make(folder) -> bytes written."""

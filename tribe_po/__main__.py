"""`python -m tribe_po` is `tribe-po`."""

from tribe_po.cli import main

main()

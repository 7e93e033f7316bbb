"""The demo: how far does each exploration move a body? ``python -m myoserve.demo``, or ``npm run demo``."""

"""Personal data and secrets: how many are found, how often a rule cries wolf, and what the placeholders are like."""

import re

import pytest

from stepladder.curate import registry as registry
from stepladder.curate.check import repairs
from stepladder.curate.private.checksums import is_card, is_iban
from stepladder.curate.private.personal import personal
from stepladder.curate.private.secrets import secrets
from stepladder.curate.repairs.pii import datum

from .private_cases import WITH, WITHOUT

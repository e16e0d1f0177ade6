# SPDX-License-Identifier: Apache-2.0
"""What Azure's own Python clients of storage say of what is refused."""
from azure.core.exceptions import HttpResponseError


def refused(code, call, *arguments, **options):
    """Fails unless the call fails with this error code of the service."""
    try:
        call(*arguments, **options)
    except HttpResponseError as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}"
    else:
        raise AssertionError(f"{code} was expected")

"""What became of a call, as all logs of AWS are to say it.

Here: how an error changes the action. Not here: where a log keeps its errors.
"""

import ibis
import ibis.expr.types as ir

# error codes differ by service: AccessDenied, UnauthorizedOperation, HTTP's 403
_DENIAL = r"(?i)denied|unauthori[sz]ed|forbidden|^403$"


def action(call: ir.StringValue, error: ir.StringValue) -> ir.StringValue:
    """The name of the call, and that it was denied or failed if so; `error` is null where it succeeded."""
    return ibis.cases((error.isnull(), call), (error.re_search(_DENIAL), call + " denied"), else_=call + " failed")

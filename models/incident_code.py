"""The incident codes: why a token can stand still, and what an operator does about it."""

from enum import StrEnum


class IncidentCode(StrEnum):
    """Each code with its meaning, the way out, and whether a retry alone can be that way.

    A retry alone can help where something outside decides: another system, a worker, a person. It cannot
    help where the same variables, secrets and settings give the same incident again. The value of a member
    is what is stored, shown as `code` and asked for as `incidentCode`. `make docs` writes docs/incidents.md
    from this list.
    """

    meaning: str
    remedy: str
    retry_can_help: bool

    def __new__(cls, code: str, meaning: str, remedy: str, retry: str) -> "IncidentCode":
        """`retry` is "can help" or "cannot help"."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning, member.remedy, member.retry_can_help = meaning, remedy, retry == "can help"
        return member

    ADDRESS_NOT_ALLOWED = (
        "ADDRESS_NOT_ALLOWED",
        "An HTTP call leads to an address that is not public, or was redirected from https to http.",
        "Correct the URL, or allow a host of your own network by `ALLOWED_PRIVATE_HOSTS` of the workers.",
        "cannot help",
    )
    BUSY = (
        "BUSY",
        "The secrets for a call could not be read: somebody else held their rows, at every attempt.",
        "Retry.",
        "can help",
    )
    CALLED_INSTANCE_CANCELLED = (
        "CALLED_INSTANCE_CANCELLED",
        "The instance that a call activity started was cancelled.",
        "Retry to call the flow again, or give the variables that it should have ended with as the answer.",
        "can help",
    )
    CALLS_TOO_DEEP = (
        "CALLS_TOO_DEEP",
        "A call activity would start an instance below 100 callers: most likely the flow calls itself.",
        "Correct the flow, publish it, cancel the outermost instance and start it anew.",
        "cannot help",
    )
    COLLECTION_TOO_LARGE = (
        "COLLECTION_TOO_LARGE",
        "A multi-instance activity would run for more than 1,000 elements.",
        "Make the collection shorter, or have the flow process it in parts.",
        "cannot help",
    )
    CONDITION_NOT_BOOLEAN = (
        "CONDITION_NOT_BOOLEAN",
        "A condition gave something other than true or false. The message names the condition and the value.",
        "Set the variables that the condition reads.",
        "cannot help",
    )
    CONNECTION_FAILED = (
        "CONNECTION_FAILED",
        "An HTTP call found no host, no connection or no TLS, or its answer was not HTTP or broke off.",
        "Retry when the other system is well again.",
        "can help",
    )
    CORRELATION_KEY_MISSING = (
        "CORRELATION_KEY_MISSING",
        "A node that waits for a message has a `correlationKey` without a value.",
        "Set the variables that the `correlationKey` reads.",
        "cannot help",
    )
    CORRELATION_KEY_TOO_LONG = (
        "CORRELATION_KEY_TOO_LONG",
        "The `correlationKey` of a message is longer than 255 characters.",
        "Set the variables that the `correlationKey` reads.",
        "cannot help",
    )
    DATABASE_UNAVAILABLE = (
        "DATABASE_UNAVAILABLE",
        "The secrets for a call could not be read: the database was away, at every attempt.",
        "Retry when the database is well again.",
        "can help",
    )
    ENCODING_NOT_SUPPORTED = (
        "ENCODING_NOT_SUPPORTED",
        "The answer to an HTTP call is compressed, and not by gzip, which alone was asked for.",
        "Have the other system send gzip or plain answers, then retry.",
        "can help",
    )
    EXPRESSION_ARGUMENT_TOO_LARGE = (
        "EXPRESSION_ARGUMENT_TOO_LARGE",
        "A function of an expression got an argument over its limit ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_FAILED = (
        "EXPRESSION_FAILED",
        "An expression failed. The message says where, and with which error of JSONata.",
        "Set the variables that the expression reads.",
        "cannot help",
    )
    EXPRESSION_OUT_OF_MEMORY = (
        "EXPRESSION_OUT_OF_MEMORY",
        "The worker's process had no memory left for an expression.",
        "Give the workers more memory, or run fewer threads, then retry.",
        "can help",
    )
    EXPRESSION_RESULT_TOO_LARGE = (
        "EXPRESSION_RESULT_TOO_LARGE",
        "The result of an expression or template is over its limit ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_STRING_TOO_LONG = (
        "EXPRESSION_STRING_TOO_LONG",
        "An expression would build a string over the limit ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_TIMEOUT = (
        "EXPRESSION_TIMEOUT",
        "An expression took more than 10 seconds of processor time.",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_TOO_COSTLY = (
        "EXPRESSION_TOO_COSTLY",
        "An expression took more steps than it may ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_TOO_DEEP = (
        "EXPRESSION_TOO_DEEP",
        "The functions of an expression call each other deeper than they may ([limits.md](limits.md)).",
        "Set the variables that the expression reads, if one of them makes it recurse without end.",
        "cannot help",
    )
    EXPRESSION_TOO_MUCH_MEMORY = (
        "EXPRESSION_TOO_MUCH_MEMORY",
        "An expression held more in memory than it may ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    EXPRESSION_VALUE_TOO_DEEP = (
        "EXPRESSION_VALUE_TOO_DEEP",
        "A value inside an expression, or its result, nests deeper than it may ([limits.md](limits.md)).",
        "Make the variables that the expression reads flatter.",
        "cannot help",
    )
    EXPRESSION_VALUE_TOO_LARGE = (
        "EXPRESSION_VALUE_TOO_LARGE",
        "An array or object inside an expression grew over its limit ([limits.md](limits.md)).",
        "Make the variables that the expression reads smaller.",
        "cannot help",
    )
    FLOW_NOT_FOUND = (
        "FLOW_NOT_FOUND",
        "A call activity has no version to call, because its version was published without one.",
        "Publish the called flow, publish the calling flow again, cancel the instance and start it anew.",
        "cannot help",
    )
    HTTP_STATUS = (
        "HTTP_STATUS",
        "An HTTP call was answered with a status of 400 or more, and the attempts are used up.",
        "Retry when the other system is well again. If it refuses the request, set the variables first.",
        "can help",
    )
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        "Procession itself failed at the node. The log of the worker has the traceback.",
        "Retry once. If it happens again, report it, and retry with a release that mends it.",
        "can help",
    )
    INVALID_REQUEST = (
        "INVALID_REQUEST",
        "The `input` of an HTTP call gives a URL, query, header, body or timeout that cannot be sent.",
        "Set the variables that `input` reads.",
        "cannot help",
    )
    JOB_FAILED = (
        "JOB_FAILED",
        "An external worker reported a failure, and no attempt is left. The message is the worker's.",
        "Retry when the cause is removed: a new job is made, and the attempts are counted anew.",
        "can help",
    )
    JOIN_NEVER_FIRES = (
        "JOIN_NEVER_FIRES",
        "A joining gateway waits for tokens that nothing left in the instance can bring.",
        "Correct the flow, publish, cancel the instance and start it anew.",
        "cannot help",
    )
    MESSAGE_DATA_INVALID = (
        "MESSAGE_DATA_INVALID",
        "A message arrived whose data does not fit the `dataSchema` of the node.",
        "Change the answer, or retry from the task, which waits for another message.",
        "cannot help",
    )
    NO_FLOW_TO_TAKE = (
        "NO_FLOW_TO_TAKE",
        "No condition of a node's outgoing flows is true, and none of them is the default.",
        "Set the variables that the conditions read.",
        "cannot help",
    )
    RESERVED_NAME = (
        "RESERVED_NAME",
        "A node would write `correlationKey`, `processInstanceId` or `secrets`, which belong to the system.",
        "Change the answer. If the flow itself writes the name, correct it and start the instance anew.",
        "cannot help",
    )
    RESPONSE_TOO_LARGE = (
        "RESPONSE_TOO_LARGE",
        "The answer to an HTTP call is larger than `MAX_RESPONSE_BYTES`, before or after it is unpacked.",
        "Ask the other system for less, or raise `MAX_RESPONSE_BYTES` of the workers, then retry.",
        "can help",
    )
    RESULT_NOT_AN_OBJECT = (
        "RESULT_NOT_AN_OBJECT",
        "A script without `resultVariable` gave something other than an object.",
        "Set the variables that the script reads.",
        "cannot help",
    )
    RESULT_NOT_JSON = (
        "RESULT_NOT_JSON",
        "A python task returned something that JSON cannot hold.",
        "Correct the function, deploy it to the workers, then retry.",
        "cannot help",
    )
    SECRET_MISSING = (
        "SECRET_MISSING",
        "A call needs a secret that the organization does not have.",
        "Set the secret that the message names, then retry.",
        "cannot help",
    )
    SECRET_UNREADABLE = (
        "SECRET_UNREADABLE",
        "No key of `ENCRYPTION_KEYS` decrypts a secret that a call needs.",
        "Put its key back into `ENCRYPTION_KEYS`, or set the secret anew, then retry.",
        "cannot help",
    )
    TASK_FAILED = (
        "TASK_FAILED",
        "A python task raised an exception, and no attempt is left. The message has its type and text.",
        "Retry when the cause is removed.",
        "can help",
    )
    TASK_NOT_REGISTERED = (
        "TASK_NOT_REGISTERED",
        "No worker that took the node knows its python task.",
        "Name the module that registers the task in `TASK_MODULES` of the workers, then retry.",
        "cannot help",
    )
    TIMEOUT = (
        "TIMEOUT",
        "An HTTP call had no complete answer within its `timeout`, and no attempt is left.",
        "Retry when the other system is well again.",
        "can help",
    )
    TOO_MANY_REDIRECTS = (
        "TOO_MANY_REDIRECTS",
        "An HTTP call was redirected more than 5 times.",
        "Correct the URL, or the other system, then retry.",
        "can help",
    )
    UNCAUGHT_CANCEL = (
        "UNCAUGHT_CANCEL",
        "A transaction was cancelled by a cancel end event, and has no boundary event for that.",
        "Correct the flow, publish, cancel the instance and start it anew.",
        "cannot help",
    )
    UNCAUGHT_ERROR = (
        "UNCAUGHT_ERROR",
        "A BPMN error was thrown, and no boundary event, event sub-process or caller catches it.",
        "Retry if the work can come out otherwise. Else add an event that catches it, and start anew.",
        "can help",
    )
    VALUE_NOT_KEEPABLE = (
        "VALUE_NOT_KEEPABLE",
        "A node would write a value that cannot be stored: NUL, a lone surrogate, a number out of range.",
        "Set the variables from which the value is made.",
        "cannot help",
    )
    VARIABLE_MISSING = (
        "VARIABLE_MISSING",
        "A template names a variable that is not set.",
        "Set the variable that the message names.",
        "cannot help",
    )
    VERSION_NOT_RUNNABLE = (
        "VERSION_NOT_RUNNABLE",
        "This release cannot run the version of the flow: another release published it.",
        "Deploy a release that can, then retry. `procession flows check` lists such versions.",
        "cannot help",
    )
    WORKER_LOST = (
        "WORKER_LOST",
        "Five workers in a row took the node and did not come back: they crashed, hung or were cut off.",
        "Look into the logs of the workers. Retry when the node is no longer what stops them.",
        "can help",
    )
    WRONG_TIME = (
        "WRONG_TIME",
        "A date, duration, cycle, `timeout` or `timeToLive` is missing, not valid, or out of its bounds.",
        "Set the variables from which the time is made.",
        "cannot help",
    )
    WRONG_TYPE = (
        "WRONG_TYPE",
        "A property of a node came to a value of another type than it takes. The message names it.",
        "Set the variables from which the value is made.",
        "cannot help",
    )

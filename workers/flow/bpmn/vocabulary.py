"""The names of BPMN, of the usual extensions and of our own: what they are and what is done with them.

Three lists decide about an extension of a known vendor: a name that a reader takes is mapped, one without an
effect on execution is passed over, one that people should know of is a warning. Every other one is refused
by its name. Extensions of other vendors are kept in the XML and mean nothing here.
"""

from workers.flow.bpmn.verdict import contents_of, is_a

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "https://procession.dev/schema/bpmn"
IMPORT = "https://procession.dev/schema/import"
"""Attributes that say how a file of another engine is read."""
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = frozenset(
    {
        "http://activiti.org/bpmn",
        "http://camunda.org/schema/1.0/bpmn",
        "http://flowable.org/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
    }
)
"""One vocabulary under four names: Camunda 7 and Flowable come from Activiti, Operaton from Camunda 7."""
MODELER = "http://camunda.org/schema/modeler/1.0"

JSONATA = "https://docs.jsonata.org"
"""The value of `language` on an expression in JSONata."""

FLOW_NODES = frozenset(local for local in contents_of("container").children if is_a(local, "flowNode"))
REFUSED = frozenset(
    local for local, verdict in contents_of("container").children.items() if verdict.word == "refused"
)
GATEWAYS = frozenset(name for name in FLOW_NODES if name.endswith("Gateway"))
CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
EVENTS = CATCHING | THROWING
ACTIVITIES = frozenset(FLOW_NODES) - GATEWAYS - EVENTS

EVENT_DEFINITIONS = frozenset(
    local for local in contents_of("catchEvent").children if local.endswith("EventDefinition")
)

LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})

NO_EFFECT = frozenset(
    {
        "async",
        "asyncAfter",
        "asyncBefore",
        "asyncLeave",
        "asyncLeaveExclusive",
        "category",
        "completeAsync",
        "decisionRefBinding",  # of a decision, which is refused itself
        "decisionRefTenantId",  # of a decision, which is refused itself
        "decisionRefVersion",  # of a decision, which is refused itself
        "decisionRefVersionTag",  # of a decision, which is refused itself
        "diagramRelationId",
        "errorMessage",
        "exclusive",
        "extensionId",
        "failedJobRetryTimeCycle",
        "fallbackToDefaultTenant",
        "field",  # of a class, which is refused itself
        "formFieldValidation",
        "historyTimeToLive",
        "inheritBusinessKey",
        "isEagerExecutionFetching",
        "isStartableInTasklist",
        "jobPriority",
        "mapDecisionResult",  # of a decision, which is refused itself
        "modelerTemplate",
        "modelerTemplateIcon",
        "modelerTemplateVersion",
        "noWaitStatesAsyncLeave",
        "parallelInSameTransaction",
        "properties",
        "task-candidates-type",
        "taskPriority",
        "userTask",
        "userTaskForm",
        "versionTag",
        "work-form-field-validation",
    }
)
"""Names of the vendors that change nothing about what runs: when to save, how to sort, what to show."""

FORMS = frozenset(
    {
        "formData",
        "formDefinition",
        "formHandlerClass",
        "formKey",
        "formProperty",
        "formRef",
        "formRefBinding",
        "formRefVersion",
        "static-form-key",
    }
)
ADVISED = frozenset(
    {
        "candidateStarterGroups",
        "candidateStarterUsers",
        "followUpDate",
        "owner",
        "processInstanceName",
        "sameDeployment",
        "taskHeaders",
    }
)
"""Names that change nothing about where tokens go, and yet someone may rely on them."""

DEFAULTS = {
    "autoStoreVariables": "false",
    "calledElementType": "key",
    "scope": "global",
    "storeResultVariableAsTransient": "false",
    "terminateAll": "false",
    "terminateMultiInstance": "false",
    "triggerable": "false",
    "useLocalScopeForOutParameters": "false",
    "useLocalScopeForResultVariable": "false",
}
"""Values that vendors write out though they say what holds anyway."""

LISTENERS = frozenset({"executionListener", "executionListeners", "taskListener", "taskListeners"})

_BY_A_WORKER = "let a worker do it (`type` external with a `topic`), or name an `implementation` of ours"
_AS_A_NODE = "draw what it does as a node of its own"
WAYS_OUT = {
    **dict.fromkeys(("class", "connector", "delegateExpression", "expression", "type"), _BY_A_WORKER),
    **dict.fromkeys(("calledDecision", "decisionRef"), "let a worker decide, or write a scriptTask"),
    **dict.fromkeys(LISTENERS, _AS_A_NODE),
    **dict.fromkeys(
        ("errorCodeVariable", "errorMessageVariable"),
        "take `error.code` and `error.message` by `output` in procession:properties",
    ),
    **dict.fromkeys(
        ("conditionalFilter", "variableEvents", "variableName"),
        "the condition is looked at whenever a variable that it names changes",
    ),
    "businessCalendarName": "write the timer in ISO 8601",
    "endDate": "give the number of times, as in `R5/PT1H`",
    "errorEventDefinition": "let the worker throw the error",
    "inputOutput": "map by `in` and `out`",
    "resource": "write the script into the file",
    "skipExpression": "draw a gateway before it",
    "value": "give it with the start data",
}
"""What to do instead, by names of vendors that are refused."""

"""The names of BPMN, of the usual extensions and of our own: what they are and what is done with them.

Three lists decide about an extension of a known vendor: a name that a reader takes is mapped, one without an
effect on execution is passed over, one that people should know of is a warning. Every other one is refused
by its name. Extensions of other vendors are kept in the XML and mean nothing here.
"""

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "https://procession.dev/schema/bpmn"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = frozenset(
    {"http://camunda.org/schema/1.0/bpmn", "http://activiti.org/bpmn", "http://flowable.org/bpmn"}
)
"""One vocabulary under three names: Camunda 7 and Flowable come from Activiti."""
MODELER = "http://camunda.org/schema/modeler/1.0"

JSONATA = "https://docs.jsonata.org"
"""The value of `language` on an expression in JSONata."""

_ACTIVITY = frozenset({"id", "name", "default", "isForCompensation", "startQuantity", "completionQuantity"})
_GATEWAY = frozenset({"id", "name", "gatewayDirection"})
_EVENT = frozenset({"id", "name"})

FLOW_NODES: dict[str, frozenset[str]] = {
    "startEvent": _EVENT | {"isInterrupting", "parallelMultiple"},
    "endEvent": _EVENT,
    "intermediateCatchEvent": _EVENT | {"parallelMultiple"},
    "intermediateThrowEvent": _EVENT,
    "boundaryEvent": _EVENT | {"attachedToRef", "cancelActivity", "parallelMultiple"},
    "exclusiveGateway": _GATEWAY | {"default"},
    "inclusiveGateway": _GATEWAY | {"default"},
    "parallelGateway": _GATEWAY,
    "complexGateway": _GATEWAY | {"default"},
    "eventBasedGateway": _GATEWAY | {"instantiate", "eventGatewayType"},
    "task": _ACTIVITY,
    "manualTask": _ACTIVITY,
    "userTask": _ACTIVITY | {"implementation"},
    "serviceTask": _ACTIVITY | {"implementation", "operationRef"},
    "businessRuleTask": _ACTIVITY | {"implementation"},
    "scriptTask": _ACTIVITY | {"scriptFormat"},
    "sendTask": _ACTIVITY | {"implementation", "messageRef", "operationRef"},
    "receiveTask": _ACTIVITY | {"implementation", "messageRef", "operationRef", "instantiate"},
    "callActivity": _ACTIVITY | {"calledElement"},
    "subProcess": _ACTIVITY | {"triggeredByEvent"},
    "transaction": _ACTIVITY | {"triggeredByEvent", "method"},
    "adHocSubProcess": _ACTIVITY | {"triggeredByEvent", "cancelRemainingInstances", "ordering"},
}
"""The flow nodes of BPMN with the attributes that the standard gives them."""

SCOPES = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset(name for name in FLOW_NODES if name.endswith("Gateway"))
CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
EVENTS = CATCHING | THROWING
ACTIVITIES = frozenset(FLOW_NODES) - GATEWAYS - EVENTS

EVENT_DEFINITIONS: dict[str, tuple[str, frozenset[str]]] = {
    "messageEventDefinition": ("message", frozenset({"id", "messageRef"})),
    "timerEventDefinition": ("timer", frozenset({"id"})),
    "signalEventDefinition": ("signal", frozenset({"id", "signalRef"})),
    "errorEventDefinition": ("error", frozenset({"id", "errorRef"})),
    "escalationEventDefinition": ("escalation", frozenset({"id", "escalationRef"})),
    "compensateEventDefinition": ("compensation", frozenset({"id", "activityRef", "waitForCompletion"})),
    "cancelEventDefinition": ("cancel", frozenset({"id"})),
    "terminateEventDefinition": ("terminate", frozenset({"id"})),
    "conditionalEventDefinition": ("conditional", frozenset({"id"})),
    "linkEventDefinition": ("link", frozenset({"id", "name"})),
}
"""The event definitions of BPMN: our `type` of the event, and the attributes that the standard gives them."""

_EVERYWHERE = frozenset({"documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef"})
_DATA = frozenset(
    {
        "dataInput",
        "dataInputAssociation",
        "dataOutput",
        "dataOutputAssociation",
        "inputSet",
        "ioSpecification",
        "outputSet",
        "property",
    }
)
_RESOURCES = frozenset({"humanPerformer", "performer", "potentialOwner", "rendering", "resourceRole"})
LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})

CHILDREN_OF_NODES = (
    _EVERYWHERE
    | _DATA
    | _RESOURCES
    | LOOPS
    | {"incoming", "outgoing", "eventDefinitionRef", "ioBinding"}
    | EVENT_DEFINITIONS.keys()
)
"""What may stand in a flow node; the data and the resources of BPMN have no effect on execution here."""

CHILDREN_OF_SCOPES = (
    _EVERYWHERE
    | _DATA
    | _RESOURCES
    | {"association", "dataObject", "dataObjectReference", "dataStoreReference", "group", "laneSet"}
    | {"ioBinding", "sequenceFlow", "supportedInterfaceRef", "supports", "textAnnotation"}
)
"""What may stand in a process besides flow nodes."""

ROOTS = frozenset(
    {
        "category",
        "choreography",
        "collaboration",
        "conversation",
        "correlationProperty",
        "dataStore",
        "documentation",
        "endPoint",
        "error",
        "escalation",
        "extension",
        "extensionElements",
        "globalBusinessRuleTask",
        "globalChoreographyTask",
        "globalConversation",
        "globalManualTask",
        "globalScriptTask",
        "globalTask",
        "globalUserTask",
        "import",
        "interface",
        "itemDefinition",
        "message",
        "partnerEntity",
        "partnerRole",
        "process",
        "relationship",
        "resource",
        "signal",
    }
    | EVENT_DEFINITIONS.keys()
)

NO_EFFECT = frozenset(
    {
        "async",
        "asyncAfter",
        "asyncBefore",
        "diagramRelationId",
        "errorMessage",
        "exclusive",
        "failedJobRetryTimeCycle",
        "field",  # of a class, which is refused itself
        "historyTimeToLive",
        "isStartableInTasklist",
        "jobPriority",
        "modelerTemplate",
        "modelerTemplateIcon",
        "modelerTemplateVersion",
        "parallelInSameTransaction",
        "properties",
        "taskPriority",
        "userTask",
        "userTaskForm",
        "versionTag",
    }
)
"""Names of the vendors that change nothing about what runs: when to save, how to sort, what to show."""

FORMS = frozenset(
    {
        "formData",
        "formDefinition",
        "formFieldValidation",
        "formHandlerClass",
        "formKey",
        "formProperty",
        "formRef",
        "formRefBinding",
        "formRefVersion",
    }
)
ADVISED = frozenset({"candidateStarterGroups", "candidateStarterUsers", "followUpDate"})
"""Names that change nothing about where tokens go, and yet someone may rely on them."""

_BY_A_WORKER = "let a worker do it (`type` external with a `topic`), or name an `implementation` of ours"
_AS_A_NODE = "draw what it does as a node of its own"
WAYS_OUT = {
    **dict.fromkeys(("class", "connector", "delegateExpression", "expression", "type"), _BY_A_WORKER),
    **dict.fromkeys(("calledDecision", "decisionRef"), "let a worker decide, or write a scriptTask"),
    **dict.fromkeys(("executionListener", "executionListeners", "taskListener", "taskListeners"), _AS_A_NODE),
    **dict.fromkeys(
        ("errorCodeVariable", "errorMessageVariable"),
        "take `error.code` and `error.message` by `output` in procession:properties",
    ),
    **dict.fromkeys(
        ("conditionalFilter", "variableEvents", "variableName"),
        "the condition is looked at whenever a variable that it names changes",
    ),
    "errorEventDefinition": "let the worker throw the error",
    "initiator": "give who starts it with the start data",
    "inputOutput": "map by `in` and `out`",
    "resource": "write the script into the file",
    "skipExpression": "draw a gateway before it",
}
"""What to do instead, by names of vendors that are refused."""

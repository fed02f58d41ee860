"""What BPMN 2.0.2 has (BPMN20.xsd, Semantic.xsd), and what becomes of each of it: data, in one place.

The import goes by it (`walk.py`), and `docs/bpmn.md` shows it. A verdict is one of

- `runs`: it is part of what runs, as the standard says;
- `shown`: it is kept in the file and its drawing, and changes nothing about what runs;
- `warned`: the same, with a warning;
- `refused`: the process cannot be published.

` by its reader` follows where that depends on more than the element, so that its reader tells it;
` unless A or B` where these values of an attribute say what holds anyway; `: …` says why, or what to do.
Names with the same verdict stand together with spaces between them.
"""

from typing import Final, NamedTuple

_NO: Final[dict[str, str]] = {}


class Kind(NamedTuple):
    """An element, or what several have in common: then the standard calls it abstract."""

    bases: str = "baseElement"
    attributes: dict[str, str] = _NO
    children: dict[str, str] = _NO


_WHOLE = "refused: it is refused as a whole"
_CORRELATION = "give the message a `correlationKey` in an extension"
_MAPPED = "runs by its reader: an `input` or `output`, if both ends are data with names; else it is shown"
_PEOPLE = "resourceRole performer humanPerformer potentialOwner"
_EVENT_DEFINITIONS = (
    "messageEventDefinition timerEventDefinition signalEventDefinition errorEventDefinition"
    " escalationEventDefinition compensateEventDefinition cancelEventDefinition terminateEventDefinition"
    " conditionalEventDefinition linkEventDefinition"
)

_DATA_ITEM = Kind(
    attributes={"name": "runs", "itemSubjectRef isCollection": "shown"}, children={"dataState": "shown"}
)

STANDARD: Final[dict[str, dict[str, Kind]]] = {
    "The file": {
        "baseElement": Kind(
            "",
            {"id": "runs"},
            {
                "documentation": "shown: that of a process and of a node becomes its `documentation`",
                "extensionElements": "runs: see [BPMN files](flows.md#bpmn-20-files)",
            },
        ),
        "definitions": Kind(
            "",
            {
                "id name typeLanguage exporter exporterVersion": "shown",
                "targetNamespace": "runs: a reference may have its prefix",
                "expressionLanguage": "runs: if it is JSONata or FEEL",
            },
            {
                "process": "runs by its reader",
                "message error signal escalation": "runs",
                "collaboration": "runs: its message flows",
                _EVENT_DEFINITIONS: "runs by its reader: where an `eventDefinitionRef` names it",
                "extension": "runs: only one that must be understood matters",
                "category choreography conversation dataStore endPoint globalChoreographyTask": "shown",
                "globalConversation import interface itemDefinition partnerEntity": "shown",
                "partnerRole relationship resource documentation extensionElements": "shown",
                "correlationProperty": f"refused: {_CORRELATION}",
                "globalTask globalBusinessRuleTask globalManualTask globalScriptTask globalUserTask": (
                    "shown: a callActivity that calls it is refused"
                ),
            },
        ),
        "extension": Kind(
            "",
            {
                "definition": "shown",
                "mustUnderstand": "refused unless false or 0: no extension is known that has to be",
            },
            {"documentation": "shown"},
        ),
        "import": Kind("", {"importType location namespace": "shown"}),
        "documentation": Kind("", {"id textFormat": "shown"}),
        "relationship": Kind(attributes={"type direction": "shown"}, children={"source target": "shown"}),
        "message": Kind(attributes={"name": "runs", "itemRef": "shown"}),
        "signal": Kind(attributes={"name": "runs", "structureRef": "shown"}),
        "error": Kind(attributes={"errorCode": "runs", "name structureRef": "shown"}),
        "escalation": Kind(attributes={"escalationCode": "runs", "name structureRef": "shown"}),
        "formalExpression": Kind(
            attributes={"language": "runs", "evaluatesToTypeRef": "shown"},
        ),
    },
    "Processes": {
        "callableElement": Kind(
            attributes={"name": "shown: becomes the flow's name"},
            children={"supportedInterfaceRef ioSpecification ioBinding": "shown"},
        ),
        "container": Kind(
            "",
            children={
                "startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent": "runs",
                "exclusiveGateway inclusiveGateway parallelGateway eventBasedGateway": "runs",
                "task userTask scriptTask sendTask receiveTask callActivity": "runs",
                "manualTask": "runs: as a task",
                "serviceTask": "runs: it needs an extension that says what it does",
                "businessRuleTask": (
                    "runs: as a serviceTask, if an extension says what it does; without one it is refused"
                ),
                "subProcess transaction sequenceFlow": "runs",
                "association": (
                    "runs by its reader: from a compensation event to its activity; every other is shown"
                ),
                "complexGateway": (
                    "refused: use an inclusiveGateway, or a scriptTask and an exclusiveGateway"
                ),
                "adHocSubProcess": "refused: nobody says when its activities run",
                "choreographyTask subChoreography callChoreography": (
                    "refused: it stands in a choreography, and a process has tasks"
                ),
                "implicitThrowEvent": "refused: no event is thrown for a body of a loop",
                "laneSet dataObject dataObjectReference dataStoreReference": "shown",
                "textAnnotation group": "shown",
            },
        ),
        "process": Kind(
            "callableElement container",
            {
                "isExecutable": "runs: it must be true",
                "processType isClosed definitionalCollaborationRef": "shown",
            },
            {
                "auditing monitoring supports property": "shown",
                _PEOPLE: "shown",
                "correlationSubscription": "refused: give the message a `correlationKey`",
            },
        ),
        "flowElement": Kind(
            attributes={"name": "shown: becomes the `name` of a node or a flow"},
            children={"auditing monitoring categoryValueRef": "shown"},
        ),
        "flowNode": Kind(
            "flowElement", children={"incoming outgoing": "shown: what the sequence flows say counts"}
        ),
        "sequenceFlow": Kind(
            "flowElement",
            {
                "sourceRef targetRef": "runs",
                "isImmediate": "warned unless true or 1: a token goes on at once",
            },
            {"conditionExpression": "runs: an empty one is none"},
        ),
        "conditionExpression": Kind("formalExpression"),
        "association": Kind(attributes={"sourceRef targetRef": "runs", "associationDirection": "shown"}),
    },
    "Activities": {
        "activity": Kind(
            "flowNode",
            {
                "default isForCompensation": "runs",
                "startQuantity completionQuantity": "refused unless 1: one token comes and one goes",
            },
            {
                "standardLoopCharacteristics multiInstanceLoopCharacteristics": "runs",
                "ioSpecification property": "shown: data associations may map it",
                "dataInputAssociation dataOutputAssociation": _MAPPED,
                _PEOPLE: "shown",
            },
        ),
        "task": Kind("activity"),
        "manualTask": Kind("activity"),
        "userTask": Kind(
            "activity",
            {"implementation": "shown"},
            {
                "performer humanPerformer potentialOwner": (
                    "warned by its reader: say in an extension who may do it; then it is shown"
                ),
                "rendering": "shown",
            },
        ),
        "serviceTask": Kind("activity", {"implementation operationRef": "shown: an extension counts"}),
        "businessRuleTask": Kind("activity", {"implementation": "shown: an extension counts"}),
        "scriptTask": Kind("activity", {"scriptFormat": "runs"}, {"script": "runs"}),
        "script": Kind(""),
        "sendTask": Kind("activity", {"messageRef": "runs", "implementation operationRef": "shown"}),
        "receiveTask": Kind(
            "activity",
            {
                "messageRef": "runs",
                "implementation operationRef": "shown",
                "instantiate": "refused unless false or 0: begin with a startEvent that has a message",
            },
        ),
        "callActivity": Kind("activity", {"calledElement": "runs"}),
        "subProcess": Kind("activity container", {"triggeredByEvent": "runs"}),
        "transaction": Kind(
            "subProcess",
            {
                "method": (
                    "refused unless ##Compensate or compensate: a transaction that is cancelled is"
                    " compensated"
                ),
            },
        ),
        "adHocSubProcess": Kind(
            "subProcess",
            {"cancelRemainingInstances ordering": _WHOLE},
            {"completionCondition": _WHOLE},
        ),
        "standardLoopCharacteristics": Kind(
            attributes={"testBefore loopMaximum": "runs"}, children={"loopCondition": "runs"}
        ),
        "multiInstanceLoopCharacteristics": Kind(
            attributes={
                "isSequential": "runs",
                "behavior": "refused unless All: no event is thrown for a body",
                "oneBehaviorEventRef noneBehaviorEventRef": "shown: a `behavior` that uses it is refused",
            },
            children={
                "loopCardinality completionCondition": "runs",
                "loopDataInputRef loopDataOutputRef inputDataItem outputDataItem": "runs",
                "complexBehaviorDefinition": "refused: no event is thrown for a body",
            },
        ),
        "complexBehaviorDefinition": Kind(children={"condition event": _WHOLE}),
        "loopCondition": Kind("formalExpression"),
        "loopCardinality": Kind("formalExpression"),
        "completionCondition": Kind("formalExpression"),
    },
    "Gateways": {
        "gateway": Kind("flowNode", {"gatewayDirection": "shown: what the sequence flows say counts"}),
        "exclusiveGateway": Kind("gateway", {"default": "runs"}),
        "inclusiveGateway": Kind("gateway", {"default": "runs"}),
        "parallelGateway": Kind("gateway"),
        "complexGateway": Kind("gateway", {"default": _WHOLE}, {"activationCondition": _WHOLE}),
        "eventBasedGateway": Kind(
            "gateway",
            {
                "instantiate": "refused unless false or 0: begin with startEvents that have the events",
                "eventGatewayType": (
                    "refused unless Exclusive: one event wins; use a parallelGateway to wait for all"
                ),
            },
        ),
    },
    "Events": {
        "event": Kind("flowNode", children={"property": "shown"}),
        "catchEvent": Kind(
            "event",
            {"parallelMultiple": "shown: several event definitions are refused"},
            {
                _EVENT_DEFINITIONS: "runs: one in each event",
                "eventDefinitionRef": "runs",
                "dataOutput outputSet": "shown",
                "dataOutputAssociation": _MAPPED,
            },
        ),
        "throwEvent": Kind(
            "event",
            children={
                _EVENT_DEFINITIONS: "runs: one in each event",
                "eventDefinitionRef": "runs",
                "dataInput inputSet": "shown",
                "dataInputAssociation": _MAPPED,
            },
        ),
        "startEvent": Kind("catchEvent", {"isInterrupting": "runs: in an event sub-process"}),
        "endEvent": Kind("throwEvent"),
        "intermediateCatchEvent": Kind("catchEvent"),
        "intermediateThrowEvent": Kind("throwEvent"),
        "implicitThrowEvent": Kind("throwEvent"),
        "boundaryEvent": Kind("catchEvent", {"attachedToRef cancelActivity": "runs"}),
        "messageEventDefinition": Kind(attributes={"messageRef": "runs"}, children={"operationRef": "shown"}),
        "timerEventDefinition": Kind(
            children={"timeDate timeDuration timeCycle": "runs: exactly one of them"}
        ),
        "timeDate": Kind("formalExpression"),
        "timeDuration": Kind("formalExpression"),
        "timeCycle": Kind("formalExpression"),
        "signalEventDefinition": Kind(attributes={"signalRef": "runs"}),
        "errorEventDefinition": Kind(attributes={"errorRef": "runs"}),
        "escalationEventDefinition": Kind(attributes={"escalationRef": "runs"}),
        "compensateEventDefinition": Kind(
            attributes={
                "activityRef": "runs: of an event that throws",
                "waitForCompletion": "refused unless true or 1: a throwing event waits for compensation",
            },
        ),
        "cancelEventDefinition": Kind(),
        "terminateEventDefinition": Kind(),
        "conditionalEventDefinition": Kind(children={"condition": "runs"}),
        "condition": Kind("formalExpression"),
        "linkEventDefinition": Kind(attributes={"name": "runs"}, children={"source target": "shown"}),
    },
    "Pools and messages": {
        "collaboration": Kind(
            attributes={"name isClosed": "shown"},
            children={
                "messageFlow": "runs",
                "participant": "shown: which process is whose",
                "textAnnotation group association": "shown",
                "conversation subConversation callConversation conversationLink": "shown",
                "conversationAssociation participantAssociation messageFlowAssociation": "shown",
                "choreographyRef": "shown",
                "correlationKey": f"refused: {_CORRELATION}",
            },
        ),
        "messageFlow": Kind(attributes={"sourceRef targetRef messageRef": "runs", "name": "shown"}),
        "participant": Kind(
            attributes={"name processRef": "shown"},
            children={"interfaceRef endPointRef participantMultiplicity": "shown"},
        ),
        "participantMultiplicity": Kind("", {"minimum maximum": "shown"}),
        "participantAssociation": Kind(children={"innerParticipantRef outerParticipantRef": "shown"}),
        "messageFlowAssociation": Kind(attributes={"innerMessageFlowRef outerMessageFlowRef": "shown"}),
        "partnerEntity": Kind(attributes={"name": "shown"}, children={"participantRef": "shown"}),
        "partnerRole": Kind(attributes={"name": "shown"}, children={"participantRef": "shown"}),
        "correlationKey": Kind(attributes={"name": _WHOLE}, children={"correlationPropertyRef": _WHOLE}),
        "correlationProperty": Kind(
            attributes={"name type": _WHOLE}, children={"correlationPropertyRetrievalExpression": _WHOLE}
        ),
        "correlationPropertyRetrievalExpression": Kind(
            attributes={"messageRef": _WHOLE}, children={"messagePath": _WHOLE}
        ),
        "correlationSubscription": Kind(
            attributes={"correlationKeyRef": _WHOLE}, children={"correlationPropertyBinding": _WHOLE}
        ),
        "correlationPropertyBinding": Kind(
            attributes={"correlationPropertyRef": _WHOLE}, children={"dataPath": _WHOLE}
        ),
        "interface": Kind(attributes={"name implementationRef": "shown"}, children={"operation": "shown"}),
        "operation": Kind(
            attributes={"name implementationRef": "shown"},
            children={"inMessageRef outMessageRef errorRef": "shown"},
        ),
        "endPoint": Kind(),
    },
    "Data": {
        "ioSpecification": Kind(children={"dataInput dataOutput inputSet outputSet": "shown"}),
        "dataInput": Kind(
            attributes={"name": "runs: in data associations", "itemSubjectRef isCollection": "shown"},
            children={"dataState": "shown"},
        ),
        "dataOutput": Kind("dataInput"),
        "inputDataItem": _DATA_ITEM,
        "outputDataItem": _DATA_ITEM,
        "inputSet": Kind(
            attributes={"name": "shown"},
            children={"dataInputRefs optionalInputRefs whileExecutingInputRefs outputSetRefs": "shown"},
        ),
        "outputSet": Kind(
            attributes={"name": "shown"},
            children={"dataOutputRefs optionalOutputRefs whileExecutingOutputRefs inputSetRefs": "shown"},
        ),
        "dataAssociation": Kind(
            children={
                "sourceRef targetRef": "runs by its reader",
                "transformation assignment": "refused by its reader: map by `input` and `output`",
            }
        ),
        "dataInputAssociation": Kind("dataAssociation"),
        "dataOutputAssociation": Kind("dataAssociation"),
        "assignment": Kind(children={"from to": _WHOLE}),
        "property": Kind(
            attributes={"name": "runs: in data associations", "itemSubjectRef": "shown"},
            children={"dataState": "shown"},
        ),
        "dataObject": Kind("flowElement", {"itemSubjectRef isCollection": "shown"}, {"dataState": "shown"}),
        "dataObjectReference": Kind(
            "flowElement",
            {"dataObjectRef": "runs: in data associations", "itemSubjectRef": "shown"},
            {"dataState": "shown"},
        ),
        "dataStoreReference": Kind(
            "flowElement", {"itemSubjectRef dataStoreRef": "shown"}, {"dataState": "shown"}
        ),
        "dataStore": Kind(
            attributes={"name capacity isUnlimited itemSubjectRef": "shown"}, children={"dataState": "shown"}
        ),
        "dataState": Kind(attributes={"name": "shown"}),
        "itemDefinition": Kind(attributes={"structureRef isCollection itemKind": "shown"}),
        "ioBinding": Kind(attributes={"operationRef inputDataRef outputDataRef": "shown"}),
    },
    "People, lanes and notes": {
        "resourceRole": Kind(
            attributes={"name": "shown"},
            children={"resourceRef resourceParameterBinding resourceAssignmentExpression": "shown"},
        ),
        "performer": Kind("resourceRole"),
        "humanPerformer": Kind("resourceRole"),
        "potentialOwner": Kind("resourceRole"),
        "resourceAssignmentExpression": Kind(children={"expression formalExpression": "shown"}),
        "resourceParameterBinding": Kind(
            attributes={"parameterRef": "shown"}, children={"expression formalExpression": "shown"}
        ),
        "resource": Kind(attributes={"name": "shown"}, children={"resourceParameter": "shown"}),
        "resourceParameter": Kind(attributes={"name type isRequired": "shown"}),
        "rendering": Kind(),
        "laneSet": Kind(attributes={"name": "shown"}, children={"lane": "shown"}),
        "lane": Kind(
            attributes={"name partitionElementRef": "shown"},
            children={"partitionElement flowNodeRef childLaneSet": "shown"},
        ),
        "textAnnotation": Kind(attributes={"textFormat": "shown"}, children={"text": "shown"}),
        "group": Kind(attributes={"categoryValueRef": "shown"}),
        "category": Kind(attributes={"name": "shown"}, children={"categoryValue": "shown"}),
        "categoryValue": Kind(attributes={"value": "shown"}),
        "auditing": Kind(),
        "monitoring": Kind(),
    },
    "Tasks that are called, choreographies and conversations": {
        "globalTask": Kind("callableElement", children={_PEOPLE: "shown"}),
        "globalManualTask": Kind("globalTask"),
        "globalUserTask": Kind("globalTask", {"implementation": "shown"}, {"rendering": "shown"}),
        "globalBusinessRuleTask": Kind("globalTask", {"implementation": "shown"}),
        "globalScriptTask": Kind("globalTask", {"scriptLanguage": "shown"}, {"script": "shown"}),
        "choreography": Kind(
            "collaboration",
            children={
                "startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent": "shown",
                "exclusiveGateway inclusiveGateway parallelGateway eventBasedGateway": "shown",
                "complexGateway sequenceFlow dataObject dataObjectReference dataStoreReference": "shown",
                "choreographyTask subChoreography callChoreography messageFlow": "shown",
            },
        ),
        "globalChoreographyTask": Kind("choreography", {"initiatingParticipantRef": "shown"}),
        "choreographyActivity": Kind(
            "flowNode",
            {"initiatingParticipantRef loopType": "shown"},
            {"participantRef correlationKey": "shown"},
        ),
        "choreographyTask": Kind("choreographyActivity", children={"messageFlowRef": "shown"}),
        "callChoreography": Kind(
            "choreographyActivity",
            {"calledChoreographyRef": "shown"},
            {"participantAssociation": "shown"},
        ),
        "subChoreography": Kind(
            "choreographyActivity",
            children={
                "startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent": "shown",
                "exclusiveGateway inclusiveGateway parallelGateway eventBasedGateway": "shown",
                "complexGateway sequenceFlow dataObject dataObjectReference dataStoreReference": "shown",
                "choreographyTask subChoreography callChoreography": "shown",
                "textAnnotation group association": "shown",
            },
        ),
        "conversationNode": Kind(
            attributes={"name": "shown"},
            children={"participantRef messageFlowRef correlationKey": "shown"},
        ),
        "conversation": Kind("conversationNode collaboration"),
        "globalConversation": Kind("collaboration"),
        "subConversation": Kind(
            "conversationNode", children={"conversation subConversation callConversation": "shown"}
        ),
        "callConversation": Kind(
            "conversationNode",
            {"calledCollaborationRef": "shown"},
            {"participantAssociation": "shown"},
        ),
        "conversationLink": Kind(attributes={"name sourceRef targetRef": "shown"}),
        "conversationAssociation": Kind(
            attributes={"innerConversationNodeRef outerConversationNodeRef": "shown"}
        ),
    },
}

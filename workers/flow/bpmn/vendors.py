"""What other vendors write into BPMN files, and which of it their engines execute: data.

By namespace and name, with the verdicts of `standard.py`; `*` is every other name. A name that is not here
is warned of: nobody here knows whether it changes what happens. Zeebe and Camunda 7 are read, and not here.
"""

from typing import Final

_WORK: Final = "refused: let a worker do it (a serviceTask `external` with a `topic`)"
_BEFORE_AND_AFTER: Final = "refused: draw the script as a scriptTask of its own, before or after"

_IBM: Final[dict[str, str]] = {"preAssignmentScript postAssignmentScript": _BEFORE_AND_AFTER}
_FOR_THE_EYE: Final[dict[str, str]] = {"*": "shown"}

VENDORS: Final[dict[str, dict[str, str]]] = {
    # jBPM, Drools, Kogito, Red Hat Process Automation
    "http://www.jboss.org/drools": {
        "taskName": _WORK,
        "onEntry-script onExit-script": _BEFORE_AND_AFTER,
        "ruleFlowGroup": "refused: let a worker decide, or write a scriptTask",
        "adHoc": "refused unless false: nobody says when its activities run",
        "waitForCompletion": "refused unless true: a call waits for what it calls",
        "boundaryca bgcolor dtype erefname import global metaData msgref packageName": "shown",
        "selectable serviceimplementation serviceinterface serviceoperation version": "shown",
    },
    # SpiffWorkflow, Spiff Arena
    "http://spiffworkflow.org/bpmn/schema/1.0/core": {
        "preScript postScript": _BEFORE_AND_AFTER,
        "serviceTaskOperator": _WORK,
        "calledDecisionId": "refused: let a worker decide, or write a scriptTask",
        "messagePayload messageVariable payloadExpression variableName": (
            "refused: map it by `input` and `output` in procession:properties"
        ),
        "processVariableCorrelation": "refused: give the message a `correlationKey`",
        "processModelToStartOnTaskAvailable": "refused: draw it as a callActivity",
        "scriptsOnInstances": "refused unless false: no script runs for a body of a loop",
        "instructionsForEndUser taskMetadataValues unitTests signalButtonLabel": "shown",
        "category guestConfirmation isMatchingCorrelation isOutputSynced jsonSchemaId": "shown",
    },
    # UiPath Maestro
    "http://uipath.org/schema/bpmn": {"activity event script": _WORK},
    # SAP Cloud Integration: what a step does stands in its properties
    "http:///com.sap.ifl.model/Ifl.xsd": {"*": _WORK},
    "http://processmaker.com/BPMN/2.0/Schema.xsd": {
        "scriptRef": "refused: write the script into the file",
        "allowInterstitial interstitialScreenRef": "shown",
    },
    "http://www.ibm.com/xmlns/prod/bpm/bpmn/ext/process": _IBM,
    "http://www.ibm.com/xmlns/prod/bpm/bpmn/ext/process/wle": _IBM,
    # Drawing, simulation and documents
    "http://activiti.com/modeler": _FOR_THE_EYE,
    "http://bpmn.io/schema/bpmn/biocolor/1.0": _FOR_THE_EYE,
    "http://bpmn.sourceforge.net": _FOR_THE_EYE,
    "http://camunda.org/schema/modeler/1.0": _FOR_THE_EYE,
    "http://flowable.org/design": _FOR_THE_EYE,
    "http://flowable.org/modeler": _FOR_THE_EYE,
    "http://open-bpmn.org/XMLSchema": _FOR_THE_EYE,
    "http://org.eclipse.bpmn2/ext": _FOR_THE_EYE,
    "http://purl.org/rss/2.0/": _FOR_THE_EYE,
    "http://trisotech.com/feed": _FOR_THE_EYE,
    "http://www.bizagi.com/bpmn20": _FOR_THE_EYE,
    "http://www.bpsim.org/schemas/1.0": _FOR_THE_EYE,
    "http://www.bpsim.org/schemas/2.0": _FOR_THE_EYE,
    "http://www.itp-commerce.com/BPMN2.0": _FOR_THE_EYE,
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0": _FOR_THE_EYE,
    "http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0": _FOR_THE_EYE,
    "http://www.signavio.com": _FOR_THE_EYE,
    "http://www.trisotech.com/2014/triso/bpmn": _FOR_THE_EYE,
    "http://www.trisotech.com/2015/triso/modeling": {
        "copyOfLink defaultBounds defaultName graphRelations hidden labelPosition": "shown",
        "linkedTermsId readOnly reuseLink translationLanguages": "shown",
    },
    "http://www.w3.org/2001/XMLSchema-instance": _FOR_THE_EYE,
    "http://www.w3.org/XML/1998/namespace": _FOR_THE_EYE,
    "http://www.w4.eu/spec/BPMN/20110930/GRAPH": _FOR_THE_EYE,
}

"""The example of the language, as the documents of the language have it."""

from tests.flows import Json

COMPLAINT: Json = {
    "schemaVersion": 1,
    "name": "Customer complaint",
    "inputSchema": {"type": "object", "required": ["message", "amount", "customer"]},
    "messages": [{"id": "refund-settled", "correlationKey": "{correlationKey}"}],
    "errors": [{"id": "crm-rejected", "errorCode": "CRM_REJECTED"}],
    "nodes": [
        {"id": "start", "type": "startEvent"},
        {
            "id": "classify",
            "type": "serviceTask",
            "implementation": "http",
            "retry": {"maxAttempts": 4, "backoff": "PT2S"},
            "input": {"method": "POST", "url": "https://nlp.example/classify", "body": {"text": "{message}"}},
            "output": {"category": "= response.body.label"},
        },
        {"id": "amount-check", "type": "exclusiveGateway", "default": "f-small"},
        {
            "id": "approval-step",
            "type": "userTask",
            "name": "Approve {amount} EUR ({category})",
            "candidateGroups": ["leads"],
            "dueDate": "PT48H",
            "form": {
                "type": "object",
                "required": ["decision"],
                "properties": {
                    "decision": {"enum": ["approved", "rejected"]},
                    "notes": {"type": "string"},
                },
            },
        },
        {"id": "approved", "type": "exclusiveGateway", "default": "f-rejected"},
        {
            "id": "refund",
            "type": "serviceTask",
            "implementation": "http",
            "input": {
                "method": "POST",
                "url": "https://crm.example/refunds/{customer.id}",
                "headers": {"Authorization": "Bearer {secrets.CRM}"},
                "body": {"amount": "{amount}"},
            },
            "throws": [{"when": "= response.status = 422", "errorRef": "crm-rejected"}],
        },
        {
            "id": "refund-refused",
            "type": "boundaryEvent",
            "attachedToRef": "refund",
            "cancelActivity": True,
            "event": {"type": "error", "errorRef": "crm-rejected"},
        },
        {
            "id": "wait-settled",
            "type": "intermediateCatchEvent",
            "event": {"type": "message", "messageRef": "refund-settled"},
            "output": {"settledAt": "= settledAt"},
        },
        {"id": "end", "type": "endEvent"},
        {"id": "end-rejected", "type": "endEvent"},
    ],
    "sequenceFlows": [
        {"id": "f1", "sourceRef": "start", "targetRef": "classify"},
        {"id": "f2", "sourceRef": "classify", "targetRef": "amount-check"},
        {
            "id": "f-large",
            "sourceRef": "amount-check",
            "targetRef": "approval-step",
            "conditionExpression": "= amount > 100",
        },
        {"id": "f-small", "sourceRef": "amount-check", "targetRef": "refund"},
        {"id": "f3", "sourceRef": "approval-step", "targetRef": "approved"},
        {
            "id": "f-ok",
            "sourceRef": "approved",
            "targetRef": "refund",
            "conditionExpression": '= decision = "approved"',
        },
        {"id": "f-rejected", "sourceRef": "approved", "targetRef": "end-rejected"},
        {"id": "f4", "sourceRef": "refund", "targetRef": "wait-settled"},
        {"id": "f5", "sourceRef": "wait-settled", "targetRef": "end"},
        {"id": "f6", "sourceRef": "refund-refused", "targetRef": "end-rejected"},
    ],
}

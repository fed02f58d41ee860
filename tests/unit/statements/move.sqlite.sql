-- SQLite: a move with every part that it can have, in one transaction: each statement once for each row.

-- Rows are found by instances_pkey, ix_incidents_instance, ix_jobs_instance, ix_subscriptions_instance, ix_tasks_instance, ix_timers_instance, scopes_pkey, timers_pkey, tokens_pkey, variables_pkey.

UPDATE instances SET seq = seq + :moves, status = :status, ended_at = :now
WHERE id = :instance_id AND status = 'RUNNING' AND seq = coalesce(:read_seq, seq)
RETURNING seq - :moves AS seq;

UPDATE tokens SET scope_id = :scope_id, node_id = :node_id, flow_id = :flow_id, queue = :queue,
    state = :state, epoch = :epoch, activation = :activation, attempts = :attempts, losses = :losses,
    sends = :sends, entered_at = :entered_at, available_at = :available_at, sent_at = :sent_at,
    lease_at = :lease_at, input = :input
WHERE id = :id AND epoch = :epoch - 1;

DELETE FROM tokens WHERE id = :id AND epoch = :epoch;

DELETE FROM subscriptions WHERE instance_id = :instance_id AND holder_id = :id;

DELETE FROM timers WHERE instance_id = :instance_id AND holder_id = :id;

DELETE FROM timers WHERE instance_id = :instance_id AND id = :id;

DELETE FROM jobs WHERE instance_id = :instance_id AND token_id = :id;

DELETE FROM scopes WHERE instance_id = :instance_id AND id = :id;

DELETE FROM variables WHERE scope_id = :id;

DELETE FROM variables WHERE scope_id = :id AND name = :name;

UPDATE tasks SET state = :state, ended_at = :now, ended_by = :by
WHERE instance_id = :instance_id AND token_id = :token_id AND state = 'OPEN';

UPDATE scopes SET kind = :kind, host_id = :host_id, number = :number WHERE id = :id;

UPDATE incidents SET resolved_at = :now
WHERE instance_id = :instance_id AND token_id = :token_id AND resolved_at IS NULL;

INSERT INTO tokens (id, instance_id, version_id, scope_id, node_id, flow_id, queue, state, epoch, activation,
    attempts, losses, sends, entered_at, available_at, sent_at, lease_at, input)
VALUES (:id, :instance_id, :version_id, :scope_id, :node_id, :flow_id, :queue, :state, :epoch, :activation,
    :attempts, :losses, :sends, :entered_at, :available_at, :sent_at, :lease_at, :input);

INSERT INTO scopes (id, instance_id, parent_id, node_id, host_id, kind, number)
VALUES (:id, :instance_id, :parent_id, :node_id, :host_id, :kind, :number);

INSERT INTO tasks (id, organization_id, instance_id, token_id, node_id, name, input, form, assignee,
    candidate_users, candidate_groups, due_at, priority, form_key, created_at)
VALUES (:id, :organization_id, :instance_id, :token_id, :node_id, :name, :input, :form, :assignee,
    :candidate_users, :candidate_groups, :due_at, :priority, :form_key, :created_at);

INSERT INTO jobs (id, organization_id, environment, instance_id, token_id, node_id, topic, epoch, worker,
    available_at, created_at)
VALUES (:id, :organization_id, :environment, :instance_id, :token_id, :node_id, :topic, :epoch, :worker,
    :available_at, :created_at);

INSERT INTO subscriptions (id, organization_id, environment, kind, name, correlation_key, instance_id,
    holder_id, node_id, created_at)
VALUES (:id, :organization_id, :environment, :kind, :name, :correlation_key, :instance_id, :holder_id,
    :node_id, :created_at);

INSERT INTO timers (id, instance_id, holder_id, node_id, due_at, cycle, remaining, anchor_at, data)
VALUES (:id, :instance_id, :holder_id, :node_id, :due_at, :cycle, :remaining, :anchor_at, :data);

INSERT INTO messages (id, organization_id, environment, kind, name, correlation_key, message_id, data, state,
    origin_id, expires_at, created_at)
VALUES (:id, :organization_id, :environment, :kind, :name, :correlation_key, :message_id, :data, :state,
    :origin_id, :expires_at, :created_at);

INSERT INTO incidents (id, instance_id, token_id, node_id, code, message, attempts, created_at)
VALUES (:id, :instance_id, :token_id, :node_id, :code, :message, :attempts, :created_at);

INSERT INTO history (seq, node_id, node_type, attempts, entered_at, left_at, outcome, input, output, scope_id,
    loop, loop_counter, instance_id)
VALUES (:seq, :node_id, :node_type, :attempts, :entered_at, :left_at, :outcome, :input, :output, :scope_id,
    :loop, :loop_counter, :instance_id);

INSERT INTO variables (scope_id, name, value) VALUES (:scope_id, :name, :value)
ON CONFLICT (scope_id, name) DO UPDATE SET value = excluded.value;

-- PostgreSQL: a move with every part that it can have, one statement. Mostly it has four of them.
-- Parameters are JSON arrays of rows (by the columns' names), lists of ids, or lists beside each other.

-- Rows are found by instances_pkey, ix_incidents_instance, ix_jobs_instance, ix_subscriptions_instance, ix_tasks_instance, ix_timers_instance, scopes_pkey, timers_pkey, tokens_pkey, variables_pkey.

WITH guard AS (
    UPDATE instances SET seq = seq + :move_count, status = :status, ended_at = :now
    WHERE id = :instance_id AND status = 'RUNNING' AND seq = :read_seq
    RETURNING seq - :move_count AS seq
),
moved AS (
    UPDATE tokens SET scope_id = r.scope_id, node_id = r.node_id, flow_id = r.flow_id, queue = r.queue,
        state = r.state, epoch = r.epoch, activation = r.activation, attempts = r.attempts, losses = r.losses,
        sends = r.sends, entered_at = r.entered_at, available_at = r.available_at, sent_at = r.sent_at,
        lease_at = r.lease_at, input = r.input
    FROM guard, json_populate_recordset(NULL::tokens, :moved) AS r
    WHERE tokens.id = r.id AND tokens.epoch = r.epoch - 1
    RETURNING 1
),
dropped AS (
    DELETE FROM tokens
    USING guard, unnest(:dropped::text[], :dropped_epochs::int[]) AS r(id, epoch)
    WHERE tokens.id = r.id AND tokens.epoch = r.epoch
    RETURNING 1
),
fence AS (
    SELECT 1 FROM guard WHERE (SELECT count(*) FROM moved) + (SELECT count(*) FROM dropped) = :fenced
),
new_spawned AS (
    INSERT INTO tokens (id, instance_id, version_id, scope_id, node_id, flow_id, queue, state, epoch,
        activation, attempts, losses, sends, entered_at, available_at, sent_at, lease_at, input)
    SELECT r.id, r.instance_id, r.version_id, r.scope_id, r.node_id, r.flow_id, r.queue, r.state, r.epoch,
        r.activation, r.attempts, r.losses, r.sends, r.entered_at, r.available_at, r.sent_at, r.lease_at,
        r.input
    FROM fence, json_populate_recordset(NULL::tokens, :spawned) AS r
),
new_opened AS (
    INSERT INTO scopes (id, instance_id, parent_id, node_id, host_id, kind, number)
    SELECT r.id, r.instance_id, r.parent_id, r.node_id, r.host_id, r.kind, r.number
    FROM fence, json_populate_recordset(NULL::scopes, :opened) AS r
),
new_tasks AS (
    INSERT INTO tasks (id, organization_id, instance_id, token_id, node_id, name, input, form, assignee,
        candidate_users, candidate_groups, due_at, priority, form_key, created_at)
    SELECT r.id, r.organization_id, r.instance_id, r.token_id, r.node_id, r.name, r.input, r.form, r.assignee,
        r.candidate_users, r.candidate_groups, r.due_at, r.priority, r.form_key, r.created_at
    FROM fence, json_populate_recordset(NULL::tasks, :tasks) AS r
),
new_jobs AS (
    INSERT INTO jobs (id, organization_id, environment, instance_id, token_id, node_id, topic, epoch, worker,
        available_at, created_at)
    SELECT r.id, r.organization_id, r.environment, r.instance_id, r.token_id, r.node_id, r.topic, r.epoch,
        r.worker, r.available_at, r.created_at
    FROM fence, json_populate_recordset(NULL::jobs, :jobs) AS r
),
new_subscriptions AS (
    INSERT INTO subscriptions (id, organization_id, environment, kind, name, correlation_key, instance_id,
        holder_id, node_id, created_at)
    SELECT r.id, r.organization_id, r.environment, r.kind, r.name, r.correlation_key, r.instance_id,
        r.holder_id, r.node_id, r.created_at
    FROM fence, json_populate_recordset(NULL::subscriptions, :subscriptions) AS r
),
new_timers AS (
    INSERT INTO timers (id, instance_id, holder_id, node_id, due_at, cycle, remaining, anchor_at, data)
    SELECT r.id, r.instance_id, r.holder_id, r.node_id, r.due_at, r.cycle, r.remaining, r.anchor_at, r.data
    FROM fence, json_populate_recordset(NULL::timers, :timers) AS r
),
new_thrown AS (
    INSERT INTO messages (id, organization_id, environment, kind, name, correlation_key, message_id, data,
        state, origin_id, expires_at, created_at)
    SELECT r.id, r.organization_id, r.environment, r.kind, r.name, r.correlation_key, r.message_id, r.data,
        r.state, r.origin_id, r.expires_at, r.created_at
    FROM fence, json_populate_recordset(NULL::messages, :thrown) AS r
),
new_incidents AS (
    INSERT INTO incidents (id, instance_id, token_id, node_id, code, message, attempts, created_at)
    SELECT r.id, r.instance_id, r.token_id, r.node_id, r.code, r.message, r.attempts, r.created_at
    FROM fence, json_populate_recordset(NULL::incidents, :incidents) AS r
),
new_steps AS (
    INSERT INTO history (instance_id, seq, node_id, node_type, attempts, entered_at, left_at, outcome, input,
        output, scope_id, loop, loop_counter)
    SELECT :instance_id, guard.seq + r.seq, r.node_id, r.node_type, r.attempts, r.entered_at, r.left_at,
        r.outcome, r.input, r.output, r.scope_id, r.loop, r.loop_counter
    FROM guard, fence, json_populate_recordset(NULL::history, :steps) AS r
),
new_variables AS (
    INSERT INTO variables (scope_id, name, value)
    SELECT r.scope_id, r.name, r.value::json
    FROM fence, unnest(:variable_scopes::text[], :variable_names::text[], :variables::text[])
        AS r(scope_id, name, value)
    ON CONFLICT (scope_id, name) DO UPDATE SET value = EXCLUDED.value
),
done AS (
    UPDATE scopes SET kind = r.kind, host_id = r.host_id, number = r.number
    FROM fence, json_populate_recordset(NULL::scopes, :done) AS r
    WHERE scopes.id = r.id
),
closed AS (
    DELETE FROM scopes USING fence WHERE id = ANY(:closed)
),
gone_variables AS (
    DELETE FROM variables USING fence WHERE scope_id = ANY(:closed)
),
forgotten AS (
    DELETE FROM variables
    USING fence, unnest(:forgotten::text[], :forgotten_names::text[]) AS r(scope_id, name)
    WHERE variables.scope_id = r.scope_id AND variables.name = r.name
),
gone_subscriptions AS (
    DELETE FROM subscriptions USING fence WHERE instance_id = :instance_id AND holder_id = ANY(:released)
),
gone_timers AS (
    DELETE FROM timers USING fence WHERE instance_id = :instance_id AND holder_id = ANY(:released)
),
fired AS (
    DELETE FROM timers USING fence WHERE instance_id = :instance_id AND timers.id = ANY(:fired)
),
ended_jobs AS (
    DELETE FROM jobs USING fence WHERE instance_id = :instance_id AND token_id = ANY(:ended_jobs)
),
closed_tasks AS (
    UPDATE tasks SET state = r.state, ended_at = :now, ended_by = r.ended_by
    FROM fence, unnest(:ended_tasks::text[], :task_states::text[], :ended_by::text[])
        AS r(token_id, state, ended_by)
    WHERE instance_id = :instance_id AND tasks.token_id = r.token_id AND tasks.state = 'OPEN'
),
resolved AS (
    UPDATE incidents SET resolved_at = :now FROM fence
    WHERE instance_id = :instance_id AND token_id = ANY(:resolved) AND resolved_at IS NULL
)
SELECT count(*) AS done FROM fence;

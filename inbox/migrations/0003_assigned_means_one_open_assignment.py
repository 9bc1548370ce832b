"""assigned ⇔ exactly one open assignment; queued and closed ⇔ none (checked when a transaction commits)."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION inbox_check_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := CASE TG_TABLE_NAME WHEN 'inbox_conversation' THEN NEW.id ELSE NEW.conversation_id END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM inbox_conversation c
        LEFT JOIN inbox_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
        WHERE c.id = checked AND a.agent_id IS DISTINCT FROM c.assignee_id
    ) THEN
        RAISE EXCEPTION 'conversation % and its open assignment disagree', checked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assigned_means_one_open_assignment';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assigned_means_one_open_assignment AFTER INSERT OR UPDATE OF assignee_id
    ON inbox_conversation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inbox_check_assignment();
CREATE CONSTRAINT TRIGGER open_assignment_means_assigned AFTER INSERT OR UPDATE
    ON inbox_assignment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inbox_check_assignment();
"""

BACKWARD = """
DROP TRIGGER assigned_means_one_open_assignment ON inbox_conversation;
DROP TRIGGER open_assignment_means_assigned ON inbox_assignment;
DROP FUNCTION inbox_check_assignment();
"""


class Migration(migrations.Migration):
    """Triggers, because no constraint reaches across tables."""

    dependencies: ClassVar = [("inbox", "0002_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]

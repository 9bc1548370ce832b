"""assigned ⇔ exactly one open assignment; queued and closed ⇔ none (checked when a transaction commits)."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION inbox_check_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := to_jsonb(NEW) ->> TG_ARGV[0];
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
CREATE CONSTRAINT TRIGGER new_assigned_means_one_open_assignment AFTER INSERT ON inbox_conversation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.assignee_id IS NOT NULL)
    EXECUTE FUNCTION inbox_check_assignment('id');
CREATE CONSTRAINT TRIGGER assigned_means_one_open_assignment AFTER UPDATE OF assignee_id ON inbox_conversation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.assignee_id IS DISTINCT FROM OLD.assignee_id)
    EXECUTE FUNCTION inbox_check_assignment('id');
CREATE CONSTRAINT TRIGGER open_assignment_means_assigned AFTER INSERT OR UPDATE ON inbox_assignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION inbox_check_assignment('conversation_id');
"""

BACKWARD = """
DROP TRIGGER new_assigned_means_one_open_assignment ON inbox_conversation;
DROP TRIGGER assigned_means_one_open_assignment ON inbox_conversation;
DROP TRIGGER open_assignment_means_assigned ON inbox_assignment;
DROP FUNCTION inbox_check_assignment();
"""


class Migration(migrations.Migration):
    """Triggers, because no constraint reaches across tables."""

    dependencies: ClassVar = [("inbox", "0002_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]

//! The invariants of conversation trees, each as a statement that finds what breaks it. `docs/conversations.md` tells of
//! them in words, by the same numbers.

use harness::World;

const INVARIANTS: [(&str, &str); 10] = [
    (
        "1: a parent is in the same conversation, one step nearer to the root, and was there before",
        "select count(*) from messages m left join messages p on p.id = m.parent_id
          where m.parent_id is not null and (p.id is null or p.conversation_id <> m.conversation_id
             or p.depth + 1 <> m.depth or p.position >= m.position)",
    ),
    (
        "2: what answers nothing is a root, and nothing else is",
        "select count(*) from messages where (parent_id is null) <> (depth = 0)",
    ),
    (
        "3: positions are given once, and the next one is free",
        "select count(*) from conversations c where exists (
            select from messages m where m.conversation_id = c.id and m.position >= c.next_position)
            or (select count(*) <> count(distinct position) from messages m where m.conversation_id = c.id)",
    ),
    (
        "4: the kept count is the count",
        "select count(*) from conversations c
          where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)",
    ),
    (
        "5: the kept last message is the last one",
        "select count(*) from conversations c where c.last_message_id is distinct from
            (select m.id from messages m where m.conversation_id = c.id order by m.position desc limit 1)",
    ),
    (
        "6: the far ancestor is an ancestor, at the depth that the depth says",
        "with recursive up as (
            select m.id as leaf, m.id, m.parent_id, m.depth from messages m
            union all select up.leaf, p.id, p.parent_id, p.depth from up join messages p on p.id = up.parent_id)
         select count(*) from messages m left join up on up.leaf = m.id and up.id = m.jump_id
          where up.id is null or up.depth <> m.jump_depth or m.jump_depth <> messages_jump_depth(m.depth)",
    ),
    (
        "7: what the owner reads ends at the end of a branch of the conversation",
        "select count(*) from conversations c left join messages m on m.id = c.active_leaf_id
          where (c.active_leaf_id is null) <> (c.message_count = 0) or c.active_leaf_id is not null and (m.id is null
             or m.conversation_id <> c.id or exists (select from messages b where b.parent_id = m.id))",
    ),
    (
        "8: what others have chosen does, too, and owners choose for all",
        "select count(*) from branch_choices b join conversations c on c.id = b.conversation_id
           left join messages m on m.id = b.leaf_id
          where b.user_id = c.owner_id or m.id is null or m.conversation_id <> c.id
             or exists (select from messages below where below.parent_id = m.id)",
    ),
    (
        "9: an empty place says nothing, has neither versions nor calls, and is there for something below it",
        "select count(*) from messages m where m.deleted_at is not null and (m.content <> ''
             or exists (select from message_versions v where v.message_id = m.id)
             or exists (select from tool_calls t where t.message_id = m.id)
             or not exists (select from messages below where below.parent_id = m.id))",
    ),
    (
        "10: every version before the present one is kept",
        "select count(*) from messages m where m.deleted_at is null and (
            select coalesce(array_agg(v.version order by v.version), '{}') <> array(select generate_series(1, m.version - 1))
              from message_versions v where v.message_id = m.id)",
    ),
];

/// Fails with the words of what does not hold.
pub async fn hold(world: &World, when: &str) {
    for (words, sql) in INVARIANTS {
        assert_eq!(world.number(sql).await, 0, "{when}: {words}");
    }
}

-- How much of its budget each user and each network address has used. A row that is not there stands for nothing used.
-- Unlogged: after a crash of the database every budget is full again, which is cheaper than writing this twice.
create unlogged table budgets (
    scope        text             not null,
    -- What was handed out to the processes, spent or not; leaks with time.
    used         double precision not null,
    at           timestamptz      not null,
    -- The process that leased last, and whether another one may hold something unspent.
    holder       uuid             not null,
    shared       boolean          not null default false,
    -- Grows with each lease: of two readings the higher one is newer.
    version      bigint           not null default 0,
    constraint budgets_pkey primary key (scope),
    constraint budgets_used check (used >= 0)
);
create index budgets_at_idx on budgets (at);

-- Gives `returned` back and hands out up to `most`, at least `least` or nothing. Callers of one scope take turns.
create function lease_budget(
    of_scope text, by_process uuid, moment timestamptz, capacity double precision, restore double precision,
    slack double precision, returned double precision, least_wanted double precision, most_wanted double precision
) returns table (granted double precision, now_used double precision, now_version bigint)
language plpgsql as $$
declare
    known budgets;
    allowance double precision;
begin
    insert into budgets (scope, used, at, holder) values (of_scope, 0, moment, by_process)
    on conflict (scope) do nothing;
    select * into known from budgets b where b.scope = of_scope for update;
    known.used := greatest(0, known.used - returned
        - restore * greatest(0, extract(epoch from moment - known.at)::double precision));
    -- What has leaked empty took every lease with it.
    known.shared := known.used > 0 and (known.shared or known.holder <> by_process);
    allowance := case when known.shared then slack else 0 end;
    granted := case
        when known.used + least_wanted > capacity + allowance + 1e-6 then 0
        else greatest(least_wanted, least(most_wanted, capacity - known.used))
    end;
    now_used := known.used + granted;
    now_version := known.version + 1;
    update budgets b
       set used = now_used, at = greatest(b.at, moment), holder = by_process, shared = known.shared, version = now_version
     where b.scope = of_scope;
    return next;
end $$;

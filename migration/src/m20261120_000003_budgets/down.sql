drop function lease_budget(
    text, uuid, timestamptz, double precision, double precision, double precision, double precision, double precision,
    double precision
);
drop table budgets;

alter table sessions drop column second_factor_at;
drop table recovery_codes, second_factor_drafts, second_factors;

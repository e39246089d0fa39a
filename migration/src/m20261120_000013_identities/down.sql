drop table sign_in_flows, identities;

drop table documents;
drop table document_list;
drop function documents_listed();
drop function documents_fixed();

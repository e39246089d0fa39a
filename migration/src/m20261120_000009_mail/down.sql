drop table mails, confirmations;
drop trigger users_forget_verified_address on users;
drop function forget_verified_address();
alter table users
    drop constraint users_verified_whole,
    drop column email_verified_at,
    drop column password_changed_at;

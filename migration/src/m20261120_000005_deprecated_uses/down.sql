drop table deprecated_uses;

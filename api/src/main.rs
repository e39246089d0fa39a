fn main() { let e = stoa::graphql::schema::engine(Default::default()).unwrap(); println!("{}", e.sdl()); }

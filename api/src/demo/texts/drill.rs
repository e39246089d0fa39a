//! The long conversation: a vocabulary drill, a question and an answer for each word.

/// A word and its translation into Portuguese.
#[rustfmt::skip]
pub const WORDS: &[(&str, &str)] = &[
    ("bread", "o pão"), ("water", "a água"), ("milk", "o leite"), ("salt", "o sal"), ("apple", "a maçã"),
    ("cheese", "o queijo"), ("egg", "o ovo"), ("rice", "o arroz"), ("fish", "o peixe"), ("soup", "a sopa"),
    ("knife", "a faca"), ("fork", "o garfo"), ("spoon", "a colher"), ("plate", "o prato"), ("glass", "o copo"),
    ("table", "a mesa"), ("chair", "a cadeira"), ("window", "a janela"), ("door", "a porta"), ("house", "a casa"),
    ("roof", "o telhado"), ("garden", "o jardim"), ("tree", "a árvore"), ("flower", "a flor"), ("leaf", "a folha"),
    ("rain", "a chuva"), ("wind", "o vento"), ("snow", "a neve"), ("sun", "o sol"), ("moon", "a lua"),
    ("star", "a estrela"), ("sea", "o mar"), ("river", "o rio"), ("bridge", "a ponte"), ("street", "a rua"),
    ("train", "o comboio"), ("ticket", "o bilhete"), ("suitcase", "a mala"), ("key", "a chave"), ("clock", "o relógio"),
    ("morning", "a manhã"), ("evening", "a noite"), ("week", "a semana"), ("year", "o ano"), ("summer", "o verão"),
    ("winter", "o inverno"), ("friend", "o amigo"), ("sister", "a irmã"), ("brother", "o irmão"), ("child", "a criança"),
    ("dog", "o cão"), ("cat", "o gato"), ("bird", "o pássaro"), ("horse", "o cavalo"), ("book", "o livro"),
    ("letter", "a carta"), ("pencil", "o lápis"), ("paper", "o papel"), ("word", "a palavra"), ("question", "a pergunta"),
    ("answer", "a resposta"), ("song", "a canção"), ("dance", "a dança"), ("game", "o jogo"), ("joy", "a alegria"),
    ("longing", "a saudade"),
];

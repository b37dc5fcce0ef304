/// What somebody says who asks for letters.
pub(crate) fn wording(owner: &str, topics: &[&str]) -> String {
    // A name is told as it is, as nobody knows how it is declined.
    let from = if owner.is_empty() { String::new() } else { format!(" Отправитель: {owner}.") };
    let about: Vec<String> = topics.iter().map(|title| format!("«{title}»")).collect();
    format!(
        "Я хочу получать письма на темы: {}.{from} Я могу отписаться в любой момент по ссылке в каждом письме.",
        about.join(", ")
    )
}
